"""The immutable ConfigMaps that hold a package's manifest: one, or several for a very large package."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aiapp.api.artifact import ManifestReference
from aiapp.domain.artifact.entry import ManifestError
from aiapp.domain.artifact.manifest import CONFIG_MAP_KEY, Manifest
from aiapp.domain.kubernetes.naming import BYTES_ANNOTATION, MANAGED_BY, MANAGED_BY_LABEL, manifest_config_map
from aiapp.domain.kubernetes.resources import Json

PART_BYTES: Final = 750_000
"""Bytes of the payload in one ConfigMap, which may hold 1 MiB: in base64, in one request, they stay below that too."""
MAX_PARTS: Final = 16
MAX_PAYLOAD_BYTES: Final = MAX_PARTS * PART_BYTES
"""A larger manifest is refused."""


_MANY_DIGITS: Final = 10


def manifest_objects(manifest: Manifest, part_bytes: int = PART_BYTES) -> list[Json]:
    """The ConfigMaps of a manifest, named by the pin: equal content shares them, with an owner for each user."""
    payload = manifest.payload
    parts = [payload[start : start + part_bytes] for start in range(0, len(payload), part_bytes)]
    keys = [CONFIG_MAP_KEY] if len(parts) == 1 else [f"{CONFIG_MAP_KEY}.{number:02d}" for number in range(len(parts))]
    names = config_map_names(manifest_reference(manifest, part_bytes))
    return [_config_map(*part) for part in zip(names, keys, parts, strict=True)]


def manifest_reference(manifest: Manifest, part_bytes: int = PART_BYTES) -> ManifestReference:
    """How a status names the ConfigMaps of `manifest_objects`."""
    parts = -(-len(manifest.payload) // part_bytes)
    return ManifestReference(name=manifest_config_map(manifest.pin), parts=None if parts == 1 else parts)


def config_map_names(reference: ManifestReference) -> tuple[str, ...]:
    """The ConfigMaps that hold the manifest, in the order of its parts."""
    return (reference.name, *(f"{reference.name}-{number}" for number in range(1, reference.parts or 1)))


def kept_bytes(config_maps: Iterable[Mapping[str, Any]]) -> int:
    """Bytes of manifests that ConfigMaps hold, by their annotations: their content is not kept in memory."""
    sizes = ((one["metadata"].get("annotations") or {}).get(BYTES_ANNOTATION, "") for one in config_maps)
    return sum(int(size) for size in sizes if size.isdecimal() and size.isascii() and len(size) < _MANY_DIGITS)


def joined(config_maps: Sequence[Mapping[str, Any]]) -> bytes:
    """The payload, from the ConfigMaps in their order; raises `ManifestError` for one that holds no part of it."""
    return b"".join(map(_part, config_maps))


def _config_map(name: str, key: str, part: bytes) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "labels": {MANAGED_BY_LABEL: MANAGED_BY, "app.kubernetes.io/component": "manifest"},
            "annotations": {BYTES_ANNOTATION: str(len(part))},
        },
        "immutable": True,
        "binaryData": {key: base64.b64encode(part).decode()},
    }


def _part(config_map: Mapping[str, Any]) -> bytes:
    held = config_map.get("binaryData") or {}
    found = [text for key, text in held.items() if key.startswith(CONFIG_MAP_KEY)]
    if len(found) != 1:
        raise ManifestError(f"ConfigMap {config_map['metadata']['name']} does not hold a part of a manifest")
    return base64.b64decode(found[0])
