"""Processes that outlive their starter and can still be found and ended. Never signals a process it did not start.

Each one carries the sandbox's folder in its environment, from the instant it exists: what a killed starter
had no time to write down is found by that marker.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from aiapp_sandbox import no_proxy
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.waiting import POLL_SECONDS, until

MARKER = "AIAPP_SANDBOX"
"""The environment variable that names the folder of the sandbox a process belongs to."""

PROC = Path("/proc")

_TAIL_LINES = 8


class Identity(BaseModel):
    """A process for good: a pid comes round again, a pid with its start does not."""

    model_config = ConfigDict(frozen=True)

    pid: int
    started: str
    """Boot id and start in clock ticks since that boot."""


class Process(BaseModel):
    """A process of a sandbox, as its record keeps it."""

    model_config = ConfigDict(frozen=True)

    name: str
    identity: Identity
    log: Path
    command: tuple[str, ...]
    environment: dict[str, str]
    """What it was given beside the starter's own environment. It may hold keys, as the record does."""


def identity(pid: int) -> Identity | None:
    """Who runs under `pid` now; None for nobody (a zombie is nobody)."""
    try:
        # The command name stands in brackets and may itself hold blanks and brackets.
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":
        return None
    boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return Identity(pid=pid, started=f"{boot}/{fields[19]}")


def alive(wanted: Identity) -> bool:
    """Whether exactly this process still runs."""
    _reap(wanted.pid)
    return identity(wanted.pid) == wanted


def _reap(pid: int) -> None:
    """Collect our own child if it has ended, so that it does not stay behind as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def launch(command: list[str], *, folder: Path, log: Path, environment: Mapping[str, str] | None = None) -> Identity:
    """Start `command` (absolute path first) in a session of its own, output to `log`, marked as `folder`'s."""
    log.parent.mkdir(parents=True, exist_ok=True)
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    environ = {**no_proxy.environment(os.environ), **(environment or {}), MARKER: str(folder)}
    try:
        # Signals that our parent ignores (nohup) or that we block must not be inherited.
        pid = os.posix_spawn(
            command[0],
            command,
            environ,
            file_actions=actions,
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE],
        )
    except OSError as error:
        raise SandboxError(f"cannot start {command[0]}: {error.strerror}") from error
    return identity(pid) or Identity(pid=pid, started="ended")


def until_ready(process: Process, ready: Callable[[], bool], *, seconds: float) -> None:
    """Poll `ready` until it is true; SandboxError with the log's last lines when the process ends before."""

    def checked() -> bool:
        if not alive(process.identity):
            raise SandboxError(f"{process.name} ended at its start; {process.log} says:\n{_tail(process.log)}")
        return ready()

    until(checked, seconds=seconds, what=f"{process.name} to become ready (its log: {process.log})")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])


def marked(folder: Path) -> list[Identity]:
    """Every running process that carries the marker of `folder`."""
    wanted = f"{MARKER}={folder}".encode()
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or wanted not in _environment(entry):
            continue
        running = identity(int(entry.name))
        if running and running.pid != os.getpid():
            found.append(running)
    return found


def _environment(entry: Path) -> list[bytes]:
    try:
        return (entry / "environ").read_bytes().split(b"\0")
    except OSError:  # ended meanwhile, or not ours to look at
        return []


def stop(identities: Iterable[Identity], *, grace_seconds: float) -> None:
    """Ask each in turn to end; kill what is left when `grace_seconds` are over."""
    targets = [target for target in identities if _signal(target, signal.SIGTERM)]
    deadline = time.monotonic() + grace_seconds
    while targets and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        targets = [target for target in targets if alive(target)]
    kill(targets)


def kill(identities: Iterable[Identity]) -> None:
    """End each at once and wait until it is gone."""
    targets = [target for target in identities if _signal(target, signal.SIGKILL)]
    while targets := [target for target in targets if alive(target)]:
        time.sleep(POLL_SECONDS)


def _signal(target: Identity, number: signal.Signals) -> bool:
    if not alive(target):
        return False
    try:
        os.kill(target.pid, number)
    except ProcessLookupError:
        return False
    return True
