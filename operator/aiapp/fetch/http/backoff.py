"""Delays between two attempts: exponential with jitter, and at least what the store asks for."""

import random
import threading
from collections.abc import Callable
from typing import Final

FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 20.0
LONGEST_RETRY_AFTER_SECONDS: Final = 120.0
"""The longest Retry-After that is honoured."""


class Backoff:
    """The delays of one download, for any number of threads; `uniform` returns random numbers from 0 to 1."""

    def __init__(self, uniform: Callable[[], float] = random.random) -> None:
        self._uniform = uniform
        self._over = threading.Event()

    @property
    def over(self) -> bool:
        """True if no further attempt shall be made."""
        return self._over.is_set()

    def end(self) -> None:
        """Ends all waits."""
        self._over.set()

    def wait(self, failures: int, retry_after: float = 0.0) -> None:
        """Waits before the attempt after so many failures; `retry_after` is the store's, in seconds."""
        self._over.wait(self.seconds(failures, retry_after))

    def seconds(self, failures: int, retry_after: float = 0.0) -> float:
        """Returns `retry_after` and jitter on top, so that not all clients come back together."""
        own = min(FIRST_SECONDS * 2.0 ** (failures - 1), LONGEST_SECONDS)
        return min(retry_after, LONGEST_RETRY_AFTER_SECONDS) + own * (0.5 + self._uniform() / 2)
