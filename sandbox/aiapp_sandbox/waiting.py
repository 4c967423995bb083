"""Waiting for something to become true. Never waits without a bound."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from threading import Event

from aiapp_sandbox.errors import SandboxError

POLL_SECONDS = 0.03

called_off: ContextVar[Event] = ContextVar("called_off", default=Event())  # noqa: B039 - the default is never set
"""Set when what the current thread works for has failed elsewhere, so that nobody waits for its parts."""


def until(check: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Poll `check` until it is true; after `seconds` a SandboxError says that `what` did not happen."""
    deadline = time.monotonic() + seconds
    while not check():
        if called_off.get().is_set():
            raise SandboxError(f"stopped waiting for {what}, because the start failed")
        if time.monotonic() > deadline:
            raise SandboxError(f"gave up after {seconds:g} s waiting for {what}")
        time.sleep(POLL_SECONDS)
