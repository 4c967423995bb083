"""A large file whose ranges arrive in any order, from several threads, and are hashed in order."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack

from aiapp.domain.artifact.entry import Entry
from aiapp.fetch.disk import parts
from aiapp.fetch.disk.parts import Part
from aiapp.fetch.download.blocks import Blocks


class RangedFile:
    """Collects the ranges of one file; `digest` is complete when the last one has been hashed."""

    def __init__(self, entry: Entry, part: AbstractContextManager[Part], blocks: Blocks) -> None:
        self._opened = ExitStack()
        self.part = self._opened.enter_context(part)
        self.entry = entry
        self.ranges = parts.bounds(entry.size)
        self.digest = hashlib.sha256()
        self._blocks = blocks
        self._writing = threading.Lock()
        self._lock = threading.Lock()
        self._next = 0
        self._front = 0
        self._hashing = False
        self._came: dict[int, memoryview | None] = dict.fromkeys(self.part.written)

    def close(self) -> None:
        """Closes the partial file, which stays on disk."""
        self._opened.close()

    @property
    def missing(self) -> list[int]:
        """Numbers of the ranges that no earlier process has written."""
        return [number for number in range(len(self.ranges)) if number not in self.part.written]

    def write(self, content: memoryview, start: int) -> None:
        """Writes bytes of any range at their offset."""
        with self._writing:  # one at a time anyway: for the file's lock the kernel would wait busily
            self.part.write(content, start)

    def add(self, number: int, block: memoryview) -> None:
        """Records that a range is written, and keeps its block until it is hashed.

        Of blocks that wait for an earlier range only a limited number is kept; the others are read again from disk.
        """
        self.part.record(number)
        with self._lock:
            self._came[number] = None
            while self._front in self._came:
                self._front += 1
            kept = self._blocks.park(surely=number < self._front)
            if kept:
                self._came[number] = block
        if not kept:
            self._blocks.give(block)

    def advance(self, buffer: memoryview) -> bool:
        """Hashes what has arrived in order. Returns True, to a single caller, when the file is complete."""
        for number, block in self._in_order():
            start, end = self.ranges[number]
            if block is None:
                self.part.hash(self.digest, start, end, buffer)
            else:
                self.digest.update(block[: end - start])
                self._blocks.unpark(block)
            if number + 1 == len(self.ranges):
                return True
        return False

    def _in_order(self) -> Iterator[tuple[int, memoryview | None]]:
        """Yields ranges to one thread at a time, including those that others add meanwhile."""
        with self._lock:
            if self._hashing:
                return
            self._hashing = True
        while True:
            with self._lock:
                number = self._next
                if number not in self._came:
                    self._hashing = False
                    return
                block = self._came.pop(number)
                self._next += 1
            yield number, block
