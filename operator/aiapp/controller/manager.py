"""Runs the operator's parts, says whether they are well, and lets those that write work only when they may.

Never knows what the parts do.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

logger = logging.getLogger(__name__)

STUCK_SECONDS: Final = 300.0
"""A part that neither heard nor tried anything for this long is broken: the kubelet should start us again."""


def _none() -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """A part that runs until it is cancelled."""

    name: str
    """As the subject of a sentence in the plural, for example `nodes`."""
    run: Callable[[], Coroutine[Any, Any, None]]
    synced: asyncio.Event | None = None
    """Set once it has seen everything; None where there is nothing to see. Nobody works before."""
    blockers: Callable[[], Iterable[str]] = _none
    """Sentences on why no work is permitted now; each also makes the operator unready."""
    complaints: Callable[[], Iterable[str]] = _none
    """Sentences on what makes the operator unready and stops no work."""
    idleness: Callable[[], float] = float
    """Seconds since it last heard or tried anything."""
    needs_leader: bool = False
    """Whether it works: it runs only while everything was seen, nothing blocks it and this replica leads."""


class Manager:
    """Runs `runnables` from `start` to `stop`. `leads` says whether this replica may work.

    Whoever changes what `leads` or a runnable's `blockers` say calls `review`.
    """

    def __init__(self, runnables: Sequence[Runnable], leads: Callable[[], bool] = lambda: True) -> None:
        self._watching = [one for one in runnables if not one.needs_leader]
        self._working = [one for one in runnables if one.needs_leader]
        self._leads = leads
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self.failed = False
        """Whether a part ended that must not end: the process should end too and be started again."""
        self.over = asyncio.Event()
        """Set when it was stopped, or has to be because it failed."""

    def start(self) -> None:
        """Begins to run what needs no permission."""
        for runnable in self._watching:
            self._begin(runnable.name, runnable.run())
            if runnable.synced is not None:
                self._begin(f"first view of {runnable.name}", self._reviewed(runnable.synced), endless=False)
        self._begin("permission to work", self._govern())

    async def stop(self) -> None:
        """Ends what works first, so that nothing is written after the lead was given away."""
        await self._end(["permission to work", *(runnable.name for runnable in self._working)])
        await self._end(list(self._tasks))
        self.over.set()

    def review(self) -> None:
        """Looks again whether work is permitted."""
        self._changed.set()

    @property
    def is_working(self) -> bool:
        """Whether what works was begun and not ended yet. A lead that was lost and won again unnoticed ends nothing."""
        return any(runnable.name in self._tasks for runnable in self._working)

    def unhealthy(self) -> list[str]:
        """Sentences on what only a restart repairs."""
        idle = {runnable.name: runnable.idleness() for runnable in self._watching}
        stuck = [f"{name} are stuck for {seconds:.0f} s" for name, seconds in idle.items() if seconds > STUCK_SECONDS]
        return ["a part of the operator ended", *stuck] if self.failed else stuck

    def unready(self) -> list[str]:
        """Why the operator does not do all of its work; to wait for the lead is no reason."""
        return [*self._blockers(), *(sentence for one in self._watching for sentence in one.complaints())]

    def _blockers(self) -> Iterable[str]:
        for runnable in self._watching:
            yield from runnable.blockers()
            if runnable.synced is not None and not runnable.synced.is_set():
                yield f"{runnable.name} are not listed yet"

    async def _reviewed(self, synced: asyncio.Event) -> None:
        await synced.wait()
        self.review()

    async def _govern(self) -> None:
        names = [runnable.name for runnable in self._working]
        while True:
            self._changed.clear()
            permitted = self._leads() and not any(self._blockers())
            if permitted and not self.is_working:
                logger.info("everything was seen once: working")
                for runnable in self._working:
                    self._begin(runnable.name, runnable.run())
            elif self.is_working and not permitted:
                logger.warning("not working: %s", "; ".join(self._blockers()) or "another replica leads")
                await self._end(names)
            await self._changed.wait()

    def _begin(self, name: str, coroutine: Coroutine[Any, Any, None], *, endless: bool = True) -> None:
        task = self._tasks[name] = asyncio.create_task(coroutine, name=name)
        if endless:
            task.add_done_callback(self._ended)

    async def _end(self, names: Sequence[str]) -> None:
        tasks = [task for name in names if (task := self._tasks.pop(name, None)) is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        logger.critical("%s ended, which it never should", task.get_name(), exc_info=task.exception())
        self.failed = True
        self.over.set()
