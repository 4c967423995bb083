"""How often somebody may try to come in."""

from collections import deque
from collections.abc import Callable
from typing import Final

from aiapp.domain.recent import Recent

WINDOW_SECONDS: Final = 60.0
MOST_ADDRESSES: Final = 1024


class LoginLimiter:
    """So many attempts of one address, and of all together, in a minute. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float], *, each: int = 10, together: int = 120) -> None:
        self._clock = clock
        self._each = each
        self._together = together
        self._all: deque[float] = deque()
        self._by_address: Recent[str, deque[float]] = Recent(MOST_ADDRESSES)

    def wait(self, address: str) -> int:
        """Counts an attempt; seconds until the next one may be made where this one may not, else 0."""
        now = self._clock()
        own = self._by_address.get(address)
        if own is None:
            own = deque[float]()
            self._by_address.put(address, own)
        left = max(_left(own, self._each, now), _left(self._all, self._together, now))
        if left == 0:
            own.append(now)
            self._all.append(now)
        return left

    def forgive(self, address: str) -> None:
        """The last attempt of an address was a good one, which does not count: behind a proxy all share one address."""
        for attempts in (self._all, self._by_address.get(address)):
            if attempts:
                attempts.pop()


def _left(attempts: deque[float], most: int, now: float) -> int:
    while attempts and attempts[0] <= now - WINDOW_SECONDS:
        attempts.popleft()
    return 0 if len(attempts) < most else max(1, int(attempts[0] + WINDOW_SECONDS - now) + 1)
