"""Work queue of keys: one worker a key, duplicates merged, backoff, delayed adds, fair among kinds and namespaces.

Never knows what the work is.
"""

import asyncio
import heapq
import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from typing_extensions import override

BACKOFF_FIRST_SECONDS: Final = 1.0
BACKOFF_CAP_SECONDS: Final = 300.0
"""A faulty package is looked at again at most this late (design: 5 minutes)."""
STALE_TIMERS: Final = 64
"""So many timers may be left behind beside as many as there are keys with a delay."""
BACKOFF_JITTER: Final = 0.2
"""Share by which a delay varies, so that keys which failed together do not come back together."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What is reconciled: an object by kind and name."""

    kind: str
    namespace: str
    """Empty for cluster-scoped objects."""
    name: str

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class QueueObserver(Protocol):
    """Counts what the queue does, for metrics."""

    def added(self, kind: str, depth: int) -> None:
        """A key came in; `depth` keys of its kind wait now."""

    def started(self, kind: str, depth: int, waited: float) -> None:
        """A worker took a key that had waited `waited` seconds."""

    def finished(self, kind: str, worked: float) -> None:
        """It took `worked` seconds."""

    def retried(self, kind: str) -> None:
        """A key comes back after a failure."""

    def cleared(self, kind: str) -> None:
        """No key of that kind waits any more."""


class Unobserved:
    """An observer that counts nothing."""

    def added(self, kind: str, depth: int) -> None: ...
    def started(self, kind: str, depth: int, waited: float) -> None: ...
    def finished(self, kind: str, worked: float) -> None: ...
    def retried(self, kind: str) -> None: ...
    def cleared(self, kind: str) -> None: ...


class _Waiting:
    """Keys of one kind that wait, each with the time since when: in turn among namespaces, oldest first within one."""

    def __init__(self) -> None:
        self._namespaces: OrderedDict[str, OrderedDict[Key, float]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: Key) -> bool:
        return key in self._namespaces.get(key.namespace, ())

    def add(self, key: Key, since: float) -> None:
        """Append a key behind all others of its namespace."""
        self._namespaces.setdefault(key.namespace, OrderedDict())[key] = since
        self._count += 1

    def pop(self) -> tuple[Key, float]:
        """Remove and return the next key, and since when it waited. Raises KeyError when none waits."""
        namespace, keys = self._namespaces.popitem(last=False)
        key, since = keys.popitem(last=False)
        if keys:
            self._namespaces[namespace] = keys
        self._count -= 1
        return key, since


class WorkQueue:
    """Keys that wait for a worker. All methods belong to one event loop; `clock` gives monotonic seconds."""

    def __init__(
        self,
        clock: Callable[[], float],
        jitter: Callable[[], float] = random.random,
        observer: QueueObserver | None = None,
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._observer = observer or Unobserved()
        self._ready: OrderedDict[str, _Waiting] = OrderedDict()
        self._running: dict[Key, float] = {}
        self._again: set[Key] = set()
        self._due: dict[Key, float] = {}
        self._timers: list[tuple[float, Key]] = []
        self._failures: dict[Key, int] = {}
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._ready.values()))

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing runs (delayed keys do not count)."""
        return not len(self) and not self._running

    def ages(self) -> dict[str, list[float]]:
        """Seconds that each work in progress has taken, by kind."""
        now = self._clock()
        found: dict[str, list[float]] = {}
        for key, since in self._running.items():
            found.setdefault(key.kind, []).append(now - since)
        return found

    def add(self, key: Key) -> None:
        """Queue a key for the next free worker; one that is being worked on comes once more afterwards."""
        if key in self._running:
            self._again.add(key)
            return
        waiting = self._ready.setdefault(key.kind, _Waiting())
        if key in waiting:
            return
        self._due.pop(key, None)
        waiting.add(key, self._clock())
        self._observer.added(key.kind, len(waiting))
        self._wake.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Queue a key in `seconds` at the latest; of several delays the earliest counts."""
        due = self._clock() + max(seconds, 0.0)
        if due >= self._due.get(key, due + 1):
            return
        self._due[key] = due
        heapq.heappush(self._timers, (due, key))
        self._drop_stale_timers()
        self._wake.set()

    def retry(self, key: Key) -> float:
        """Queue a key after a failure: from 1 s doubling to 5 minutes, with jitter. Returns the delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(BACKOFF_FIRST_SECONDS * 2.0 ** min(failures, 30), BACKOFF_CAP_SECONDS)
        delay *= 1 - BACKOFF_JITTER * self._jitter()
        self._observer.retried(key.kind)
        self.add_after(key, delay)
        return delay

    def forget(self, key: Key) -> None:
        """Reset the backoff of a key that succeeded: its next failure starts from the shortest delay."""
        self._failures.pop(key, None)

    def cancel(self, key: Key) -> None:
        """Drop the delays of a key whose object is gone."""
        self._due.pop(key, None)
        self._failures.pop(key, None)

    def clear(self) -> None:
        """Drop the keys that wait; delays stay."""
        for kind in self._ready:
            self._observer.cleared(kind)
        self._ready.clear()

    async def take(self) -> Key:
        """Wait for the next key: kinds take turns, and so do the namespaces of each. Must be given back with `done`."""
        while True:
            self._release_due()
            if (key := self._next()) is not None:
                return key
            await self._sleep()

    def done(self, key: Key) -> None:
        """Give back a key that a worker has finished with."""
        self._observer.finished(key.kind, self._clock() - self._running.pop(key))
        if key in self._again:
            self._again.remove(key)
            self.add(key)

    def _next(self) -> Key | None:
        for kind, waiting in self._ready.items():
            if waiting:
                self._ready.move_to_end(kind)
                key, since = waiting.pop()
                now = self._clock()
                self._running[key] = now
                self._observer.started(kind, len(waiting), now - since)
                return key
        return None

    def _release_due(self) -> None:
        now = self._clock()
        while self._timers and self._timers[0][0] <= now:
            due, key = heapq.heappop(self._timers)
            if self._due.get(key) == due:
                del self._due[key]
                self.add(key)

    def _drop_stale_timers(self) -> None:
        """Removes timers of keys that came earlier than them: a long delay would keep them for hours."""
        if len(self._timers) > 2 * len(self._due) + STALE_TIMERS:
            self._timers = [(due, key) for key, due in self._due.items()]
            heapq.heapify(self._timers)

    async def _sleep(self) -> None:
        self._wake.clear()
        timeout = self._timers[0][0] - self._clock() if self._timers else None
        try:
            # Not `wait_for`: before Python 3.12 that loses a cancellation which comes together with the event.
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            return
