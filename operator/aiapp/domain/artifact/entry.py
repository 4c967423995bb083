"""One file of a manifest, and the line that stands for it. Values in, values out."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from aiapp.domain.objectstore.keys import checked_key, checked_path

MAX_OBJECT_BYTES: Final = 2**63 - 1
MAX_INLINE_BYTES: Final = 64 * 1024
"""Of a file that lies in the manifest itself."""

_ETAG: Final = re.compile(r"[!#-~]{1,256}")
_VERSION_ID: Final = re.compile(r"(?!-\Z)[!-~]{1,1024}")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_UNVERSIONED: Final = "-"
_OBJECT: Final = "object:"
_INLINE: Final = "inline:"


class ManifestError(ValueError):
    """Bytes that are not a manifest, or values that cannot stand in one; says where and which rule."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a package: safe relative path, size in bytes, ETag without quotes, version id if pinned.

    Raises `ManifestError` or `KeyRefusedError` for values that the canonical form cannot hold.
    """

    path: str
    size: int
    etag: str
    version_id: str | None = None
    key: str | None = None
    """Its key in the bucket; None: the package's prefix and the path, or no object at all."""
    content: bytes | None = None
    """The file itself, which no store has; its ETag is its SHA-256."""

    def __post_init__(self) -> None:
        checked_path(self.path)
        if not 0 <= self.size <= MAX_OBJECT_BYTES:
            raise ManifestError(f"{self.path!r}: size {self.size} is not a number of bytes")
        if not _ETAG.fullmatch(self.etag):
            raise ManifestError(f"{self.path!r}: ETag {self.etag!r} is not printable ASCII without quotes")
        if self.version_id is not None and not _VERSION_ID.fullmatch(self.version_id):
            raise ManifestError(f"{self.path!r}: version id {self.version_id!r} is not printable ASCII")
        if self.key is not None:
            checked_key(self.key)
        if self.content is not None:
            _require_whole(self.path, self.size, self.etag, self.content)

    @property
    def line(self) -> str:
        """The entry in the canonical form; a tab cannot occur in any field."""
        return f"{self.path}\t{self.size}\t{self.etag}\t{self.version_id or _UNVERSIONED}{self._place}\n"

    def key_below(self, prefix: str) -> str:
        """Its key in the bucket, where the package lies below that prefix."""
        return f"{prefix}{self.path}" if self.key is None else self.key

    @property
    def is_placed(self) -> bool:
        """Whether it says where it lies."""
        return (self.key is None) is not (self.content is None)

    @property
    def _place(self) -> str:
        if self.content is not None:
            return f"\t{_INLINE}{base64.b64encode(self.content).decode()}"
        return "" if self.key is None else f"\t{_OBJECT}{self.key}"


def inline_entry(path: str, content: bytes) -> Entry:
    """A file that lies in the manifest itself. Raises as `Entry` does, and `ManifestError` for one that is too long."""
    return Entry(path, len(content), hashlib.sha256(content).hexdigest(), content=content)


def _require_whole(path: str, size: int, etag: str, content: bytes) -> None:
    if len(content) > MAX_INLINE_BYTES:
        raise ManifestError(f"{path!r} has {len(content)} bytes; at most {MAX_INLINE_BYTES} may lie in a manifest")
    if size != len(content) or etag != hashlib.sha256(content).hexdigest():
        raise ManifestError(f"{path!r}: the file in the manifest is not the one of that size and SHA-256")


def entry_of_line(number: int, line: str) -> Entry:
    """The file of a line that does not say where it lies. Raises `ManifestError`, `KeyRefusedError`."""
    path, size, etag, version = _fields(number, line, 4)
    return Entry(path, int(size), etag, None if version == _UNVERSIONED else version)


def placed_entry_of_line(number: int, line: str) -> Entry:
    """The file of a line that does. Raises `ManifestError`, `KeyRefusedError`."""
    path, size, etag, version, place = _fields(number, line, 5)
    version_id = None if version == _UNVERSIONED else version
    if place.startswith(_OBJECT):
        return Entry(path, int(size), etag, version_id, key=place.removeprefix(_OBJECT))
    if not place.startswith(_INLINE) or version_id is not None:
        raise ManifestError(f"line {number} of the manifest does not say where {path!r} lies")
    try:
        content = base64.b64decode(place.removeprefix(_INLINE), validate=True)
    except binascii.Error as error:
        raise ManifestError(f"line {number} of the manifest: {path!r} is not in base64") from error
    found = Entry(path, int(size), etag, content=content)
    if found.line != f"{line}\n":
        raise ManifestError(f"line {number} of the manifest: {path!r} is not in the one form of base64")
    return found


def _fields(number: int, line: str, expected: int) -> list[str]:
    fields = line.split("\t")
    if len(fields) != expected:
        raise ManifestError(f"line {number} of the manifest has {len(fields)} fields, not {expected}")
    if not _SIZE.fullmatch(fields[1]):
        raise ManifestError(f"line {number} of the manifest: {fields[1][:40]!r} is not a number of bytes")
    return fields
