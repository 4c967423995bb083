"""How often somebody may try to come in."""

from collections.abc import Callable
from typing import Final

from aiapp.domain.recent import Recent
from aiapp.domain.sliding_window import SlidingWindow

WINDOW_SECONDS: Final = 60.0
MOST_COUNTED: Final = 1024
LIMITS: Final = (120, 60, 10)
"""Failures in a minute: of all together, of one address, of one name at that address. Behind an Ingress all people have
one address, and would keep each other out if only addresses were counted."""


class LoginLimiter:
    """So many failed attempts in a minute. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float], limits: tuple[int, int, int] = LIMITS) -> None:
        self._clock = clock
        self._limits = limits
        self._attempts: Recent[tuple[str, ...], SlidingWindow] = Recent(MOST_COUNTED)

    def wait(self, address: str, name: str) -> int:
        """Counts an attempt; seconds until the next one may be made where this one may not, else 0."""
        now = self._clock()
        counted = self._counted(address, name)
        left = max(attempts.left(most, now) for attempts, most in zip(counted, self._limits, strict=True))
        if left > 0:
            return int(left) + 1
        for attempts in counted:
            attempts.add(now)
        return 0

    def forgive(self, address: str, name: str) -> None:
        """The last attempt was a good one, which does not count."""
        for attempts in self._counted(address, name):
            attempts.take_back()

    def _counted(self, address: str, name: str) -> list[SlidingWindow]:
        """Attempts of all, of the address, and of the name there."""
        places: list[tuple[str, ...]] = [(), (address,), (address, name)]
        return [self._attempts.setdefault(place, SlidingWindow(WINDOW_SECONDS)) for place in places]
