"""Downloads the files of a manifest in parallel, over files and over ranges of large ones, within one budget.

Every byte is hashed on its way to the disk; nothing is kept under its final name before all of it has come.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from aiapp.domain.manifest import Entry, Hashed
from aiapp.fetch.parts import Part, bounds
from aiapp.fetch.target import Target

if TYPE_CHECKING:
    from typing_extensions import Buffer

Write = Callable[["Buffer", int], None]
"""Takes some bytes and where in the object they belong."""
REQUESTS: Final = 32
"""Requests under way at the same time; what many small files need."""
BYTES: Final = 64 << 20
"""Bytes asked for at the same time: eight ranges of large files are as fast as more."""


class Source(Protocol):
    """Where the bytes come from."""

    async def read(self, entry: Entry, start: int, end: int, write: Write) -> None:
        """Hand bytes `start` to `end` (exclusive) to `write`, in order, each once. Raises FetchError."""
        ...


@dataclass
class Budget:
    """Limits requests and bytes that are under way together."""

    requests: int = REQUESTS
    size: int = BYTES
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, size: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.requests > 0 and self.size >= size)
            self.requests -= 1
            self.size -= size

    async def give(self, size: int) -> None:
        async with self._changed:
            self.requests += 1
            self.size += size
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
        queue = iter(sorted(entries, key=lambda entry: -entry.size))
        try:
            async with asyncio.TaskGroup() as group:
                workers = [group.create_task(self._work(queue, budget)) for _ in range(min(REQUESTS, len(entries)))]
        except ExceptionGroup as failures:
            raise _first(failures) from failures
        return [hashed for worker in workers for hashed in worker.result()]

    async def _work(self, queue: Iterator[Entry], budget: Budget) -> list[Hashed]:
        return [await self._file(entry, budget) for entry in queue]

    async def _file(self, entry: Entry, budget: Budget) -> Hashed:
        with self.target.part(entry) as part:
            ranges = bounds(entry.size)
            arrived = [asyncio.Event() for _ in ranges]
            async with asyncio.TaskGroup() as group:
                digest = group.create_task(_digest(part, ranges, arrived))
                for number, (start, end) in enumerate(ranges):
                    if number in part.written:
                        self._arrived(arrived[number], end - start)
                    else:
                        await budget.take(end - start)
                        group.create_task(self._range(entry, part, number, arrived[number], budget))
            await asyncio.to_thread(part.sync)
        return self.target.keep(entry, digest.result())

    async def _range(self, entry: Entry, part: Part, number: int, arrived: asyncio.Event, budget: Budget) -> None:
        start, end = bounds(entry.size)[number]
        try:
            await self.source.read(entry, start, end, part.write)
        finally:
            await budget.give(end - start)
        part.record(number)
        self._arrived(arrived, end - start)

    def _arrived(self, arrived: asyncio.Event, size: int) -> None:
        arrived.set()
        self.progress(size)


async def _digest(part: Part, ranges: Sequence[tuple[int, int]], arrived: Sequence[asyncio.Event]) -> str:
    """SHA-256 of what was written, in order, behind the download front; in a thread when it is worth the change."""
    digest = hashlib.sha256()
    for (start, end), there in zip(ranges, arrived, strict=True):
        await there.wait()
        if len(ranges) == 1:
            part.hash(digest, start, end)
        else:
            await asyncio.to_thread(part.hash, digest, start, end)
    return digest.hexdigest()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure itself, out of the groups that tasks wrap it in."""
    found: BaseException = failures
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
