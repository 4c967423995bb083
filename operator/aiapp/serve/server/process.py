"""The server's process from its first step to its exit code; it never answers a request itself."""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import List, NoReturn, Optional

from ...modelarts.model_files import SERVICE_FILE
from ...modelarts.model_types import CUSTOM
from ..config import Config, read
from ..options import Options, parse, python_of
from ..termination import EXIT_SERVER_FAILED, EXIT_START_FAILED, report
from ..workers.starting import kill, launch, start


def run(arguments: List[str], archive: str) -> int:
    """Listens, starts a worker, serves to the end. Returns the exit code."""
    signal.signal(signal.SIGTERM, _end_at_once)  # process 1 of a container ignores what it does not handle
    options = parse(arguments)
    config = read(options.package, options.health_path)
    if config.model_type == CUSTOM.name and os.path.isfile(os.path.join(options.package, SERVICE_FILE)):
        _become_program(options, os.path.abspath(archive))
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        listener = _listener(options.port)
    except OSError as error:
        return _failed(
            options, f"ServerFailed: cannot listen on port {options.port}: {error.strerror}", EXIT_SERVER_FAILED
        )
    return _serve(options, config, listener, os.path.abspath(archive))


def _serve(options: Options, config: Config, listener: socket.socket, archive: str) -> int:
    how = launch(options, archive, config)
    first = start(how, 0)

    def end_both(*_: object) -> NoReturn:
        kill(first.pid, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, end_both)

    import asyncio  # noqa: PLC0415 - while the port is open and the worker loads: this takes longer than all else

    from ..package.failures import StartFailure  # noqa: PLC0415
    from .server import Server  # noqa: PLC0415

    async def serve() -> Optional[StartFailure]:
        return await Server(options, config, how).run(listener, first)

    failure = asyncio.run(serve())
    return 0 if failure is None else _failed(options, str(failure), EXIT_START_FAILED)


def _end_at_once(_number: int, _frame: object) -> NoReturn:
    os._exit(0)


def _become_program(options: Options, archive: str) -> NoReturn:
    """Runs the package's own server in this very process, with the Python that finds its dependencies."""
    python = python_of(options.dependencies)
    os.execv(python, [python, "-u", archive, "--program", options.package, options.termination_log])  # noqa: S606 - by contract


def _listener(port: int) -> socket.socket:
    """A listening socket for IPv6 and IPv4 where the machine has both, else for IPv4."""
    try:
        listener = socket.socket(socket.AF_INET6)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        return _bound(listener, "::", port)
    except OSError:
        listener = socket.socket(socket.AF_INET)
        return _bound(listener, "0.0.0.0", port)  # noqa: S104 - a pod's server


def _bound(listener: socket.socket, host: str, port: int) -> socket.socket:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def _failed(options: Options, line: str, code: int) -> int:
    report(line, options.termination_log)
    return code
