"""Files that several forked processes take from, and their hashes, in memory that all of them share.

Needs no lock: the number of each batch is one byte in a pipe, and each file's hash has a place of its own.
"""

import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from aiapp.domain.artifact.content import HASH_BYTES
from aiapp.domain.artifact.entry import Entry

BATCHES: Final = 256
"""As many as one byte can number."""


class Batches:
    """Distributes files in batches. To be made before the fork; `entries` must not be empty."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._size = -(-len(entries) // BATCHES)
        self._digests = mmap.mmap(-1, len(entries) * HASH_BYTES)
        self._taken: list[int] = []
        self._numbers, numbers = os.pipe()
        os.write(numbers, bytes(range(-(-len(entries) // self._size))))
        os.close(numbers)

    def take(self) -> Iterator[Entry]:
        """Yields files that no other process has taken, until none is left."""
        while number := os.read(self._numbers, 1):
            self._taken.append(number[0])
            yield from self._batch(number[0])

    def note(self, hashed: Mapping[str, str]) -> None:
        """Stores the SHA-256, by path, of all files that this process has taken. Raises KeyError if one is missing."""
        for number in self._taken:
            digests = b"".join(bytes.fromhex(hashed[entry.path]) for entry in self._batch(number))
            start = number * self._size * HASH_BYTES
            self._digests[start : start + len(digests)] = digests

    def hashed(self) -> dict[str, str]:
        """Returns the SHA-256 of all files, by path."""
        starts = range(0, len(self._digests), HASH_BYTES)
        digests = (self._digests[start : start + HASH_BYTES].hex() for start in starts)
        return {entry.path: digest for entry, digest in zip(self._entries, digests, strict=True)}

    def close(self) -> None:
        """Releases pipe and memory in this process."""
        os.close(self._numbers)
        self._digests.close()

    def _batch(self, number: int) -> Sequence[Entry]:
        return self._entries[number * self._size : (number + 1) * self._size]
