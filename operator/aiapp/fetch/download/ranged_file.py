"""One large file while its ranges come, in any order, from several threads; hashed in order behind the front."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack

from aiapp.domain.artifact.manifest import Entry
from aiapp.fetch.disk import parts
from aiapp.fetch.disk.parts import Part
from aiapp.fetch.download.blocks import Blocks


class Assembly:
    """Takes blocks full of bytes; knows the digest when the last one has come."""

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
        """The partial file stays."""
        self._opened.close()

    @property
    def missing(self) -> list[int]:
        """Numbers of the ranges that no earlier process has written."""
        return [number for number in range(len(self.ranges)) if number not in self.part.written]

    def write(self, content: memoryview, start: int) -> None:
        """Bytes of any range to their place."""
        with self._writing:  # one at a time anyway: for the file's lock the kernel would wait busily
            self.part.write(content, start)

    def add(self, number: int, block: memoryview) -> None:
        """All of a range is written: keep the full block until it is hashed.

        Of those that wait for a range before them, which may be long in coming, only so many are kept.
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
        """Hash all that is there in order; True, for one caller only, when that was the last of the file."""
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
        """For one thread at a time: what others add meanwhile is its work as well."""
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
