"""How often somebody may try to come in."""

from collections.abc import Callable
from typing import Final

from aiapp.domain.recent import Recent
from aiapp.domain.sliding_window import SlidingWindow

WINDOW_SECONDS: Final = 60.0
MOST_ADDRESSES: Final = 1024


class LoginLimiter:
    """So many attempts of one address, and of all together, in a minute. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float], *, each: int = 10, together: int = 120) -> None:
        self._clock = clock
        self._each = each
        self._together = together
        self._all = SlidingWindow(WINDOW_SECONDS)
        self._by_address: Recent[str, SlidingWindow] = Recent(MOST_ADDRESSES)

    def wait(self, address: str) -> int:
        """Counts an attempt; seconds until the next one may be made where this one may not, else 0."""
        now = self._clock()
        own = self._by_address.setdefault(address, SlidingWindow(WINDOW_SECONDS))
        left = max(own.left(self._each, now), self._all.left(self._together, now))
        if left > 0:
            return int(left) + 1
        own.add(now)
        self._all.add(now)
        return 0

    def forgive(self, address: str) -> None:
        """The last attempt of an address was a good one, which does not count: behind a proxy all share one address."""
        self._all.take_back()
        if (own := self._by_address.get(address)) is not None:
            own.take_back()
