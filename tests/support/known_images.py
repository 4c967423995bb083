"""Registries in memory: what they say of images by their names, with what a test makes of it."""

import asyncio
import hashlib
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Any

from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.domain.images.reference import Reference, reference
from aiapp.domain.images.registry_image import ImageConfig, Platform, PlatformImage, RegistryImage
from aiapp.domain.images.replica import CopyProgress
from aiapp.oci.access import RegistryAccess
from aiapp.oci.documents import OCI_INDEX
from aiapp.ports.registry import ImageCopier, Registries, Registry, RegistryError, Told


def digest(number: int) -> str:
    return f"sha256:{hashlib.sha256(str(number).encode()).hexdigest()}"


def found(
    *platforms: str, name: str = "r.example.com/mnist:1", number: int = 1, size: int = 3 << 20, **config: Any
) -> RegistryImage:
    """An image for platforms such as `linux/arm64/v8`, each with the same config."""
    made = (Platform(*platform.split("/")) for platform in platforms or ("linux/amd64",))
    images = (
        PlatformImage(one, digest(1000 * number + at), size, ImageConfig(**config)) for at, one in enumerate(made)
    )
    return RegistryImage(reference(name), digest(number), OCI_INDEX, tuple(images))


class KnownImages(Registry, Registries):
    """Every registry there is; answers at once and truly, unless a test sets something else."""

    def __init__(self, *images: RegistryImage) -> None:
        self.tags: dict[str, RegistryImage] = {}
        """What names with a tag stand for."""
        self.held: dict[str, RegistryImage] = {}
        """By name and digest."""
        self.fault: RegistryError | None = None
        """What they answer instead."""
        self.asked: list[tuple[str, RegistryAccess]] = []
        """What was asked for, and how."""
        self.push(images)

    def push(self, images: Iterable[RegistryImage]) -> None:
        for one in images:
            self.tags[str(one.reference)] = one
            self.held[one.pinned] = one

    @override
    def session(self, tenant: str) -> AbstractAsyncContextManager[Registry]:
        return nullcontext(self)

    @override
    async def resolve(self, reference: Reference, access: RegistryAccess) -> RegistryImage:
        self.asked.append((str(reference), access))
        if self.fault is not None:
            raise self.fault
        by_digest = None if reference.digest is None else self.held.get(str(reference.pinned(reference.digest)))
        known = by_digest or (self.tags.get(str(reference)) if reference.digest is None else None)
        if known is None:
            raise RegistryError(Reason.IMAGE_NOT_FOUND, f"no image {reference}", retryable=False)
        return replace(known, reference=reference)

    @override
    async def digest(self, reference: Reference, access: RegistryAccess) -> str:
        return (await self.resolve(reference, access)).digest


class KnownCopies(ImageCopier):
    """The installation's own registry: copies at once, unless a test sets something else."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        """Digests of which it has all parts."""
        self.goes_on = asyncio.Event()
        """While this is not set no copy ends."""
        self.goes_on.set()
        self.fault: RegistryError | None = None
        """What the next copy ends with."""

    @override
    async def copy(self, image: RegistryImage, access: RegistryAccess, namespace: str, told: Told) -> Reference:
        told(CopyProgress(1 << 20, 3 << 20))
        await self.goes_on.wait()
        if self.fault is not None:
            raise self.fault
        self.held.add(image.digest)
        return Reference("own.example.com", f"{namespace}/{image.reference.repository}", None, image.digest)

    @override
    async def holds(self, image: RegistryImage, namespace: str) -> bool:
        return image.digest in self.held
