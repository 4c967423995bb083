"""A registered version as a manifest for another namespace, cluster or bucket, held to its content. Pure."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources.raw import by_digest, inputs_of, is_image, is_movable, moved, named, references
from aiapp.domain.version.origin import may_leave, stays

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
    """The manifest, with the digests of the version's content in its source. Raises `NotPromotableError`."""
    if not may_leave(version):
        raise NotPromotableError(stays(version))
    name, status = version["metadata"]["name"], version.get("status") or {}
    spec = deepcopy(version["spec"])
    if not is_movable(spec["source"]) and not is_image(spec["source"]):
        raise NotPromotableError(f"version {name}: only a package in object storage or an image can be promoted")
    if not status.get("artifact"):
        raise NotPromotableError(f"version {name} is not pinned yet: see kubectl describe aiappv {name}")
    try:
        spec["source"] = _source(spec["source"], status, there)
    except NotPromotableError as error:
        raise NotPromotableError(f"version {name}: {error}") from error
    container = spec.get("container") or {}
    if "image" in container:
        spec["container"] = container | {"image": by_digest(container["image"], status["image"]["digest"])}
    metadata = {"name": name} | _given({"namespace": there.namespace})
    return {"apiVersion": version["apiVersion"], "kind": version["kind"], "metadata": metadata, "spec": spec}


def _source(source: Json, status: Json, there: Destination) -> Json:
    """Held to what is pinned."""
    changes = _given({name: getattr(there, name) for name in ("uri", "endpoint", "region", "addressing")})
    if is_image(source):
        if changes:
            raise NotPromotableError("an image does not lie in a bucket: change its reference in the manifest")
        return named(source, lambda reference: by_digest(reference, status["image"]["digest"]))
    if "uri" in changes and len(inputs_of(source)) > 1:
        raise NotPromotableError("a template makes it of several folders: change their uri in the manifest")
    artifact = status["artifact"]
    if artifact.get("type") == "Image":
        raise NotPromotableError("its config.json names an image: write the image's digest into swr_location there")
    if "digest" not in artifact:
        raise NotPromotableError(UNKNOWN_DIGEST)
    return moved(source, status.get("source") or {}, changes | {"digest": artifact["digest"]})


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
