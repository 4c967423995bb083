"""How many requests a second are let in; it never waits, and never tells one client from another."""

from __future__ import annotations


class TokenBucket:
    """Lets in `rate` requests a second on average, and up to `burst` at once after a pause."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._counted_at = 0.0

    def take(self, now: float) -> float:
        """Lets a request in and returns 0.0, or the seconds after which one may come; `now` in seconds, monotonic."""
        self._tokens = min(self._burst, self._tokens + (now - self._counted_at) * self._rate)
        self._counted_at = now
        if self._tokens < 1.0:
            return (1.0 - self._tokens) / self._rate
        self._tokens -= 1.0
        return 0.0
