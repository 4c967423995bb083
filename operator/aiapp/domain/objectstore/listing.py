"""What lies under a prefix, sorted by key and packed: a hundred thousand objects take a few megabytes.

Never asks a store; its caller does, and hands over page after page.
"""

import hashlib
import heapq
import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Final, NamedTuple, Self

from typing_extensions import override

CHUNK_OBJECTS: Final = 1000
"""Objects that are unpacked together: as many as a page of a store has."""
CHUNK_CHARACTERS: Final = 512 * 1024
"""Of their keys, ETags and version ids, which a hostile store may make long."""
MERGED_AT_ONCE: Final = 8
"""Chunks that are unpacked at the same time where a store does not list in order."""
SHORT_OBJECTS: Final = 100
SHORT_CHARACTERS: Final = 16 * 1024
"""To go through so many objects with so much text takes less than to wake a thread."""

_LEVEL: Final = 1
"""Of compression: the fastest, which keys with much in common need no more than."""
_UTF8: Final = ("utf-8", "surrogatepass")
"""Names of local files may hold what is no text."""
_key: Final = attrgetter("key")


class Listed(NamedTuple):
    """One object as a store lists it: full key, size in bytes, ETag (quotes allowed), version id if known."""

    key: str
    size: int
    etag: str
    version_id: str | None = None
    is_latest: bool = True
    """False for a version that the store keeps although the object was replaced or removed."""


def is_folder_marker(listed: Listed) -> bool:
    """Whether the object only stands for a folder, as consoles create them: no bytes, key ends in `/`."""
    return listed.size == 0 and listed.key.endswith("/")


class _Chunk(NamedTuple):
    first: str
    last: str
    packed: bytes


class Listing(Collection[Listed]):
    """Every object of a listing in the order of its key (by code point, which is that of its bytes in UTF-8)."""

    def __init__(self, chunks: Sequence[_Chunk], *, objects: int, characters: int, pages: int) -> None:
        self._chunks = chunks
        self._firsts = [chunk.first for chunk in chunks]
        self._objects = objects
        self._unpacked: tuple[int, Sequence[Listed]] = (-1, ())
        self.is_short = objects <= SHORT_OBJECTS and characters <= SHORT_CHARACTERS
        """Whether it may be gone through on the event loop."""
        self.pages = pages
        """Answers it took: what came in one is how the store was at one moment."""
        self.digest = _digest(chunks)
        """Over everything that is listed, hostile keys included: the same for the same objects in any order."""

    @classmethod
    def of(cls, listed: Iterable[Listed]) -> Self:
        """A listing that came at once."""
        packer = ListingPacker()
        packer.add(listed)
        return cls(packer.chunks(), objects=packer.objects, characters=packer.characters, pages=packer.pages)

    def find(self, key: str) -> Listed | None:
        """The object with that key; quick for keys near the last one."""
        number = bisect_right(self._firsts, key) - 1
        if number < 0 or key > self._chunks[number].last:
            return None
        rows = self._rows(number)
        place = bisect_left(rows, key, key=_key)
        return rows[place] if rows[place].key == key else None

    @override
    def __len__(self) -> int:
        return self._objects

    @override
    def __iter__(self) -> Iterator[Listed]:
        return _rows(self._chunks)

    @override
    def __contains__(self, listed: object) -> bool:
        return isinstance(listed, Listed) and self.find(listed.key) == listed

    def _rows(self, number: int) -> Sequence[Listed]:
        if self._unpacked[0] != number:
            self._unpacked = (number, _unpacked(self._chunks[number]))
        return self._unpacked[1]


class ListingPacker:
    """Takes pages as they come; a store need not list in any order, though all but a few do."""

    def __init__(self) -> None:
        self._chunks: list[_Chunk] = []
        self._last: frozenset[Listed] = frozenset()
        self.objects = 0
        self.characters = 0
        self.pages = 0
        self.packed_bytes = 0

    def add(self, page: Iterable[Listed]) -> None:
        """One answer of the store. What it repeats of the last one, as some do, is left out."""
        rows = [one for one in sorted(page, key=_key) if one not in self._last]
        self.objects += len(rows)
        self.characters += sum(map(_characters, rows))
        self.pages += 1
        self._last = frozenset(rows)
        packed = list(_packed(rows))
        self.packed_bytes += sum(len(chunk.packed) for chunk in packed)
        self._chunks += packed

    def listing(self) -> Listing:
        """All that was added."""
        return Listing(self.chunks(), objects=self.objects, characters=self.characters, pages=self.pages)

    def chunks(self) -> Sequence[_Chunk]:
        """Sorted; pages that overlap are merged."""
        if all(before.last <= after.first for before, after in pairwise(self._chunks)):
            return self._chunks
        return _merged([[chunk] for chunk in self._chunks])


class Files(Mapping[str, int]):
    """Sizes in bytes by path below a prefix, read from a listing as they are asked for; folder markers are left out."""

    def __init__(self, listing: Listing, prefix: str) -> None:
        self._listing = listing
        self._prefix = prefix

    @override
    def __getitem__(self, path: str) -> int:
        found = self._listing.find(f"{self._prefix}{path}")
        if found is None or is_folder_marker(found):
            raise KeyError(path)
        return found.size

    @override
    def __iter__(self) -> Iterator[str]:
        start = len(self._prefix)
        return (one.key[start:] for one in self._listing if not is_folder_marker(one))

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)


def _merged(runs: Sequence[Sequence[_Chunk]]) -> Sequence[_Chunk]:
    """One sorted run of several, a few at a time, so that never more than one chunk of each of these is unpacked."""
    while len(runs) > 1:
        groups = [runs[start : start + MERGED_AT_ONCE] for start in range(0, len(runs), MERGED_AT_ONCE)]
        runs = [list(_packed(heapq.merge(*map(_rows, group), key=_key))) for group in groups]
    return runs[0]


def _rows(run: Iterable[_Chunk]) -> Iterator[Listed]:
    for chunk in run:
        yield from _unpacked(chunk)


def _packed(rows: Iterable[Listed]) -> Iterator[_Chunk]:
    batch: list[Listed] = []
    characters = 0
    for row in rows:
        batch.append(row)
        characters += _characters(row)
        if len(batch) == CHUNK_OBJECTS or characters > CHUNK_CHARACTERS:
            yield _chunk(batch)
            batch, characters = [], 0
    if batch:
        yield _chunk(batch)


def _characters(row: Listed) -> int:
    return len(row.key) + len(row.etag) + len(row.version_id or "")


def _chunk(rows: Sequence[Listed]) -> _Chunk:
    return _Chunk(rows[0].key, rows[-1].key, zlib.compress(json.dumps(rows, ensure_ascii=False).encode(*_UTF8), _LEVEL))


def _unpacked(chunk: _Chunk) -> Sequence[Listed]:
    return [Listed(*row) for row in json.loads(zlib.decompress(chunk.packed).decode(*_UTF8))]


def _digest(chunks: Iterable[_Chunk]) -> str:
    """Over the rows without what parts the chunks, so that it does not matter where one ends."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(zlib.decompress(chunk.packed)[1:-1])
        digest.update(b", ")
    return f"sha256:{digest.hexdigest()}"
