"""Downloads the files of a manifest in parallel, over files and over ranges of large ones, within one budget.

Every byte is hashed on its way to the disk; nothing is kept under its final name before all of it has come.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiapp.domain.manifest import Entry, Hashed
from aiapp.fetch.target import Target

RANGE_BYTES: Final = 16 << 20
"""Larger objects are fetched in ranges of this size: large enough that requests cost nothing beside the bytes."""
REQUESTS: Final = 32
"""Requests under way at the same time; what many small files need."""
MEMORY_BYTES: Final = 192 << 20
"""Bytes in memory at the same time; what few large files need."""


class Source(Protocol):
    """Where the bytes come from."""

    async def read(self, entry: Entry, start: int, end: int) -> bytes:
        """Raises FetchError."""
        ...


@dataclass
class Budget:
    """Limits requests and bytes that are under way together."""

    requests: int = REQUESTS
    memory: int = MEMORY_BYTES
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, size: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.requests > 0 and self.memory >= size)
            self.requests -= 1
            self.memory -= size

    async def give(self, size: int) -> None:
        async with self._changed:
            self.requests += 1
            self.memory += size
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class Download:
    """One run over some entries; `progress` hears how many more bytes are on disk."""

    source: Source
    target: Target
    progress: Callable[[int], None]

    async def run(self, entries: Sequence[Entry]) -> list[Hashed]:
        """Largest files first, so that none is left to run alone at the end. Raises FetchError."""
        budget = Budget()
        ordered = sorted(entries, key=lambda entry: -entry.size)
        queue = iter(enumerate(ordered))
        done: list[Hashed] = []
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(REQUESTS, len(ordered))):
                    group.create_task(self._work(queue, budget, done))
        except ExceptionGroup as failures:
            raise _first(failures) from failures
        return done

    async def _work(self, queue: Iterator[tuple[int, Entry]], budget: Budget, done: list[Hashed]) -> None:
        for number, entry in queue:
            done.append(await self._file(number, entry, budget))

    async def _file(self, number: int, entry: Entry, budget: Budget) -> Hashed:
        with self.target.part(number, entry.size) as descriptor:
            digest = await self._content(entry, descriptor, budget)
            if entry.size > RANGE_BYTES:
                await asyncio.to_thread(os.fsync, descriptor)
        return self.target.keep(number, entry, digest)

    async def _content(self, entry: Entry, descriptor: int, budget: Budget) -> str:
        ranges = _Ranges(entry, descriptor)
        async with asyncio.TaskGroup() as group:
            for place, (start, end) in enumerate(ranges.bounds):
                await budget.take(end - start)
                group.create_task(self._range(ranges, place, budget))
        return ranges.digest.hexdigest()

    async def _range(self, ranges: "_Ranges", place: int, budget: Budget) -> None:
        start, end = ranges.bounds[place]
        try:
            await ranges.accept(place, await self.source.read(ranges.entry, start, end))
            self.progress(end - start)
        finally:
            await budget.give(end - start)


class _Ranges:
    """One file's ranges: they come in any order, are written at once and hashed in their own order.

    A range keeps its share of the budget until it is hashed. Shares are taken in order, so the next one to be hashed
    always has its own.
    """

    def __init__(self, entry: Entry, descriptor: int) -> None:
        self.entry = entry
        self.digest = hashlib.sha256()
        starts = range(0, entry.size, RANGE_BYTES) or range(1)
        self.bounds = [(start, min(start + RANGE_BYTES, entry.size)) for start in starts]
        self._descriptor = descriptor
        self._turns = [asyncio.Event() for _ in range(len(self.bounds) + 1)]
        self._turns[0].set()

    async def accept(self, place: int, content: bytes) -> None:
        start, _ = self.bounds[place]
        await self._aside(_write, self._descriptor, content, start)
        await self._turns[place].wait()
        await self._aside(self.digest.update, content)
        self._turns[place + 1].set()

    async def _aside(self, work: Callable[..., None], *arguments: object) -> None:
        """In a thread when it is worth the change: both writing and hashing let other threads run."""
        if len(self.bounds) > 1:
            await asyncio.to_thread(work, *arguments)
        else:
            work(*arguments)


def _write(descriptor: int, content: bytes, start: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, start)
        view, start = view[written:], start + written


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure itself, out of the groups that tasks wrap it in."""
    found: BaseException = failures
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
