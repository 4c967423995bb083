"""Sources as raw fields, without their models: for hot paths, and for what leaves the other fields as they are."""

from collections.abc import Iterator
from typing import Final

from aiapp.domain.images.reference import registry_of
from aiapp.domain.kubernetes.resources import Json

OBS: Final = "obs"
"""The field under `spec.source` of a package in object storage."""
IMAGE: Final = "image"
"""The field under `spec.source` of a container image."""


def store_of(version: Json) -> str | None:
    """The store or registry that an AIApplicationVersion's source names; None for a source without one."""
    source = version["spec"].get("source", {})
    if (image := source.get(IMAGE)) is not None:
        return registry_of(str(image.get("reference", "")))
    obs = source.get(OBS)
    return None if obs is None else str(obs.get("endpoint", obs.get("region", "")))


def is_movable(source: Json) -> bool:
    """Whether the same content may lie elsewhere, under other fields of the source."""
    return OBS in source


def moved(source: Json, changes: Json) -> Json:
    """A source that is movable, with other fields."""
    return source | {OBS: source[OBS] | changes}


def references(source: Json) -> Iterator[str]:
    """The objects of its namespace that it names, each as `Secret store`."""
    obs = source.get(OBS) or {}
    if secret := obs.get("credentialsSecretRef"):
        yield f"Secret {secret['name']}"
    if bundle := (obs or source.get(IMAGE) or {}).get("caBundleRef"):
        yield f"{bundle['kind']} {bundle['name']}"
