"""Downloads the files of a manifest in parallel, over files and over ranges of large ones, in bounded memory.

Every byte is hashed on its way to the disk; nothing is kept under its final name before all of it has come.
"""

import hashlib
import mmap
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, Protocol

from aiapp.api.conditions import Reason
from aiapp.domain.manifest import Entry
from aiapp.fetch import parts
from aiapp.fetch.assembly import Assembly
from aiapp.fetch.blocks import Blocks
from aiapp.fetch.failures import FetchError
from aiapp.fetch.pace import MOST
from aiapp.fetch.progress import Meter
from aiapp.fetch.target import Target

SMALL_BYTES: Final = 256 << 10
"""Files up to this size go through their thread's own buffer, larger ones through a block."""
Step = Callable[[memoryview, memoryview], None]
"""Takes a block, which it gives back, and the thread's own buffer."""


class Source(Protocol):
    """Where the bytes come from; used from several threads at once."""

    def read(self, entry: Entry, start: int, into: memoryview) -> None:
        """Fill `into` with the object's bytes from `start` on. Raises FetchError."""
        ...

    def close(self) -> None:
        """Let go of all connections; requests that are under way fail."""
        ...


class Download:
    """One run over some entries; `meter` hears, from any thread, of bytes and files that are on disk."""

    def __init__(
        self,
        source: Source,
        target: Target,
        meter: Meter,
        hashes: Mapping[str, str] | None = None,
    ) -> None:
        """`hashes`: the SHA-256 that each file must have, by path, where that is known."""
        self._source = source
        self._target = target
        self._meter = meter
        self._hashes = hashes or {}
        self._blocks = Blocks(parts.RANGE_BYTES)
        self._lock = threading.Lock()
        self._hashed: dict[str, str] = {}
        self._failures: list[BaseException] = []
        self._unfinished: set[Assembly] = set()

    def run(self, entries: list[Entry]) -> dict[str, str]:
        """The SHA-256 of each file by path; empties the list. Raises FetchError or OSError.

        Largest files first, so that none is left to run alone at the end.
        """
        useful = sum(len(parts.bounds(entry.size)) for entry in entries)
        entries.sort(key=lambda entry: entry.size)
        steps = self._through_blocks(entries)
        threads = [
            threading.Thread(target=self._work, args=(steps, entries), daemon=True) for _ in range(min(MOST, useful))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._source.close()
        for file in self._unfinished:
            file.close()
        if self._failures:
            raise self._failures[0]
        return self._hashed

    def _work(self, steps: Iterator[Step], entries: list[Entry]) -> None:
        buffer = memoryview(mmap.mmap(-1, SMALL_BYTES))
        try:
            while (block := self._blocks.take()) is not None:
                with self._lock:
                    step = next(steps, None)
                if step is None:
                    self._blocks.give(block)
                    break
                step(block, buffer)
            while not self._failures and (entry := self._popped(entries)) is not None:
                self._whole(entry, buffer)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits for this one
            self._fail(error)

    def _popped(self, entries: list[Entry]) -> Entry | None:
        with self._lock:
            return entries.pop() if entries else None

    def _through_blocks(self, entries: list[Entry]) -> Iterator[Step]:
        """What to do with a block, in this order, so that whatever is next to be hashed has a block already."""
        while entries and entries[-1].size > SMALL_BYTES:
            entry = entries.pop()
            if entry.size <= self._blocks.size:
                yield partial(self._in_block, entry)
                continue
            file = Assembly(entry, self._target.part(entry), self._blocks)
            self._unfinished.add(file)
            self._meter.add(sum(file.ranges[number][1] - file.ranges[number][0] for number in file.part.written))
            for number in file.missing:
                yield partial(self._range, file, number)
            if not file.missing:
                yield partial(self._only_hashed, file)

    def _range(self, file: Assembly, number: int, block: memoryview, buffer: memoryview) -> None:
        start, end = file.ranges[number]
        self._source.read(file.entry, start, block[: end - start])
        file.add(number, block)
        self._meter.add(end - start)
        if file.advance(buffer):
            self._complete(file)

    def _only_hashed(self, file: Assembly, block: memoryview, buffer: memoryview) -> None:
        """An earlier process has written all of it."""
        self._blocks.give(block)
        if file.advance(buffer):
            self._complete(file)

    def _complete(self, file: Assembly) -> None:
        entry, digest = file.entry, file.digest.hexdigest()
        if self._is_other(entry, digest):
            self._meter.add(-entry.size)
            digest = self._again(file)
        if self._is_other(entry, digest):
            self._target.discard(entry)
            raise _other_content(entry, digest, self._hashes[entry.path])
        self._unfinished.discard(file)
        file.close()
        self._keep(entry, digest)

    def _again(self, file: Assembly) -> str:
        """The whole file once more, range after range."""
        digest = hashlib.sha256()
        content = memoryview(bytearray(self._blocks.size))
        for start, end in file.ranges:
            view = content[: end - start]
            self._source.read(file.entry, start, view)
            file.part.write(view, start)
            digest.update(view)
            self._meter.add(end - start)
        return digest.hexdigest()

    def _in_block(self, entry: Entry, block: memoryview, _: memoryview) -> None:
        self._whole(entry, block)
        self._blocks.give(block)

    def _whole(self, entry: Entry, buffer: memoryview) -> None:
        """A file that memory can hold is written when it is known to be right."""
        view = buffer[: entry.size]
        self._source.read(entry, 0, view)
        digest = hashlib.sha256(view).hexdigest()
        if self._is_other(entry, digest):
            self._source.read(entry, 0, view)
            digest = hashlib.sha256(view).hexdigest()
        if self._is_other(entry, digest):
            raise _other_content(entry, digest, self._hashes[entry.path])
        with self._target.part(entry) as part:
            part.write(view, 0)
        self._meter.add(entry.size)
        self._keep(entry, digest)

    def _is_other(self, entry: Entry, digest: str) -> bool:
        return self._hashes.get(entry.path, digest) != digest

    def _keep(self, entry: Entry, digest: str) -> None:
        self._target.keep(entry, digest)
        self._meter.file()
        self._hashed[entry.path] = digest

    def _fail(self, error: BaseException) -> None:
        """The first failure counts; the others' requests are broken off, what they have written stays."""
        self._failures.append(error)
        self._source.close()
        self._blocks.close()


def _other_content(entry: Entry, digest: str, wanted: str) -> FetchError:
    message = (
        f"{entry.path} has SHA-256 {digest}, recorded is {wanted}; fetched twice: restore the file, or register the "
        "new content as a new version"
    )
    return FetchError(Reason.CONTENT_CHANGED, message)
