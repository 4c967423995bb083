"""Asks registries about the images that versions name, be it as their source or to serve a package. Writes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.image import ImageStatus
from aiapp.domain.conditions import Finding, unknown
from aiapp.domain.images.reference import InvalidReferenceError, Reference
from aiapp.domain.images.status import image_status
from aiapp.domain.images.wanted import WantedImage
from aiapp.domain.package.inspection import Unresolved
from aiapp.domain.sources.image_drift import ImageDrift, source_unchanged
from aiapp.oci.access import RegistryAccess
from aiapp.ports import Cluster, Registries, Registry, RegistryError
from aiapp.reconcile.sources.access import AccessError
from aiapp.reconcile.sources.registry_access import registry_access, require_allowed_registry, without_login

_NEEDS_LOGIN: Final = frozenset({Reason.ACCESS_DENIED, Reason.IMAGE_NOT_FOUND})
"""Many registries say of an image that there is none when they should not show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """The images of versions, as registries have them. All methods raise `ApiError`."""

    cluster: Cluster
    registries: Registries
    seconds: float
    """Deadline of one look."""

    async def resolve(self, wanted: WantedImage, namespace: str) -> ImageStatus | Unresolved:
        """The image as it is now, to be pinned; or the one reason why it is not accepted."""
        try:
            async with self._asked(wanted, namespace) as (registry, access):
                found = await registry.resolve(wanted.reference, access)
        except _UnansweredError as error:
            return Unresolved(error.reason, error.message, error.retryable, error.after_seconds)
        return image_status(found)

    async def compare(self, wanted: WantedImage, pinned: ImageStatus, namespace: str) -> Finding:
        """Whether the registry still holds what was pinned: the condition `SourceUnchanged`."""
        try:
            async with self._asked(wanted, namespace) as (registry, access):
                found = await _drift(wanted, pinned, registry, access)
        except _UnansweredError as error:
            return unknown(ConditionType.SOURCE_UNCHANGED, error.reason, error.message)
        return source_unchanged(pinned, found)

    async def require_access(self, wanted: WantedImage, namespace: str) -> None:
        """Raises `AccessError` where a Secret that pods would pull with is not for that registry."""
        try:
            await require_allowed_registry(wanted, namespace, self.cluster)
        except InvalidReferenceError as error:
            raise AccessError(Reason.SPEC_INVALID, str(error)) from error

    @asynccontextmanager
    async def _asked(self, wanted: WantedImage, namespace: str) -> AsyncIterator[tuple[Registry, RegistryAccess]]:
        """A registry to be asked in the context. Raises `_UnansweredError` for whatever hinders an answer."""
        access = RegistryAccess()
        try:
            access = await registry_access(wanted, namespace, self.cluster)
            async with asyncio.timeout(self.seconds), self.registries.session(namespace) as registry:
                yield registry, access
        except InvalidReferenceError as error:
            raise _UnansweredError(Reason.SPEC_INVALID, str(error), retryable=False) from error
        except AccessError as error:
            raise _UnansweredError(error.reason, error.message, retryable=False) from error
        except RegistryError as error:
            hint = without_login(wanted, access) if error.reason in _NEEDS_LOGIN else ""
            raise _UnansweredError(
                error.reason, f"{error.message}{hint}", retryable=error.retryable, after_seconds=error.after_seconds
            ) from error
        except TimeoutError as error:
            message = f"the registry of {wanted.text} did not answer within {self.seconds:g} s (AIAPP_IMPORT_SECONDS)"
            raise _UnansweredError(Reason.LIMIT_EXCEEDED, message, retryable=True) from error


class _UnansweredError(RegistryError):
    """Why nothing is known of an image, whoever is to blame."""


async def _drift(wanted: WantedImage, pinned: ImageStatus, registry: Registry, access: RegistryAccess) -> ImageDrift:
    """One request while the tag stands for what was pinned; another one where it does not."""
    reference = wanted.reference
    tagged = None if reference.digest else await _digest(reference, registry, access)
    if tagged == pinned.digest:
        return ImageDrift(is_there=True)
    held = await _digest(reference.pinned(pinned.digest), registry, access)
    return ImageDrift(is_there=held is not None, moved_to=tagged)


async def _digest(reference: Reference, registry: Registry, access: RegistryAccess) -> str | None:
    """None: the registry has no such image."""
    try:
        return await registry.digest(reference, access)
    except RegistryError as error:
        if error.reason is Reason.IMAGE_NOT_FOUND:
            return None
        raise
