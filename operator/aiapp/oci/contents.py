"""What an image consists of, for whoever copies it: also what no node would pull, as an index is copied as a whole."""

from dataclasses import dataclass
from typing import Any, Final

from aiapp.oci.documents import (
    INDEXES,
    MAX_ENTRIES,
    MAX_LAYERS,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    IndexEntry,
    UnsupportedError,
    descriptor,
    json_object,
    platform,
)

_LEFT_OUT: Final = ("foreign", "nondistributable")
"""In media types of layers that may not be copied, and are kept in no registry."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Of one index or manifest."""

    media_type: str
    manifests: tuple[IndexEntry, ...]
    """Of an index: what it says of each, be it an image or about one."""
    blobs: tuple[Descriptor, ...]
    """Of a manifest."""


def contents(body: bytes, content_type: str) -> Contents:
    """Raises `UnsupportedError`."""
    found = json_object(body, "manifest")
    own, said = found.get("mediaType"), content_type.partition(";")[0].strip()
    if "manifests" in found:
        manifests = _list(found["manifests"], MAX_ENTRIES)
        if any(one.media_type in INDEXES for one in manifests):
            raise UnsupportedError("an index of indexes, which not every node can pull")
        platforms = (platform(one.get("platform")) for one in found["manifests"])
        entries = tuple(map(IndexEntry, manifests, platforms))
        return Contents(own if isinstance(own, str) else said or OCI_INDEX, entries, ())
    blobs = (descriptor(found.get("config")), *_list(found.get("layers", []), MAX_LAYERS))
    kept = tuple(blob for blob in blobs if not any(word in blob.media_type for word in _LEFT_OUT))
    return Contents(own if isinstance(own, str) else said or OCI_MANIFEST, (), kept)


def _list(value: Any, limit: int) -> tuple[Descriptor, ...]:
    if not isinstance(value, list) or len(value) > limit:
        raise UnsupportedError(f"damaged: its manifest is not a list of at most {limit} parts")
    return tuple(descriptor(one) for one in value)
