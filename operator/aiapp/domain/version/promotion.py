"""A registered version as a manifest for another namespace, cluster or bucket, held to its content. Pure."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources.raw import is_movable, moved, references

UNKNOWN_DIGEST: Final = (
    "the digest of its content is not known yet: it is learnt when the first pod fetches the package (serve the "
    "version once), or at the import, from a SHA256SUMS file beside config.json or the store's checksums"
)


class NotPromotableError(ValueError):
    """The version cannot be promoted; the text says what is missing and how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Fields that differ at the destination; None: as they are here."""

    namespace: str | None = None
    uri: str | None = None
    endpoint: str | None = None
    region: str | None = None
    addressing: str | None = None


def promoted(version: Json, there: Destination) -> Json:
    """The manifest, with the version's content digest in its source. Raises `NotPromotableError`."""
    name, artifact = version["metadata"]["name"], (version.get("status") or {}).get("artifact") or {}
    spec = deepcopy(version["spec"])
    if not is_movable(spec["source"]):
        raise NotPromotableError(f"version {name}: only a package in object storage can be promoted")
    if not artifact:
        raise NotPromotableError(f"version {name} is not pinned yet: see kubectl describe aiappv {name}")
    if "digest" not in artifact:
        raise NotPromotableError(f"version {name}: {UNKNOWN_DIGEST}")
    changes = {"uri": there.uri, "endpoint": there.endpoint, "region": there.region, "addressing": there.addressing}
    spec["source"] = moved(spec["source"], _given(changes) | {"digest": artifact["digest"]})
    metadata = {"name": name} | _given({"namespace": there.namespace})
    return {"apiVersion": version["apiVersion"], "kind": version["kind"], "metadata": metadata, "spec": spec}


def is_unconfirmed(version: Json) -> bool:
    """Whether the digest is only what the version's own source states, and no fetch has found it yet."""
    return bool(version["status"]["artifact"].get("digestFrom") == "Spec")


def needs(manifest: Json) -> list[str]:
    """The objects of its namespace that a manifest names, each as `Secret store`, each once."""
    return sorted(set(_needs(manifest["spec"])))


def _needs(spec: Json) -> Iterator[str]:
    container = spec.get("container") or {}
    yield from references(spec["source"])
    yield from (f"Secret {reference['name']}" for reference in container.get("imagePullSecrets", ()))
    for variable in container.get("env", ()):
        for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            if reference := (variable.get("valueFrom") or {}).get(field):
                yield f"{kind} {reference['name']}"


def _given(values: Mapping[str, str | None]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
