"""Starts worker processes; knows nothing of the event loop, whose import the first worker need not wait for."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from typing import NamedTuple, Optional, Sequence

from ..config import Config
from ..frames import Frame, Setup, send, text
from ..options import Options, python_of
from .devices import own_devices, share
from .forking import adopt_orphans


class Launch(NamedTuple):
    """How workers are started: alike but for the devices, which they share out by their numbers."""

    command: Sequence[str]
    setup: Setup
    workers: int
    devices: Sequence[str]
    may_copy: bool
    """Whether one worker may load the model and be copied, if its state is safe for that."""


class Started(NamedTuple):
    """A worker process, in a process group of its own."""

    pid: int
    connection: socket.socket
    control: Optional[socket.socket] = None
    """Over which it is asked for copies of itself."""
    process: Optional[subprocess.Popen[bytes]] = None
    """None: a copy of another one."""


def launch(options: Options, archive: str, config: Config) -> Launch:
    """How the workers of a package are started with these options."""
    setup = Setup(
        package=options.package,
        model_name=options.model_name,
        max_body=options.max_body,
        patience=options.predict_timeout / 2,
        links=options.links,
        model_type=config.model_type,
        pins=config.pins,
    )
    available = own_devices()
    may_copy = options.fork == "auto" and options.workers > 1 and not available and adopt_orphans()
    return Launch([python_of(options.dependencies), archive, "--worker"], setup, options.workers, available, may_copy)


def start(launch: Launch, number: int) -> Started:
    """Starts a process and sends it what to load."""
    ours, theirs = socket.socketpair()
    control, its_control = socket.socketpair() if launch.may_copy else (None, None)
    passed = [part.fileno() for part in (theirs, its_control) if part is not None]
    process = subprocess.Popen(  # noqa: S603 - this program itself
        [*launch.command, str(theirs.fileno())],
        env={**os.environ, **share(number, launch.workers, launch.devices)},
        pass_fds=passed,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    theirs.close()
    if its_control is not None:
        its_control.close()
    setup = launch.setup._replace(control=passed[1] if control is not None else -1)
    send(ours, Frame(text(**setup._asdict())))
    return Started(process.pid, ours, control, process)


def kill(pid: int, number: signal.Signals) -> None:
    """Signals the process's whole group, so that the package's own children end too."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
