"""Container images: how a user refers to one, and what a registry said of it. Types only."""

from typing import Annotated, Literal

from pydantic import Field

from aiapp.api.meta import ATOMIC, ApiModel, Matches, Port

ImageReference = Annotated[
    str,
    Field(max_length=512),
    Matches(
        "[A-Za-z0-9][-A-Za-z0-9._:/@]*",
        "an image reference is written [registry/]repository[:tag][@digest], without spaces",
    ),
]
ImageDigest = Annotated[str, Field(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$")]


class ImagePlatform(ApiModel):
    """One platform that an image is made for."""

    os: Annotated[str, Field(max_length=64)]
    """Operating system, for example linux."""
    architecture: Annotated[str, Field(max_length=64)]
    """Processor architecture as Kubernetes writes it: arm64 or amd64."""
    variant: Annotated[str, Field(max_length=64)] | None = None
    """Variant of the architecture, for example v8."""
    digest: ImageDigest
    """Digest of the manifest for this platform."""
    bytes: Annotated[int, Field(ge=0)]
    """Size of its compressed layers together, in bytes."""


class ImageHints(ApiModel):
    """What labels and environment of an image say of the nodes that it is made for."""

    hardware: Literal["CPU", "CUDA", "CANN"] = "CPU"
    """Kind of accelerator."""
    certain: bool = True
    """False: it can use that accelerator, and nothing says that it cannot do without."""
    cann: Annotated[str, Field(max_length=32)] | None = None
    """Release of CANN."""
    chips: Annotated[
        tuple[Annotated[str, Field(max_length=32)], ...], Field(max_length=16, json_schema_extra=ATOMIC)
    ] = ()
    """Ascend chip families."""
    origin: Annotated[str, Field(max_length=256)] | None = None
    """The labels or variables that say so."""


class ImageStatus(ApiModel):
    """A container image as its registry has it. Nothing of it changes once it is pinned."""

    reference: Annotated[str, Field(max_length=512)]
    """The reference that was resolved, with registry and tag."""
    image: Annotated[str, Field(max_length=512)]
    """The image by its digest, as pods run it; in the installation's own registry where it was copied there."""
    digest: ImageDigest
    """Digest of the index, or of the only manifest."""
    platforms: Annotated[tuple[ImagePlatform, ...], Field(max_length=16, json_schema_extra=ATOMIC)]
    """The platforms it is made for."""
    absent_platforms: Annotated[
        tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=16, json_schema_extra=ATOMIC)
    ] = ()
    """Platforms that its index names and its registry does not have, for example `linux/arm64`: nodes of these cannot
    pull it."""
    bytes: Annotated[int, Field(ge=0)]
    """Size of the largest platform's compressed layers."""
    size: Annotated[str, Field(max_length=32)]
    """The same with a unit, for example `1.3 GiB`."""
    entrypoint: (
        Annotated[
            tuple[Annotated[str, Field(max_length=1024)], ...],
            Field(max_length=32, json_schema_extra=ATOMIC),
        ]
        | None
    ) = None
    """What a container of it starts: entry point and command."""
    port: Port | None = None
    """The port that it exposes, where that is exactly one."""
    user: Annotated[str, Field(max_length=256)] | None = None
    """The user that it says to run as; absent: root."""
    hints: ImageHints | None = None
    """What it says of the nodes that it is made for."""
    replicated: bool = False
    """Whether `image` is a copy in the installation's own registry."""
