"""Rests between two attempts: doubling, with jitter, and as long as the store asks for. Ends early when told to."""

import random
import threading
from collections.abc import Callable
from typing import Final

FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 20.0
LONGEST_ASKED_SECONDS: Final = 120.0
"""A store that asks for more is asked again after this."""


class Pauses:
    """Of one download, in any number of threads; `uniform` gives numbers from 0 to 1."""

    def __init__(self, uniform: Callable[[], float] = random.random) -> None:
        self._uniform = uniform
        self._over = threading.Event()

    @property
    def over(self) -> bool:
        """No further attempt is wanted."""
        return self._over.is_set()

    def end(self) -> None:
        """Wakes all who rest."""
        self._over.set()

    def rest(self, failures: int, asked: float = 0.0) -> None:
        """Before the attempt after so many failures; `asked`: seconds of the store's Retry-After."""
        self._over.wait(self.seconds(failures, asked))

    def seconds(self, failures: int, asked: float = 0.0) -> float:
        """At least what was asked for, with jitter on top, so that not all come back together."""
        own = min(FIRST_SECONDS * 2.0 ** (failures - 1), LONGEST_SECONDS)
        return min(asked, LONGEST_ASKED_SECONDS) + own * (0.5 + self._uniform() / 2)
