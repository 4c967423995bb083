"""The process in which a package's code runs: one prediction at a time, on its main thread; it never speaks HTTP.

Everything happens on the main thread because frameworks bind graphs, sessions and devices to the thread that
made them. All it needs is imported before the package can put a module of the same name in the way.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import resource
import signal
import socket
import sys
from typing import Any

from ...modelarts.model_files import SERVICE_FILE
from ...modelarts.modules import PACKAGE
from ..config import Pin
from ..frames import NOTHING, Frame, Receiver, Setup, send, text
from ..package import loading, shims
from ..package.background import BackgroundLoading
from ..package.diagnosis import explain
from ..package.failures import StartError
from ..package.prediction_check import require_prediction
from ..package.tracebacks import print_traceback
from ..predict.answering import Answering
from . import forking

_log = logging.getLogger("serve")


def run(descriptor: int) -> int:
    """Serves the connection given by an inherited descriptor until it closes. Returns the exit code."""
    connection = socket.socket(fileno=descriptor)
    connection.set_inheritable(False)  # else the package's own child processes hold it open
    first = Receiver(connection).receive()  # nothing follows until this process reports that it is ready
    if first is None:
        return 0
    setup = Setup(**first.header)
    background = BackgroundLoading()
    _prepare_process()
    _prepare_paths(setup)
    try:
        loaded = loading.load(setup.package, setup.model_name, setup.model_type)
        background.wait_while_busy()
        require_prediction(loaded.service, setup.package, may_be_loading=background.is_alive)
    except BaseException as error:
        _report_failure(error, setup, connection)
        return 1
    _flush()
    answering = Answering(loaded, setup, background)
    if setup.control >= 0:
        with socket.socket(fileno=setup.control) as control:
            if forking.may_copy_itself():
                send(connection, Frame(text(event="template")))
                forking.make_copies(control, lambda own: _serve_as_copy(own, answering, connection))
                return 0
    _serve(connection, answering)
    return 0


def _serve_as_copy(own: socket.socket, answering: Answering, template: socket.socket) -> None:
    template.close()
    _serve(own, answering)


def _prepare_process() -> None:
    """Makes output appear at once, in UTF-8; lets a stuck prediction print its traceback; disables core files."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")  # for programs that the package starts
    _prefer_for_oom_kill()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shims.install()
    sys.modules["__main__"].__dict__["__getattr__"] = _name_of_service_file


def _name_of_service_file(name: str) -> Any:
    """Pickled models name the classes of `__main__`, the program that trained them: the service file has them."""
    names = vars(sys.modules[loading.MODULE_NAME]) if loading.MODULE_NAME in sys.modules else {}
    if name.startswith("__") or name not in names:
        raise AttributeError(f"module '__main__' has no attribute {name!r}")
    return names[name]


def _prefer_for_oom_kill() -> None:
    """Makes the kernel end this process when memory runs out, and not the server, which starts another."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:
        return


def _prepare_paths(setup: Setup) -> None:
    """Imports from the package and, as `model`, from beside it; links; the working directory."""
    work_folder = _work_folder(setup.package)
    sys.path[:0] = [setup.package, _parent(setup.package)]
    sys.argv[:] = [os.path.join(setup.package, SERVICE_FILE)]
    for link in setup.links:
        _link(setup.package, link)
    os.chdir(work_folder)


def _parent(package: str) -> str:
    """A folder that holds the package under the name `model`: its own parent, else one made for that."""
    parent, name = os.path.split(package)
    if name == PACKAGE:
        return parent
    made = _scratch_folder(parent)
    _link(package, os.path.join(made, PACKAGE))
    return made


def _work_folder(package: str) -> str:
    """The package, as code opens its files by relative paths; a scratch folder where that is read-only."""
    return package if os.access(package, os.W_OK) else _scratch_folder(package)


def _scratch_folder(otherwise: str) -> str:
    import tempfile  # noqa: PLC0415 - seldom needed, and slow to import

    try:
        return tempfile.mkdtemp(prefix="serve-")
    except OSError:
        return otherwise


def _link(target: str, link: str) -> None:
    """Makes `link` lead to the package, where that is allowed and nothing is there yet."""
    if os.path.exists(link):
        return
    try:
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(target, link)
    except OSError as error:
        _log.warning("%s cannot be made a link to the package: %s", link, error.strerror)


def _report_failure(error: BaseException, setup: Setup, connection: socket.socket) -> None:
    if not isinstance(error, StartError):
        print_traceback(error, setup.package)
    _flush()
    failure = explain(error, setup.package, [Pin(*pin) for pin in setup.pins])
    send(connection, Frame(text(event="failed", failure=failure._asdict())))


def _serve(connection: socket.socket, answering: Answering) -> None:
    requests = Receiver(connection)
    send(connection, Frame(text(event="ready")))
    while True:
        frame = requests.receive()
        if frame is None:
            return
        answer = NOTHING if requests.is_withdrawn() else answering.answer(frame)
        _flush()
        send(connection, answer)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue  # the package replaced or closed it
