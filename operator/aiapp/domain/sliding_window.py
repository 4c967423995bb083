"""How often something happened lately, for whoever bounds it. Pure: the caller brings the time."""

from collections import deque


class SlidingWindow:
    """The moments of the last seconds, of a monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._moments: deque[float] = deque()

    def left(self, most: int, now: float) -> float:
        """Seconds until there are fewer than `most` of them; 0 if there are by now."""
        while self._moments and self._moments[0] <= now - self._seconds:
            self._moments.popleft()
        return 0 if len(self._moments) < most else self._moments[0] + self._seconds - now

    def add(self, now: float) -> None:
        """It happened once more."""
        self._moments.append(now)

    def take_back(self) -> None:
        """The last time does not count."""
        if self._moments:
            self._moments.pop()
