"""Small container images, made by hand, as a registry keeps them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiapp.oci.documents import OCI_INDEX, OCI_MANIFEST

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def described(content: bytes, media_type: str, **more: Any) -> dict[str, Any]:
    """A descriptor."""
    return {"mediaType": media_type, "digest": digest(content), "size": len(content), **more}


@dataclass(frozen=True)
class Image:
    """An index or manifest, with all that it points to."""

    body: bytes
    media_type: str
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    children: tuple["Image", ...] = ()

    @property
    def digest(self) -> str:
        return digest(self.body)

    @property
    def all_blobs(self) -> dict[str, bytes]:
        """Those of its children too."""
        return {**self.blobs, **{name: blob for child in self.children for name, blob in child.all_blobs.items()}}

    @property
    def manifests(self) -> tuple["Image", ...]:
        """Children first, as they have to be pushed."""
        return (*(inner for child in self.children for inner in child.manifests), self)


def image(
    architecture: str = "amd64",
    *,
    layers: Iterable[bytes] = (b"a layer",),
    run: Mapping[str, Any] | None = None,
    system: str = "linux",
    media_types: tuple[str, str, str] = (OCI_MANIFEST, CONFIG, LAYER),
    **more: Any,
) -> Image:
    """For one platform; `run` is the part of the config that says how, `more` goes into the config."""
    manifest_type, config_type, layer_type = media_types
    config = json.dumps({"architecture": architecture, "os": system, "config": dict(run or {}), **more}).encode()
    content = list(layers)
    body = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": manifest_type,
            "config": described(config, config_type),
            "layers": [described(layer, layer_type) for layer in content],
        }
    ).encode()
    return Image(body, manifest_type, {digest(blob): blob for blob in (config, *content)})


def entry(of: Image, platform: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """As an index has it."""
    return described(of.body, of.media_type, **({"platform": dict(platform)} if platform is not None else {}), **more)


def index(*entries: dict[str, Any], of: Iterable[Image] = (), media_type: str = OCI_INDEX) -> Image:
    body = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": list(entries)}).encode()
    return Image(body, media_type, children=tuple(of))


def multi(*architectures: str, **more: Any) -> Image:
    """An index of Linux images, one an architecture (`arm64/v8` has a variant)."""
    entries, images = [], []
    for named in architectures:
        architecture, _, variant = named.partition("/")
        one = image(architecture, layers=[f"for {named}".encode()], **more)
        images.append(one)
        entries.append(
            entry(one, {"os": "linux", "architecture": architecture, **({"variant": variant} if variant else {})})
        )
    return index(*entries, of=images)


def other(of: Image, **changes: Any) -> Image:
    """The same document with some fields changed."""
    return replace(of, body=json.dumps({**json.loads(of.body), **changes}).encode())
