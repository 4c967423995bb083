"""The memory of a download: a fixed number of blocks that requests fill, and that wait to be hashed. Never grows."""

import mmap
import threading
from contextlib import suppress
from typing import Final

BLOCKS: Final = 14
"""With those of `PARKED` and small files' own buffers, what keeps the process below 100 MB."""
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
        """A block, waited for; None: the download is over."""
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
        """The block is free again."""
        with self._changed:
            self._free.append(block)
            self._changed.notify()

    def park(self, *, surely: bool) -> bool:
        """Whether a full block may wait to be hashed; `surely`: all before it has come, its turn will be soon."""
        with self._changed:
            if self._parked >= PARKED and not surely:
                return False
            self._parked += 1
            return True

    def unpark(self, block: memoryview) -> None:
        """A block that waited is hashed, and free."""
        with self._changed:
            self._parked -= 1
        self.give(block)

    def close(self) -> None:
        """Nobody needs to wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _pages(size: int) -> mmap.mmap:
    """Takes memory as it is written to: in huge pages where the kernel has them, for which copying needs less time."""
    found = mmap.mmap(-1, size)
    with suppress(OSError):
        found.madvise(mmap.MADV_HUGEPAGE)
    return found
