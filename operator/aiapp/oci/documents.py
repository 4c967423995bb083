"""Indexes and manifests of images, of OCI and of Docker. Pure; whatever a registry sends is bounded and checked."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiapp.domain.images.reference import DIGEST
from aiapp.domain.images.registry_image import Platform

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
DOCKER_INDEX: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES: Final = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFESTS: Final = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
ACCEPT: Final = f"{OCI_INDEX}, {DOCKER_INDEX}, {OCI_MANIFEST}, {DOCKER_MANIFEST}"
"""Without Docker's first format, so that registries which still convert do not."""
CONFIGS: Final = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)
MAX_BYTES: Final = 1 << 20
"""Of an index or manifest. Real ones have a few kilobytes."""
MAX_ENTRIES: Final = 1000
"""Of an index."""
MAX_LAYERS: Final = 1000

_FORMER: Final = "application/vnd.docker.distribution.manifest.v1"
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+/-]{0,254}")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_ATTESTATION: Final = "vnd.docker.reference.type"
"""Annotation of entries that say something about another entry."""
_ARCHITECTURES: Final = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386"}
"""Other names, as containerd reads them."""
_ARM_VARIANTS: Final = {"8": "v8", "7": "v7", "6": "v6", "5": "v5"}


class UnsupportedError(ValueError):
    """A document that is no image which a node can run; completes a sentence about the image: `is ...`."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Points to a document or layer."""

    media_type: str
    digest: str
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One image of an index."""

    descriptor: Descriptor
    platform: Platform | None
    """None: the index does not say, but the image's own config does."""


@dataclass(frozen=True, slots=True)
class Index:
    """An image for several platforms, without entries that are no image (attestations and the like)."""

    media_type: str
    entries: tuple[IndexEntry, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image for one platform."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def parts(self) -> tuple[Descriptor, ...]:
        """Everything it consists of."""
        return (self.config, *self.layers)

    @property
    def bytes(self) -> int:
        """Of all parts."""
        return sum(part.size for part in self.parts)


def document(body: bytes, content_type: str) -> Index | Manifest:
    """Reads what a registry sent. Raises `UnsupportedError`."""
    if len(body) > MAX_BYTES:
        raise UnsupportedError(f"described by more than {MAX_BYTES} bytes")
    found = json_object(body, "manifest")
    media_type = _media_type(found, content_type)
    if media_type in INDEXES:
        return Index(media_type, tuple(_entries(found)))
    return _manifest(found, media_type)


def json_object(body: bytes, what: str) -> Mapping[str, Any]:
    """A JSON object of a registry. Raises `UnsupportedError`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UnsupportedError(f"damaged: its {what} is not a JSON object")
    return found


def platform(value: object) -> Platform | None:
    """A platform as an index or a config has it; None where it says none."""
    if not isinstance(value, dict):
        return None
    words = [value.get(name) for name in ("os", "architecture")]
    if not all(isinstance(word, str) and _WORD.fullmatch(word) for word in words):
        return None
    system, written = (str(word).lower() for word in words)
    architecture = _ARCHITECTURES.get(written, written)
    variant = value.get("variant")
    known = str(variant).lower() if isinstance(variant, str) and _WORD.fullmatch(variant) else None
    if known is not None and architecture.startswith("arm"):
        known = _ARM_VARIANTS.get(known, known)
    return Platform(system, architecture, known)


def _media_type(found: Mapping[str, Any], content_type: str) -> str:
    """By what the document says of itself, else by the header of the answer, else by its form."""
    own, said = found.get("mediaType"), content_type.partition(";")[0].strip().lower()
    if found.get("schemaVersion") == 1 or said.startswith(_FORMER):
        raise UnsupportedError("in Docker's first format (schema 1), which no node pulls any more: push it again")
    if "manifests" in found and ("layers" in found or "config" in found):
        raise UnsupportedError("damaged: its manifest is one and an index at the same time")
    stated = own if isinstance(own, str) else said
    if stated in INDEXES | MANIFESTS:
        if (stated in INDEXES) != ("manifests" in found):
            raise UnsupportedError(f"damaged: its manifest is not the {stated} that it is said to be")
        return stated
    if isinstance(own, str):
        raise UnsupportedError(f"of another kind ({_shown(own)})")
    return OCI_INDEX if "manifests" in found else OCI_MANIFEST


def _entries(found: Mapping[str, Any]) -> Iterator[IndexEntry]:
    entries = found.get("manifests")
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise UnsupportedError(f"damaged: its index is not a list of at most {MAX_ENTRIES} manifests")
    for entry in entries:
        pointer = descriptor(entry)
        if pointer.media_type in INDEXES:
            raise UnsupportedError("an index of indexes, which not every node can pull")
        if pointer.media_type in MANIFESTS and not _is_attached(entry):
            yield IndexEntry(pointer, platform(entry.get("platform")))


def _is_attached(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is about an image (attestation, signature) instead of being one."""
    stated = entry.get("platform")
    annotations = entry.get("annotations")
    return (
        (isinstance(annotations, dict) and _ATTESTATION in annotations)
        or bool(entry.get("artifactType"))
        or (isinstance(stated, dict) and "unknown" in (stated.get("os"), stated.get("architecture")))
    )


def _manifest(found: Mapping[str, Any], media_type: str) -> Manifest:
    config = descriptor(found.get("config"))
    kind = found.get("artifactType") or config.media_type
    if not isinstance(kind, str) or kind not in CONFIGS:
        raise UnsupportedError(f"no container image but {_shown(kind)}")
    layers = found.get("layers")
    if not isinstance(layers, list) or len(layers) > MAX_LAYERS:
        raise UnsupportedError(f"damaged: its manifest is not a list of at most {MAX_LAYERS} layers")
    return Manifest(media_type, config, tuple(descriptor(layer) for layer in layers))


def descriptor(value: object) -> Descriptor:
    """Raises `UnsupportedError`."""
    entry = value if isinstance(value, dict) else {}
    media_type, digest, size = entry.get("mediaType"), entry.get("digest"), entry.get("size")
    if (
        not isinstance(media_type, str)
        or not isinstance(digest, str)
        or not isinstance(size, int)
        or not _MEDIA_TYPE.fullmatch(media_type)
        or not 0 <= size < 1 << 63
    ):
        raise UnsupportedError("damaged: a part of it has no media type, digest and size")
    if not DIGEST.fullmatch(digest):
        raise UnsupportedError(f"not identified by SHA-256 ({_shown(digest)})")
    return Descriptor(media_type, digest, size)


def _shown(text: object) -> str:
    return repr(str(text)[:100])
