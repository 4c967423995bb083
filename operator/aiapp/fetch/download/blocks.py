"""The memory of a download: a fixed number of blocks that requests fill, and that wait to be hashed. Never grows."""

import mmap
import threading
from contextlib import suppress
from typing import Final

BLOCKS: Final = 14
"""Together with small files' buffers this keeps the process below 100 MB."""
PARKED: Final = 6
"""Blocks that may wait for bytes before theirs; of what comes beyond, the file is read again."""


class Blocks:
    """Blocks of `size` bytes, for any number of threads; made when first needed."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free: list[memoryview] = []
        self._unmade = BLOCKS
        self._parked = 0
        self._closed = False
        self._changed = threading.Condition()

    def take(self) -> memoryview | None:
        """Waits for a free block; returns None when the download is over."""
        with self._changed:
            while not self._free and not self._unmade and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            if self._free:
                return self._free.pop()
            self._unmade -= 1
        return memoryview(_pages(self.size))

    def give(self, block: memoryview) -> None:
        """Frees a block."""
        with self._changed:
            self._free.append(block)
            self._changed.notify()

    def park(self, *, surely: bool) -> bool:
        """Returns True if a full block may wait to be hashed; always if `surely`: everything before it has arrived."""
        with self._changed:
            if self._parked >= PARKED and not surely:
                return False
            self._parked += 1
            return True

    def unpark(self, block: memoryview) -> None:
        """Frees a block that waited to be hashed."""
        with self._changed:
            self._parked -= 1
        self.give(block)

    def close(self) -> None:
        """Ends all waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _pages(size: int) -> mmap.mmap:
    """Returns memory in huge pages where the kernel has them, for which copying needs less time."""
    found = mmap.mmap(-1, size)
    with suppress(OSError):
        found.madvise(mmap.MADV_HUGEPAGE)
    return found
