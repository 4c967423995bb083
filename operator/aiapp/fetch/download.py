"""Downloads the files of a manifest in parallel, over files and over ranges of large ones, within one budget.

Every byte is hashed on its way to the disk; nothing is kept under its final name before all of it has come.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from aiapp.api.conditions import Reason
from aiapp.domain.manifest import Entry, Hashed
from aiapp.fetch import parts
from aiapp.fetch.failures import FetchError
from aiapp.fetch.parts import Part
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
    hashes: Mapping[str, str] = field(default_factory=dict)
    """The SHA-256 that each file must have, by path, where that is known."""
    budget: Budget = field(default_factory=Budget)

    async def run(self, entries: Sequence[Entry]) -> list[Hashed]:
        """Largest files first, so that none is left to run alone at the end. Raises FetchError."""
        queue = iter(sorted(entries, key=lambda entry: -entry.size))
        try:
            async with asyncio.TaskGroup() as group:
                workers = [group.create_task(self._work(queue)) for _ in range(min(REQUESTS, len(entries)))]
        except ExceptionGroup as failures:
            raise _first(failures) from failures
        return [hashed for worker in workers for hashed in worker.result()]

    async def _work(self, queue: Iterator[Entry]) -> list[Hashed]:
        return [await self._file(entry) for entry in queue]

    async def _file(self, entry: Entry) -> Hashed:
        wanted = self.hashes.get(entry.path)
        digest = await self._fetched(entry)
        if wanted not in {None, digest}:
            self.target.discard(entry)
            self.progress(-entry.size)
            digest = await self._fetched(entry)
        if wanted not in {None, digest}:
            self.target.discard(entry)
            raise _other_content(entry, digest, wanted)
        return self.target.keep(entry, digest)

    async def _fetched(self, entry: Entry) -> str:
        fetch = self._in_ranges if entry.size > parts.RANGE_BYTES else self._at_once
        with self.target.part(entry) as part:
            digest = await fetch(entry, part)
            await asyncio.to_thread(part.sync)
        return digest

    async def _at_once(self, entry: Entry, part: Part) -> str:
        digest = hashlib.sha256()
        await self.budget.take(entry.size)
        await self._read(entry, part, 0, entry.size)
        part.hash(digest, 0, entry.size)
        return digest.hexdigest()

    async def _in_ranges(self, entry: Entry, part: Part) -> str:
        ranges = parts.bounds(entry.size)
        arrived = [asyncio.Event() for _ in ranges]
        async with asyncio.TaskGroup() as group:
            digest = group.create_task(_digest(part, ranges, arrived))
            for number, (start, end) in enumerate(ranges):
                if number in part.written:
                    arrived[number].set()
                    self.progress(end - start)
                else:
                    await self.budget.take(end - start)
                    group.create_task(self._range(entry, part, number, (start, end), arrived[number]))
        return digest.result()

    async def _range(
        self, entry: Entry, part: Part, number: int, bounds: tuple[int, int], arrived: asyncio.Event
    ) -> None:
        await self._read(entry, part, *bounds)
        part.record(number)
        arrived.set()

    async def _read(self, entry: Entry, part: Part, start: int, end: int) -> None:
        """Gives back what the caller has taken from the budget."""
        try:
            await self.source.read(entry, start, end, part.write)
        finally:
            await self.budget.give(end - start)
        self.progress(end - start)


async def _digest(part: Part, ranges: Sequence[tuple[int, int]], arrived: Sequence[asyncio.Event]) -> str:
    """SHA-256 of what was written, in order, behind the download front; hashing lets other threads run."""
    digest = hashlib.sha256()
    for (start, end), there in zip(ranges, arrived, strict=True):
        await there.wait()
        await asyncio.to_thread(part.hash, digest, start, end)
    return digest.hexdigest()


def _other_content(entry: Entry, digest: str, wanted: str | None) -> FetchError:
    message = (
        f"{entry.path} has SHA-256 {digest}, recorded is {wanted}; fetched twice: restore the file, or register the "
        "new content as a new version"
    )
    return FetchError(Reason.CONTENT_CHANGED, message)


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure itself, out of the groups that tasks wrap it in."""
    found: BaseException = failures
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
