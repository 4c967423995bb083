"""Registries that images are asked about and copied to. Protocols and errors, no behaviour."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from aiapp.domain.images.reference import Reference
from aiapp.domain.images.registry_image import RegistryImage
from aiapp.domain.images.replica import CopyProgress
from aiapp.oci.access import RegistryAccess
from aiapp.ports.endpoints import EndpointError


class RegistryError(EndpointError):
    """A registry did not give what was asked for."""


class Registry(Protocol):
    """Asks registries about images, without any layer. All methods raise `RegistryError`."""

    async def resolve(self, reference: Reference, access: RegistryAccess) -> RegistryImage:
        """What the registry has under that name now: one request for an image that is known by its digest."""
        ...

    async def digest(self, reference: Reference, access: RegistryAccess) -> str:
        """The digest that the name stands for now, by one request; `ImageNotFound` where it stands for none."""
        ...


class Registries(Protocol):
    """Registries for everybody: one tenant's slow registry is no other's."""

    def session(self, tenant: str) -> AbstractAsyncContextManager[Registry]:
        """For one look at an image by a namespace."""
        ...


Told = Callable[[CopyProgress], None]
"""Is called while a copy goes on, whenever it may stop: what it raises ends the copy, which may go on later."""


class ImageCopier(Protocol):
    """Copies images into the installation's own registry. Raises `RegistryError`, whichever registry is to blame."""

    async def copy(self, image: RegistryImage, access: RegistryAccess, namespace: str, told: Told) -> Reference:
        """The copy by its digest, once it is there as a whole; one that is there already takes one request.

        A copy that failed goes on where it stopped when it is asked for again.
        """
        ...

    async def holds(self, image: RegistryImage, namespace: str) -> bool:
        """Whether the copy is there as a whole."""
        ...


class Resumable(Protocol):
    """Knows uploads that are not finished, for another process to go on with. Both sides are its own notation."""

    def unfinished(self) -> Mapping[str, str]:
        """All that is known."""
        ...

    def remember(self, uploads: Mapping[str, str]) -> None:
        """What another process knew. Whatever is not true any more is found out when it is used."""
        ...
