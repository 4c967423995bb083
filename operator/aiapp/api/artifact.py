"""What a version is pinned to: a package in object storage, or an image. Types only."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field

from aiapp.api.meta import ApiModel, NameString, kept, rules, unchanged
from aiapp.api.union import ByType

Digest = Annotated[str, Field(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$")]
DigestFrom = Literal["Checksums", "SHA256SUMS", "Fetch", "Spec"]


class ManifestReference(ApiModel):
    """The ConfigMap that holds the manifest."""

    name: NameString
    """Its name in this namespace."""
    parts: Annotated[int, Field(ge=2)] | None = None
    """How many ConfigMaps hold it together, where one is too small: `<name>`, `<name>-1`, `<name>-2`, ..."""


class PackageArtifact(ApiModel):
    """The objects of a model package."""

    model_config = ConfigDict(json_schema_extra=rules(unchanged("pin"), kept("digest")))

    type: Literal["Package"] = "Package"
    """`Package`, also where it is absent: the objects of a model package in object storage."""
    pin: Digest
    """SHA-256 over the manifest: path, size, ETag and version id of every object."""
    digest: Digest | None = None
    """SHA-256 over path, size and SHA-256 of every file: the content, the same wherever it lies. Demanded from every
    fetch once it is known; absent until then."""
    digest_from: DigestFrom | None = None
    """Where the digest is known from: the store's checksums, the package's SHA256SUMS, the first fetch, or
    the `digest` that the source states, which no fetch has confirmed yet."""
    verified_at: datetime | None = None
    """When a pod had first fetched and hashed every file and found this digest."""
    objects: Annotated[int, Field(ge=0)]
    """Number of files."""
    bytes: Annotated[int, Field(ge=0)]
    """Size of all files together, in bytes."""
    size: Annotated[str, Field(max_length=32)]
    """The same with a unit, for example `97.3 MiB`."""
    manifest_ref: ManifestReference
    """Where the manifest lies."""
    verification: Literal["ETag", "SHA256"]
    """What vouches for the content at every fetch: the store's ETag alone, or the digest as well."""


class ImageArtifact(ApiModel):
    """A container image that holds the model."""

    model_config = ConfigDict(json_schema_extra=rules(unchanged("image")))

    type: Literal["Image"]
    """`Image`: a container image."""
    image: Annotated[str, Field(max_length=512)]
    """The image by the digest that was pinned, in the registry that the source names."""
    bytes: Annotated[int, Field(ge=0)]
    """Size of the largest platform's compressed layers, in bytes."""
    size: Annotated[str, Field(max_length=32)]
    """The same with a unit, for example `1.3 GiB`."""


Artifact: TypeAlias = PackageArtifact | ImageArtifact
"""Every kind of artifact; each match over it is exhaustive."""
ArtifactStatus = Annotated[Artifact, ByType(default="Package", offered=(PackageArtifact, ImageArtifact))]
"""As a field of a status."""
