"""What is known of a package's content: its digest and, where they are known, the hashes of its files.

Never reads a store or a file: values in, values out. Specified in docs/reference/manifest.md.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiapp.domain.artifact.entry import Entry, ManifestError
from aiapp.domain.artifact.manifest import Hashed, content_digest, ordered_digest

HASH_BYTES: Final = 32
"""Length of one SHA-256."""
MAX_RECORDED_BYTES: Final = 750_000
"""Bytes of hashes in one ConfigMap, which may hold 1 MiB, in a request in base64 as well: 23,437 files."""
DIGEST_KEY: Final = "digest"
"""The key under `data` of the ConfigMap that records the digest."""
HASHES_KEY: Final = "hashes"
"""The key under its `binaryData` for the hashes, where they are known and fit."""

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Content:
    """A content digest, and the SHA-256 of each file in the manifest's order, 32 bytes each, where they are known."""

    digest: str
    hashes: bytes = b""

    def by_path(self, entries: Iterable[Entry]) -> dict[str, str]:
        """The hash of each file as lower-case hex; empty where they are not known, or are not those of the digest."""
        if not self.hashes:
            return {}
        files = list(entries)
        starts = range(0, len(self.hashes), HASH_BYTES)
        found = {e.path: self.hashes[at : at + HASH_BYTES].hex() for e, at in zip(files, starts, strict=False)}
        return found if self.digest == _digest(files, found) else {}


def is_digest(text: str) -> bool:
    """Whether it is `sha256:` and 64 lower-case hex digits."""
    return _DIGEST.fullmatch(text) is not None


def content(entries: Iterable[Entry], hashes: Mapping[str, str]) -> Content:
    """What is known when the hash of every file is; the entries in the manifest's order.

    Raises KeyError for a file without a hash.
    """
    raw = bytearray()

    def hashed() -> Iterator[Hashed]:
        for entry in entries:
            raw.extend(bytes.fromhex(hashes[entry.path]))
            yield Hashed(entry.path, entry.size, hashes[entry.path])

    digest = ordered_digest(hashed())
    return Content(digest, bytes(raw))


def reported_content(message: str, objects: int) -> Content | None:
    """What a fetcher's termination message says of the content; None for anything that is not well-formed.

    It comes out of a user's namespace, and may be anything.
    """
    found = _json(message)
    digest, hashes = found.get("digest"), found.get("hashes", "")
    if not isinstance(digest, str) or not is_digest(digest) or not isinstance(hashes, str):
        return None
    try:
        raw = base64.b64decode(hashes, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Content(digest, raw) if len(raw) in {0, objects * HASH_BYTES} else None


def _digest(files: Iterable[Entry], hashes: Mapping[str, str]) -> str | None:
    try:
        return content_digest(Hashed(entry.path, entry.size, hashes.get(entry.path, "")) for entry in files)
    except ManifestError:
        return None


def _json(message: str) -> Mapping[str, Any]:
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
