"""Limits concurrent requests: allows more while the processor is idle, fewer when the store asks for that."""

import threading
from collections.abc import Callable
from typing import Final

FEWEST: Final = 4
"""Enough where the store is near: more would only compete for the interpreter (2,000 files: 1.7 s; by 8, 2.2 s)."""
MOST: Final = 32
"""Enough for small files from a store that is far away."""
LOOK_SECONDS: Final = 0.1
IDLE_SHARE: Final = 0.8
"""Of one processor: below it the requests wait for the network, so that more of them bring more."""
IDLE_SHARE_OF_MANY: Final = 0.6
"""Of processes that have a processor each: a store on the same machine needs its part of them."""
STEP: Final = 4
RELIEF_SECONDS: Final = 5.0
"""How long the limit is not raised after the store asked for fewer requests."""


class RequestLimiter:
    """Shared by all requests of a process. `clock` returns monotonic seconds, `cpu` those of processor time."""

    def __init__(self, clock: Callable[[], float], cpu: Callable[[], float], share: int = 1) -> None:
        """`share` is the number of processes among which the requests of a download are divided."""
        self.allowed = max(1, FEWEST // share)
        self._most = MOST // share
        self._step = max(1, STEP // share)
        self._idle_share = IDLE_SHARE if share == 1 else IDLE_SHARE_OF_MANY
        self._clock = clock
        self._cpu = cpu
        self._under_way = 0
        self._changed = threading.Condition()
        self._looked = (clock(), cpu())

    def __enter__(self) -> None:
        """Waits until one more request is allowed, and counts it."""
        with self._changed:
            while self._under_way >= self.allowed:
                self._changed.wait()
            self._under_way += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._under_way -= 1
            self._look()
            self._changed.notify()

    def slow_down(self) -> None:
        """Halves the limit: the store is overloaded."""
        with self._changed:
            now = self._clock()
            if self._looked[0] <= now:  # once for all requests that are refused together
                self.allowed = max(1, self.allowed // 2)
                self._looked = (now + RELIEF_SECONDS, self._cpu())

    def _look(self) -> None:
        (then, used), now = self._looked, self._clock()
        if now - then < LOOK_SECONDS:
            return
        used_now = self._cpu()
        self._looked = (now, used_now)
        if self.allowed < self._most and used_now - used < self._idle_share * (now - then):
            self.allowed = min(self._most, self.allowed + self._step)
            self._changed.notify(self._step)
