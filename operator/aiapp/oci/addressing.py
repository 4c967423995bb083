"""Where a registry is asked for what. Never resolves a name or opens a connection."""

from typing import Final

from aiapp.domain.images.reference import HUB, Reference
from aiapp.endpoints.endpoint import Endpoint, endpoint

HUB_HOST: Final = "registry-1.docker.io"
"""Where the Hub's registry answers."""


def registry_endpoint(registry: str, *, plain_http: bool) -> Endpoint:
    """The endpoint of a reference's registry. Raises `EndpointFormError` for a host that no name can be."""
    host = HUB_HOST if registry == HUB else registry
    return endpoint(f"{'http' if plain_http else 'https'}://{host}")


def manifest_target(reference: Reference, wanted: str) -> str:
    """The path of a manifest or index by tag or digest. All of them are checked to need no encoding."""
    return f"/v2/{reference.repository}/manifests/{wanted}"


def uploads_target(repository: str) -> str:
    """The path at which uploads begin."""
    return f"/v2/{repository}/blobs/uploads/"


def blob_target(repository: str, digest: str) -> str:
    """The path of a config or layer."""
    return f"/v2/{repository}/blobs/{digest}"
