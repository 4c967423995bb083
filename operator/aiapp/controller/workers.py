"""Workers that take keys from the queue and reconcile them. Never ends because one of them failed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, Protocol, get_args

from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.domain.monitoring.current_reconcile import reconciling
from aiapp.ports.kubernetes import ApiError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a reconcile."""

    retry_after: float | None = None
    """Seconds until it wants to look again by itself; None: when something changes."""
    failed: bool = False
    """It could not do what the spec asks: try again with growing delays, at the latest after `retry_after`."""
    waiting: bool = False
    """It has not looked yet, so that neither success nor failure counts."""


Reconcile = Callable[[Key], Awaitable[Outcome]]
Result = Literal["success", "requeue_after", "requeue", "error"]
RESULTS: Final[tuple[Result, ...]] = get_args(Result)


class WorkerObserver(Protocol):
    """Counts how reconciles end, for metrics."""

    def reconciled(self, kind: str, result: Result, seconds: float) -> None:
        """One reconcile took `seconds`."""

    def panicked(self, kind: str) -> None:
        """One ended with an unexpected error."""


class Workers:
    """Up to `workers` reconciles at once, one a key. `clock` gives monotonic seconds.

    They work while `run` runs, which may be cancelled and run again.
    """

    def __init__(
        self,
        queue: WorkQueue,
        reconcilers: Mapping[str, Reconcile],
        *,
        workers: int,
        clock: Callable[[], float],
        observer: WorkerObserver,
    ) -> None:
        self._queue = queue
        self._reconcilers = reconcilers
        self.workers = workers
        """Reconciles at once, at most."""
        self._clock = clock
        self._observer = observer
        self._slots = asyncio.Semaphore(workers)
        self._tasks: set[asyncio.Task[None]] = set()

    def ages(self) -> dict[str, list[float]]:
        """Seconds that each reconcile in progress has taken, by kind; a kind that rests has none."""
        return {kind: [] for kind in self._reconcilers} | self._queue.ages()

    async def run(self) -> None:
        """Works until cancelled; then what runs is cancelled too, and waits in the queue to be worked on again."""
        try:
            while True:
                await self._slots.acquire()
                self._start(await self._next())
        finally:
            running = list(self._tasks)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _next(self) -> Key:
        try:
            return await self._queue.take()
        except asyncio.CancelledError:
            self._slots.release()
            raise

    def _start(self, key: Key) -> None:
        task = asyncio.create_task(self._work(key), name=str(key))
        self._tasks.add(task)
        task.add_done_callback(partial(self._finished, key))

    def _finished(self, key: Key, task: asyncio.Task[None]) -> None:
        """Also of a task that was cancelled before it did anything."""
        self._tasks.discard(task)
        self._slots.release()
        if task.cancelled():
            self._queue.add(key)
        self._queue.done(key)

    async def _work(self, key: Key) -> None:
        started = self._clock()
        result: Result = "error"
        with reconciling(key.kind, key.namespace, key.name) as reconcile:
            try:
                result = self._settle(key, await self._reconcilers[key.kind](key))
            except ApiError as error:
                self._put_off(key, error)
            except Exception:
                self._observer.panicked(key.kind)
                logger.exception("%s: unexpected error; next attempt in %.0f s", key, self._queue.retry(key))
            finally:
                self._observer.reconciled(key.kind, result, self._clock() - started)
                if reconcile.writes:
                    logger.info("%s: %s: %s", key, result, "; ".join(reconcile.writes))

    def _settle(self, key: Key, outcome: Outcome) -> Result:
        if outcome.failed:
            self._queue.retry(key)
            if outcome.retry_after is not None:
                self._queue.add_after(key, outcome.retry_after)
            return "requeue"
        if not outcome.waiting:
            self._queue.forget(key)
        if outcome.retry_after is None:
            return "success"
        self._queue.add_after(key, outcome.retry_after)
        return "requeue_after"

    def _put_off(self, key: Key, error: ApiError) -> None:
        delay = self._queue.retry(key)
        level = logging.INFO if error.transient else logging.WARNING
        logger.log(level, "%s: %s; next attempt in %.0f s", key, error, delay)
