"""Waiting for something to become true. Never waits without a bound."""

import time
from collections.abc import Callable

from aiapp.sandbox.errors import SandboxError

POLL_SECONDS = 0.03


def until(check: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Poll `check` until it is true; after `seconds` a SandboxError says that `what` did not happen."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise SandboxError(f"gave up after {seconds:g} s waiting for {what}")
        time.sleep(POLL_SECONDS)
