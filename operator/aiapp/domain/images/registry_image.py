"""What a registry said of an image. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from typing_extensions import override

from aiapp.domain.images.reference import Reference


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform in the words of the OCI image specification, which are Go's."""

    os: str
    """For example `linux`."""
    architecture: str
    """For example `amd64`, `arm64`."""
    variant: str | None = None
    """For example `v8` of arm64."""

    @override
    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """How a container of the image runs, unless a pod says otherwise. Every text is the image author's."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """`CMD`: the whole command, or the arguments of the entry point."""
    exposed_ports: tuple[int, ...] = ()
    """TCP ports that `EXPOSE` names, ascending."""
    user: str = ""
    """`user[:group]`, names or numbers; empty: root."""
    working_dir: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlatformImage:
    """The image for one platform."""

    platform: Platform
    digest: str
    """Of its manifest."""
    bytes: int
    """Of its config and layers, as they are transferred (compressed)."""
    config: ImageConfig


@dataclass(frozen=True, slots=True)
class RegistryImage:
    """An image as a registry has it at this moment."""

    reference: Reference
    """As it was asked for."""
    digest: str
    """The pin: of the index, or of the manifest of an image for one platform only."""
    media_type: str
    """Of what has that digest."""
    platforms: tuple[PlatformImage, ...]
    """At least one, in the order of the index. One alone, whose manifest is not in an index, says it in its config."""
    absent: tuple[Platform, ...] = ()
    """Those with Linux that the index names and the registry does not have."""

    @property
    def pinned(self) -> str:
        """The image as pods run it: `registry/repository@sha256:...`."""
        return str(self.reference.pinned(self.digest))

    @property
    def bytes(self) -> int:
        """Of the largest platform: what one node has to transfer at most."""
        return max(each.bytes for each in self.platforms)
