"""What a package consists of: the canonical manifest, its digest (`pin`) and the digest of the content.

Never reads a store or a file, never holds a large manifest unpacked: bytes in, values out. The format is specified in
docs/reference/manifest.md.
"""

import hashlib
import re
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from typing_extensions import override

from aiapp.domain.artifact.entry import MAX_INLINE_BYTES, Entry, ManifestError, entry_of_line, placed_entry_of_line
from aiapp.domain.objectstore.keys import CollisionDetector, KeyRefusedError, checked_path, relative_path
from aiapp.domain.objectstore.listing import Listed, is_folder_marker

MANIFEST_TAG: Final = "aiapp-manifest/1"
COMPOSED_TAG: Final = "aiapp-manifest/2"
"""Of a package that lies in several folders of a bucket, and in the manifest itself."""
CONTENT_TAG: Final = "aiapp-content/1"
NULL_VERSION: Final = "null"
"""The version id of objects in a bucket without versions."""
CONFIG_MAP_KEY: Final = "manifest.gz"
"""The key under `binaryData` of the ConfigMap that holds `Manifest.payload`."""
MAX_CANONICAL_BYTES: Final = 128 * 1024 * 1024
"""No manifest is inflated beyond this: 100,000 objects with the longest keys fit."""

_MAX_LINE_BYTES: Final = {MANIFEST_TAG: 4096, COMPOSED_TAG: 4096 + MAX_INLINE_BYTES * 4 // 3}
"""Longer than any line can be: path 1,024, size 19, ETag 256, version id 1,024; key 1,024 or the file in base64."""
_BATCH_LINES: Final = 1000
_PIECE_BYTES: Final = 64 * 1024
_GZIP: Final = zlib.MAX_WBITS | 16
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


Packed = bytes
"""Needed where `bytes` is the name of a field."""


class OtherManifestError(ManifestError):
    """A manifest, but not the pinned one."""

    def __init__(self, found: str, pinned: str) -> None:
        super().__init__(f"it is the manifest {found}, pinned is {pinned}")


class Entries(Collection[Entry]):
    """The files of a manifest, unpacked at each iteration."""

    def __init__(self, payload: bytes, objects: int) -> None:
        self._payload = payload
        self._objects = objects

    @override
    def __iter__(self) -> Iterator[Entry]:
        return _entries(_inflated(self._payload))

    @override
    def __len__(self) -> int:
        return self._objects

    @override
    def __contains__(self, entry: object) -> bool:
        return any(one == entry for one in self)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every file of a package, sorted by the bytes of its path; no two paths collide on any file system."""

    pin: str
    """`sha256:<hex>` over the canonical bytes, so over what the store lists; always known."""
    objects: int
    """How many files the package has."""
    bytes: int
    """Size of all files together."""
    payload: Packed = field(repr=False, compare=False)
    """The canonical bytes as gzip, without time or name."""

    @property
    def entries(self) -> Entries:
        """The files in their order."""
        return Entries(self.payload, self.objects)

    @property
    def canonical(self) -> Packed:
        """The bytes over which `pin` is computed."""
        return b"".join(_inflated(self.payload))


class Hashed(NamedTuple):
    """One file by its content: relative path, size in bytes, SHA-256 in lower-case hex."""

    path: str
    size: int
    sha256: str


def from_listing(listed: Iterable[Listed], prefix: str) -> Manifest:
    """The manifest of what lies under `prefix` (empty, or ending in `/`); folder markers are left out.

    `listed` is in the order of its keys. Raises `KeyRefusedError` for a hostile key or two that collide,
    `ManifestError` for an unusable ETag.
    """
    return composed(entry_of(one, prefix) for one in listed if not is_folder_marker(one))


def entry_of(listed: Listed, prefix: str) -> Entry:
    """The file that a listed object is; raises as `from_listing` does."""
    return entry_at(relative_path(listed.key, prefix), listed)


def entry_at(path: str, listed: Listed, key: str | None = None) -> Entry:
    """The same under any path of the package; with `key` it says where it lies."""
    version = None if listed.version_id == NULL_VERSION else listed.version_id
    return Entry(path, listed.size, listed.etag.strip('"'), version, key)


def composed(entries: Iterable[Entry], tag: str = MANIFEST_TAG) -> Manifest:
    """The manifest of these files, gone through once; raises `ManifestError` when they are not sorted by path.

    Raises `KeyRefusedError` when two paths collide. With `COMPOSED_TAG` every file says where it lies.
    """
    tally, packer = _Tally(), zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    digest = hashlib.sha256()
    packed = []
    for lines in _batches(entries, tally, tag):
        digest.update(lines)
        packed.append(packer.compress(lines))
    payload = b"".join((*packed, packer.flush()))
    tally.refuse_collisions(payload)
    return Manifest(f"sha256:{digest.hexdigest()}", tally.objects, tally.bytes, payload)


def parse(canonical: bytes) -> Manifest:
    """The manifest whose canonical form this is, to the byte; raises `ManifestError` for anything else."""
    try:
        return composed(_entries([canonical]), canonical.partition(b"\n")[0].decode("ascii", "replace"))
    except KeyRefusedError as error:
        raise ManifestError(f"the manifest holds a forbidden path: {error}") from error


def content_digest(files: Iterable[Hashed]) -> str:
    """`sha256:<hex>` over path, size and SHA-256 of every file: the content itself, wherever it lies.

    Raises `ManifestError` when a path occurs twice or a hash is not one.
    """
    return ordered_digest(sorted(files, key=lambda file: file.path.encode()))


def ordered_digest(files: Iterable[Hashed]) -> str:
    """The same of files that come in the manifest's order, one at a time. Raises `ManifestError` if they do not."""
    digest, last = hashlib.sha256(f"{CONTENT_TAG}\n".encode()), b""
    for file in files:
        path = file.path.encode()
        if path <= last:
            raise ManifestError("a path occurs twice, or out of order")
        digest.update(_content_line(file).encode())
        last = path
    return f"sha256:{digest.hexdigest()}"


def read_pinned(payload: bytes, pin: str) -> Manifest:
    """The manifest with that payload and that pin. Nothing in it is looked at before its hash is known to be the pin.

    Raises `ManifestError`, and `OtherManifestError` for another pin.
    """
    found = pin_of(payload)
    if found != pin:
        raise OtherManifestError(found, pin)
    return decode(payload)


def pin_of(payload: bytes, longest: int | None = None) -> str:
    """The hash of what `payload` inflates to, whatever that is. Raises `ManifestError` if it is longer or no gzip."""
    digest = hashlib.sha256()
    for piece in _inflated(payload, longest):
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


def is_same(payload: bytes, manifest: Manifest) -> bool:
    """Whether both hold the same manifest, whatever packed it; takes no longer than `manifest` is long."""
    try:
        return pin_of(payload, sum(map(len, _inflated(manifest.payload)))) == manifest.pin
    except ManifestError:
        return False


def decode(payload: bytes) -> Manifest:
    """The manifest with that payload; raises `ManifestError`, also for what would inflate beyond the limit."""
    tally, digest = _Tally(), hashlib.sha256()
    try:
        for entry in _entries(_hashed(_inflated(payload), digest)):
            tally.add(entry)
        tally.refuse_collisions(payload)
    except KeyRefusedError as error:
        raise ManifestError(f"the manifest holds a forbidden path: {error}") from error
    return Manifest(f"sha256:{digest.hexdigest()}", tally.objects, tally.bytes, payload)


class _Tally:
    """What is to be known of all entries together, with a few bytes for each."""

    def __init__(self) -> None:
        self.objects = 0
        self.bytes = 0
        self._last = ""
        self._collisions = CollisionDetector()

    def add(self, entry: Entry) -> None:
        """The next one; raises `ManifestError` unless its path comes after the last one's."""
        if entry.path <= self._last:  # by code point, which is the order of the bytes in UTF-8
            raise ManifestError("entries are not sorted by path, each once")
        self._last = entry.path
        self._collisions.add(entry.path)
        self.objects += 1
        self.bytes += entry.size

    def refuse_collisions(self, payload: bytes) -> None:
        """Raises `KeyRefusedError` when two of the paths, which `payload` holds, collide."""
        self._collisions.refuse(lambda: (entry.path for entry in _entries(_inflated(payload))))


_READERS: Final = {MANIFEST_TAG: entry_of_line, COMPOSED_TAG: placed_entry_of_line}


def _batches(entries: Iterable[Entry], tally: _Tally, tag: str) -> Iterator[bytes]:
    """The canonical bytes, piece by piece."""
    lines = [f"{tag}\n"]
    for entry in entries:
        if entry.is_placed is not (tag == COMPOSED_TAG):
            raise ManifestError(f"{entry.path!r} cannot stand in {tag}")
        tally.add(entry)
        lines.append(entry.line)
        if len(lines) == _BATCH_LINES:
            yield "".join(lines).encode()
            lines = []
    yield "".join(lines).encode()


def _hashed(pieces: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _inflated(payload: bytes, longest: int | None = None) -> Iterator[bytes]:
    """What the one gzip member holds, piece by piece."""
    longest = MAX_CANONICAL_BYTES if longest is None else longest
    inflater = zlib.decompressobj(_GZIP)
    length = 0
    for start in range(0, len(payload), _PIECE_BYTES):
        for piece in _inflated_pieces(inflater, payload[start : start + _PIECE_BYTES]):
            length += len(piece)
            if length > longest:
                raise ManifestError(f"the manifest inflates beyond {longest} bytes")
            yield piece
        if inflater.eof and (inflater.unused_data or start + _PIECE_BYTES < len(payload)):
            raise ManifestError("the compressed manifest is followed by other bytes")
    if not inflater.eof:
        raise ManifestError("the compressed manifest is cut short")


def _inflated_pieces(inflater: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    """All that `packed` gives, of whatever size, in pieces of a bounded one."""
    piece = b" " * _PIECE_BYTES
    while len(piece) == _PIECE_BYTES:
        try:
            piece = inflater.decompress(packed, _PIECE_BYTES)
        except zlib.error as error:
            raise ManifestError(f"the manifest is not gzip: {error}") from error
        packed = inflater.unconsumed_tail
        yield piece


def _entries(pieces: Iterable[bytes]) -> Iterator[Entry]:
    lines = _lines(pieces)
    read = _READERS.get(next(lines, ""))
    if read is None:
        raise ManifestError(f"the manifest does not start with the line {MANIFEST_TAG!r} or {COMPOSED_TAG!r}")
    return (read(number, line) for number, line in enumerate(lines, start=2))


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest, longest = b"", 0
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            text = _text(line)
            longest = longest or _MAX_LINE_BYTES.get(text, _MAX_LINE_BYTES[MANIFEST_TAG])
            yield text
        if len(rest) > (longest := longest or _MAX_LINE_BYTES[MANIFEST_TAG]):
            raise ManifestError(f"the manifest has a line of more than {longest} bytes")
    if rest:
        raise ManifestError("the manifest does not end with a line feed")


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise ManifestError(f"the manifest is not UTF-8 at byte {error.start} of {line[:80]!r}") from error


def _content_line(file: Hashed) -> str:
    if not _SHA256.fullmatch(file.sha256):
        raise ManifestError(f"{file.path!r}: {file.sha256!r} is not a SHA-256 in lower-case hex")
    return f"{checked_path(file.path)}\t{file.size}\t{file.sha256}\n"
