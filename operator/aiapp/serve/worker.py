"""The process in which a package's code runs: one prediction at a time, on its main thread; it never speaks HTTP.

Everything happens on the main thread because frameworks bind graphs, sessions and devices to the thread that
made them.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import resource
import signal
import socket
import sys
import tempfile
import traceback
from typing import Any, NamedTuple

from . import failures, loading, shims
from .config import SERVICE_FILE, Config, read
from .decode import Body, decode
from .encode import NotSerializableError, encode
from .errors import RefusedError
from .frames import Frame, receive, send

MODEL_FOLDER_NAME = "model"
_log = logging.getLogger("serve")


class Setup(NamedTuple):
    """What the server tells a new worker."""

    package: str
    model_name: str
    max_body: int
    links: "list[str]"


def run(descriptor: int) -> int:
    """Serve the connection given by an inherited descriptor until it closes. Returns the exit code."""
    connection = socket.socket(fileno=descriptor)
    connection.set_inheritable(False)  # else the package's own child processes hold it open
    first = receive(connection)
    if first is None:
        return 0
    setup = Setup(**first.header)
    config = read(os.path.join(setup.package, "config.json"))
    _prepare_process()
    _prepare_paths(setup)
    try:
        loaded = loading.load(setup.package, setup.model_name, config.model_type)
    except BaseException as error:
        _report_failure(error, setup, config, connection)
        return 1
    _flush()
    send(connection, Frame({"event": "ready"}))
    _serve(connection, loaded, setup)
    return 0


def _prepare_process() -> None:
    """Prints appear at once, in UTF-8; a stuck prediction can be asked where it is; no core files."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shims.install()


def _prepare_paths(setup: Setup) -> None:
    """Import from the package and, as `model`, from beside it; links; the working directory."""
    sys.path[:0] = [setup.package, _parent(setup.package)]
    sys.argv[:] = [os.path.join(setup.package, SERVICE_FILE)]
    for link in setup.links:
        _link(setup.package, link)
    os.chdir(_work_folder(setup.package))


def _parent(package: str) -> str:
    """A folder that holds the package under the name `model`: its own parent, else one made for that."""
    parent, name = os.path.split(package)
    if name == MODEL_FOLDER_NAME:
        return parent
    made = _scratch_folder(parent)
    _link(package, os.path.join(made, MODEL_FOLDER_NAME))
    return made


def _work_folder(package: str) -> str:
    """The package, as code opens its files by relative paths; a scratch folder where that is read-only."""
    return package if os.access(package, os.W_OK) else _scratch_folder(package)


def _scratch_folder(otherwise: str) -> str:
    try:
        return tempfile.mkdtemp(prefix="serve-")
    except OSError:
        return otherwise


def _link(target: str, link: str) -> None:
    """Make `link` lead to the package, where that is allowed and nothing is there yet."""
    if os.path.exists(link):
        return
    try:
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(target, link)
    except OSError as error:
        _log.warning("%s cannot be made a link to the package: %s", link, error.strerror)


def _report_failure(error: BaseException, setup: Setup, config: Config, connection: socket.socket) -> None:
    if not isinstance(error, failures.StartError):
        _print_traceback(error, setup.package)
    _flush()
    failure = failures.explain(error, setup.package, config.pins)
    send(connection, Frame({"event": "failed", "failure": failure._asdict()}))


def _serve(connection: socket.socket, loaded: loading.Loaded, setup: Setup) -> None:
    while True:
        frame = receive(connection)
        if frame is None:
            return
        answer = answered(frame, loaded, setup)
        _flush()
        send(connection, answer)


def answered(request: Frame, loaded: loading.Loaded, setup: Setup) -> Frame:
    """The answer to one request; what the package's code raises becomes an error answer."""
    try:
        body = Body(content=request.content, **request.header["body"])
        data = decode(body, raw_text=loaded.kind.raw_text, max_bytes=setup.max_body)
        encoded = encode(_predicted(loaded, data, request.header["id"], setup.package))
    except RefusedError as refusal:
        return _error(refusal)
    except (NotSerializableError, RecursionError) as error:
        return _error(RefusedError(500, "ResultNotSerializable", str(error)))
    except BaseException as error:
        _print_traceback(error, setup.package)
        return _error(RefusedError(500, "ResultNotSerializable", f"{type(error).__name__}: {error}"))
    return Frame({"status": 200, "type": encoded.content_type}, encoded.content)


def _predicted(loaded: loading.Loaded, data: Any, request_id: str, package: str) -> Any:
    try:
        return loaded.predict(data)
    except BaseException as error:
        print(f"request {request_id} failed:", file=sys.stderr)
        _print_traceback(error, package)
        file, line = failures.position(error, package)
        where = f"{file}:{line}: " if file else ""
        message = f"{where}{type(error).__name__}: {error}"
        raise RefusedError(500, "PredictionFailed", message[: failures.MAX_LENGTH]) from None


def _error(refusal: RefusedError) -> Frame:
    return Frame({"status": refusal.status, "code": refusal.code, "message": refusal.message})


def _print_traceback(error: BaseException, package: str) -> None:
    """The traceback from the package's first line on: what lies above is this server."""
    trace = error.__traceback__
    while trace is not None and not failures.relative(trace.tb_frame.f_code.co_filename, package):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace or error.__traceback__)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue  # the package replaced or closed it
