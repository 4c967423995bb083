"""Downloads the files of a manifest in parallel, over files and over ranges of large ones, in bounded memory.

Every byte is hashed on its way to the disk; nothing is kept under its final name before all of it has come.
"""

import hashlib
import mmap
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Final, Protocol, TypeVar

from aiapp.domain.artifact.entry import Entry
from aiapp.fetch.disk import parts
from aiapp.fetch.disk.target import Target
from aiapp.fetch.download.blocks import Blocks
from aiapp.fetch.download.ranged_file import RangedFile
from aiapp.fetch.download.small_files import FileSource, SmallFiles
from aiapp.fetch.progress import Tally

SMALL_BYTES: Final = 256 << 10
"""Files up to this size go through their thread's own buffer, larger ones through a block."""
PIECE_BYTES: Final = 128 << 10
"""A range is written in pieces of at least this size as they come, while the processor's cache holds them."""
Step = Callable[[memoryview, memoryview], None]
"""Takes a block, which it gives back, and the thread's own buffer."""
_Work = TypeVar("_Work")


class OtherProcesses(Protocol):
    """Work that runs meanwhile in other processes."""

    def wait(self) -> None:
        """Waits until all have ended. Raises FetchError or OSError at the first failure."""
        ...

    def stop(self) -> None:
        """Ends them; `wait` returns soon."""
        ...


class Download:
    """Downloads some entries once; `tally` counts bytes and files that are on disk."""

    def __init__(self, source: FileSource, target: Target, tally: Tally, hashes: Mapping[str, str]) -> None:
        """`hashes`: the SHA-256 that each file must have, by path, where that is known."""
        self._source = source
        self._target = target
        self._tally = tally
        self._files = SmallFiles(source, target, tally, hashes)
        self._blocks = Blocks(parts.RANGE_BYTES)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._workers = 0
        self._failures: list[BaseException] = []
        self._unfinished: set[RangedFile] = set()
        self._steps: Iterator[Step] = iter(())
        self._small: Iterator[Entry] = iter(())
        self._others: OtherProcesses | None = None

    def run(self, large: list[Entry], small: Iterator[Entry], others: OtherProcesses | None = None) -> dict[str, str]:
        """Returns the SHA-256 of each file by path. Raises FetchError or OSError, also those of the other processes.

        `large`: to be fetched in this order, before the `small` ones of up to `SMALL_BYTES`.
        """
        self._steps, self._small, self._others = self._through_blocks(large), small, others
        if others is not None:
            self._start(others.wait)
        self._start_worker()
        for thread in self._threads:  # which grow meanwhile
            thread.join()
        self._source.close()
        for file in self._unfinished:
            file.close()
        if self._failures:
            raise self._failures[0]
        return self._files.hashed

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._or_fail, args=(work,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _or_fail(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits for this one
            self._fail(error)

    def _work(self) -> None:
        buffer = memoryview(mmap.mmap(-1, SMALL_BYTES))
        while (block := self._blocks.take()) is not None:
            if (step := self._next(self._steps)) is None:
                self._blocks.give(block)
                break
            step(block, buffer)
        while not self._failures and (entry := self._next(self._small)) is not None:
            self._files.fetch(entry, buffer)

    def _next(self, work: Iterator[_Work]) -> _Work | None:
        """Returns the next item, and starts another thread if more requests are allowed than there are threads."""
        with self._lock:
            found = next(work, None)
            if found is not None and self._workers < self._source.allowed:
                self._start_worker()
        return found

    def _start_worker(self) -> None:
        self._workers += 1
        self._start(self._work)

    def _through_blocks(self, entries: list[Entry]) -> Iterator[Step]:
        """Yields the steps that need a block, in an order in which the next range to be hashed always has one."""
        for entry in entries:
            if entry.size <= self._blocks.size:
                yield partial(self._in_block, entry)
                continue
            file = RangedFile(entry, self._target.part(entry), self._blocks)
            self._unfinished.add(file)
            self._tally.add(sum(file.ranges[number][1] - file.ranges[number][0] for number in file.part.written))
            for number in file.missing:
                yield partial(self._range, file, number)
            if not file.missing:
                yield partial(self._only_hashed, file)

    def _range(self, file: RangedFile, number: int, block: memoryview, buffer: memoryview) -> None:
        start, end = file.ranges[number]
        size, written = end - start, 0
        with closing(self._source.arriving(file.entry, start, block[:size])) as arriving:
            for came in arriving:
                if came - written >= PIECE_BYTES or came == size:
                    file.write(block[written:came], start + written)
                    written = came
        file.add(number, block)
        self._tally.add(size)
        if file.advance(buffer):
            self._complete(file)

    def _only_hashed(self, file: RangedFile, block: memoryview, buffer: memoryview) -> None:
        """Hashes a file that an earlier process has written completely."""
        self._blocks.give(block)
        if file.advance(buffer):
            self._complete(file)

    def _complete(self, file: RangedFile) -> None:
        entry, digest = file.entry, file.digest.hexdigest()
        if self._files.is_other(entry, digest):
            self._tally.add(-entry.size)
            digest = self._again(file)
        if self._files.is_other(entry, digest):
            self._target.discard(entry)
            raise self._files.refusal(entry, digest)
        self._unfinished.discard(file)
        file.close()
        self._files.keep(entry, digest)

    def _again(self, file: RangedFile) -> str:
        """Reads the file once more, range after range, and returns its SHA-256."""
        digest = hashlib.sha256()
        content = memoryview(bytearray(self._blocks.size))
        for start, end in file.ranges:
            view = content[: end - start]
            self._source.read(file.entry, start, view)
            file.part.write(view, start)
            digest.update(view)
            self._tally.add(end - start)
        return digest.hexdigest()

    def _in_block(self, entry: Entry, block: memoryview, _: memoryview) -> None:
        self._files.fetch(entry, block)
        self._blocks.give(block)

    def _fail(self, error: BaseException) -> None:
        """Records a failure, of which the first is raised, and aborts the other requests; what is written stays."""
        self._failures.append(error)
        self._source.close()
        self._blocks.close()
        if self._others is not None:
            self._others.stop()


def divided(entries: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Returns large and small entries, largest first, so that no large one runs alone at the end."""
    ordered = sorted(entries, key=lambda entry: entry.size, reverse=True)
    large = sum(entry.size > SMALL_BYTES for entry in ordered)
    return ordered[:large], ordered[large:]
