"""Locks between processes, on files. Never outlive the process that holds them, whatever ends it."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.waiting import POLL_SECONDS, called_off


@contextmanager
def exclusive(
    path: Path, *, wait: bool = True, on_wait: Callable[[], None] = lambda: None, busy: str = ""
) -> Iterator[None]:
    """Hold the lock file `path`; it is gone afterwards.

    `on_wait` is called once when another process holds it. With `wait=False` that is a SandboxError with
    the text `busy`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _acquire(path, wait=wait, on_wait=on_wait, busy=busy)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _acquire(path: Path, *, wait: bool, on_wait: Callable[[], None], busy: str) -> int:
    told = False
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        # The holder before us removes the file when it is done: what was opened then is not what others will open.
        locked = _locked(descriptor)
        if locked and _still_at(path, descriptor):
            return descriptor
        os.close(descriptor)
        if locked:
            continue
        if not wait:
            raise SandboxError(busy or f"{path} is held by another process")
        if called_off.get().is_set():
            raise SandboxError(f"stopped waiting for {path}, because the start failed")
        if not told:
            on_wait()
            told = True
        time.sleep(POLL_SECONDS)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _still_at(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
