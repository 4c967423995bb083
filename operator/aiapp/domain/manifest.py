"""What a package consists of: the canonical manifest, its digest (`pin`) and the digest of the content.

Never reads a store or a file: bytes in, values out. The format is specified in docs/reference/manifest.md.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from aiapp.domain.keys import KeyRefusedError, checked_path, refuse_collisions, relative_path

MANIFEST_TAG: Final = "aiapp-manifest/1"
CONTENT_TAG: Final = "aiapp-content/1"
CONFIG_MAP_KEY: Final = "manifest.gz"
"""The key under `binaryData` of the ConfigMap that holds `encode(manifest)`."""
MAX_CANONICAL_BYTES: Final = 128 * 1024 * 1024
"""No manifest is inflated beyond this: 100,000 objects with the longest keys fit."""
MAX_OBJECT_BYTES: Final = 2**63 - 1

_ETAG: Final = re.compile(r"[!#-~]{1,256}")
_VERSION_ID: Final = re.compile(r"(?!-\Z)[!-~]{1,1024}")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_UNVERSIONED: Final = "-"
_NULL_VERSION: Final = "null"


class ManifestError(ValueError):
    """Bytes that are not a manifest, or values that cannot stand in one; says where and which rule."""


class Listed(NamedTuple):
    """One object as a store lists it: full key, size in bytes, ETag (quotes allowed), version id if known."""

    key: str
    size: int
    etag: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a package: safe relative path, size in bytes, ETag without quotes, version id if pinned.

    Raises `ManifestError` or `KeyRefusedError` for values that the canonical form cannot hold.
    """

    path: str
    size: int
    etag: str
    version_id: str | None = None

    def __post_init__(self) -> None:
        checked_path(self.path)
        if not 0 <= self.size <= MAX_OBJECT_BYTES:
            raise ManifestError(f"{self.path!r}: size {self.size} is not a number of bytes")
        if not _ETAG.fullmatch(self.etag):
            raise ManifestError(f"{self.path!r}: ETag {self.etag!r} is not printable ASCII without quotes")
        if self.version_id is not None and not _VERSION_ID.fullmatch(self.version_id):
            raise ManifestError(f"{self.path!r}: version id {self.version_id!r} is not printable ASCII")

    @property
    def line(self) -> str:
        """The entry in the canonical form; a tab cannot occur in any field."""
        return f"{self.path}\t{self.size}\t{self.etag}\t{self.version_id or _UNVERSIONED}\n"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every file of a package, sorted by the bytes of its path; no two paths collide on any file system."""

    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        ordered = [entry.path.encode() for entry in self.entries]
        if any(first >= second for first, second in pairwise(ordered)):
            raise ManifestError("entries are not sorted by path, each once")
        refuse_collisions(entry.path for entry in self.entries)

    @property
    def canonical(self) -> bytes:
        """The bytes over which `pin` is computed."""
        return "".join([MANIFEST_TAG, "\n", *(entry.line for entry in self.entries)]).encode()

    @property
    def pin(self) -> str:
        """`sha256:<hex>` over the canonical bytes: what the store says of the package, always known."""
        return f"sha256:{hashlib.sha256(self.canonical).hexdigest()}"

    @property
    def objects(self) -> int:
        """How many files the package has."""
        return len(self.entries)

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(entry.size for entry in self.entries)


class Hashed(NamedTuple):
    """One file by its content: relative path, size in bytes, SHA-256 in lower-case hex."""

    path: str
    size: int
    sha256: str


def from_listing(listed: Iterable[Listed], prefix: str) -> Manifest:
    """The manifest of what lies under `prefix` (empty, or ending in `/`); folder markers are left out.

    Raises `KeyRefusedError` for a hostile key or two that collide, `ManifestError` for an unusable ETag.
    """
    entries = (_entry(one, prefix) for one in listed if not is_folder_marker(one))
    return Manifest(tuple(sorted(entries, key=lambda entry: entry.path.encode())))


def is_folder_marker(listed: Listed) -> bool:
    """Whether the object only stands for a folder, as consoles create them: no bytes, key ends in `/`."""
    return listed.size == 0 and listed.key.endswith("/")


def parse(canonical: bytes) -> Manifest:
    """The manifest whose canonical form this is, to the byte; raises `ManifestError` for anything else."""
    try:
        lines = canonical.decode().split("\n")
    except UnicodeDecodeError as error:
        raise ManifestError(f"the manifest is not UTF-8 at byte {error.start}") from error
    if lines[0] != MANIFEST_TAG:
        raise ManifestError(f"the manifest does not start with the line {MANIFEST_TAG!r}")
    if lines[-1] != "" or len(lines) == 1:
        raise ManifestError("the manifest does not end with a line feed")
    try:
        return Manifest(tuple(_parsed(number, line) for number, line in enumerate(lines[1:-1], start=2)))
    except KeyRefusedError as error:
        raise ManifestError(f"the manifest holds a forbidden path: {error}") from error


def content_digest(files: Iterable[Hashed]) -> str:
    """`sha256:<hex>` over path, size and SHA-256 of every file: the content itself, wherever it lies.

    Raises `ManifestError` when a path occurs twice or a hash is not one.
    """
    ordered = sorted(files, key=lambda file: file.path.encode())
    if any(first.path == second.path for first, second in pairwise(ordered)):
        raise ManifestError("a path occurs twice")
    text = "".join([CONTENT_TAG, "\n", *map(_content_line, ordered)])
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def encode(manifest: Manifest) -> bytes:
    """The canonical bytes as gzip, without time or name; the value of `CONFIG_MAP_KEY`."""
    return gzip.compress(manifest.canonical, compresslevel=9, mtime=0)


def decode(payload: bytes) -> Manifest:
    """The inverse of `encode`; raises `ManifestError`, also for what would inflate beyond the limit."""
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        canonical = inflater.decompress(payload, MAX_CANONICAL_BYTES)
    except zlib.error as error:
        raise ManifestError(f"the manifest is not gzip: {error}") from error
    if inflater.unconsumed_tail:
        raise ManifestError(f"the manifest inflates beyond {MAX_CANONICAL_BYTES} bytes")
    if not inflater.eof or inflater.unused_data:
        raise ManifestError("the compressed manifest is cut short or followed by other bytes")
    return parse(canonical)


def _entry(listed: Listed, prefix: str) -> Entry:
    version = None if listed.version_id == _NULL_VERSION else listed.version_id
    return Entry(relative_path(listed.key, prefix), listed.size, listed.etag.strip('"'), version)


def _parsed(number: int, line: str) -> Entry:
    fields = line.split("\t")
    if len(fields) != 4:
        raise ManifestError(f"line {number} of the manifest has {len(fields)} fields, not 4")
    path, size, etag, version = fields
    if not _SIZE.fullmatch(size):
        raise ManifestError(f"line {number} of the manifest: {size[:40]!r} is not a number of bytes")
    return Entry(path, int(size), etag, None if version == _UNVERSIONED else version)


def _content_line(file: Hashed) -> str:
    if not _SHA256.fullmatch(file.sha256):
        raise ManifestError(f"{file.path!r}: {file.sha256!r} is not a SHA-256 in lower-case hex")
    return f"{checked_path(file.path)}\t{file.size}\t{file.sha256}\n"
