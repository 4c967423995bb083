"""Asks registries about the images that versions name, be it as their source or to serve a package. Writes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.image import ImageStatus
from aiapp.controller.workqueue import Key
from aiapp.domain.conditions import Finding, unknown
from aiapp.domain.images.reference import InvalidReferenceError, Reference
from aiapp.domain.images.status import image_status
from aiapp.domain.images.wanted import WantedImage
from aiapp.domain.kubernetes.resources import VERSIONS
from aiapp.domain.package.inspection import Uncopied, Unresolved, Valid, ValidImage
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.image_drift import ImageDrift, source_unchanged
from aiapp.oci.access import RegistryAccess
from aiapp.ports.kubernetes import Cluster
from aiapp.ports.registry import Registries, Registry, RegistryError
from aiapp.reconcile.copies import PROGRESS_SECONDS, Copies, Reach
from aiapp.reconcile.sources.access import AccessError
from aiapp.reconcile.sources.registry_access import registry_access, require_allowed_registry, without_login

_NEEDS_LOGIN: Final = frozenset({Reason.ACCESS_DENIED, Reason.IMAGE_NOT_FOUND})
"""Many registries say of an image that there is none when they should not show it."""


@dataclass(frozen=True, slots=True)
class NotCopied:
    """An image that is found, and is not in the installation's own registry as a whole."""

    image: ImageStatus
    message: str
    reason: Reason | None
    """Why its copy stopped; None: it goes on."""
    after_seconds: float | None

    def of(self, inspection: Valid | ValidImage) -> Uncopied:
        """Of what is to be pinned."""
        return Uncopied(inspection, self.message, self.reason, self.after_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """The images of versions, as registries have them. All methods raise `ApiError`."""

    cluster: Cluster
    registries: Registries
    seconds: float
    """Deadline of one look."""
    copies: Copies | None = None
    """None: the installation has no registry of its own."""

    async def resolve(self, wanted: WantedImage, key: Key) -> ImageStatus | NotCopied | Unresolved:
        """The image as it is now, to be pinned for the version `key`; or why it is not accepted yet."""
        if wanted.replicate and self.copies is None:
            message = f"replicate: {wanted.text} cannot be copied, as the operator has no registry (AIAPP_REGISTRY)"
            return Unresolved(Reason.SPEC_INVALID, message, retryable=False)
        try:
            async with self._registry_of(wanted, key.namespace) as (registry, access):
                image = self._under_way(wanted, key) or image_status(await registry.resolve(wanted.reference, access))
        except _UnansweredError as error:
            return Unresolved(error.reason, error.message, error.retryable, error.after_seconds)
        copies = self._copies(wanted)
        if copies is None:
            return image
        copied = _copied(copies, key, image, partial(self._reached, wanted, key.namespace))
        if isinstance(copied, ImageStatus) or copied.reason is None:
            return copied
        return replace(copied, message=f"{copied.message}; {wanted.replicate_field}: false does without a copy")

    async def compare(self, wanted: WantedImage, pinned: ImageStatus, key: Key) -> Finding:
        """Whether the registry still holds what was pinned: the condition `SourceUnchanged`. A copy that the
        installation's own registry has lost is made again.
        """
        try:
            async with self._registry_of(wanted, key.namespace) as (registry, access):
                found = await _drift(wanted, pinned, registry, access)
                lost = await self._lost_copy(wanted, pinned, key) if pinned.replicated else None
        except _UnansweredError as error:
            return unknown(ConditionType.SOURCE_UNCHANGED, error.reason, error.message)
        return lost or source_unchanged(pinned, found)

    def forget(self, key: Key) -> None:
        """Ends the copy for a version that is gone."""
        if self.copies is not None:
            self.copies.forget(key)

    def _copies(self, wanted: WantedImage) -> Copies | None:
        return None if wanted.replicate is False else self.copies

    def _under_way(self, wanted: WantedImage, key: Key) -> ImageStatus | None:
        """The image whose copy goes on, unless another one is wanted by now."""
        copies = self._copies(wanted)
        if copies is None:
            self.forget(key)
            return None
        found = copies.under_way(key)
        return found if found is not None and found.reference == str(wanted.reference) else None

    async def _lost_copy(self, wanted: WantedImage, pinned: ImageStatus, key: Key) -> Finding | None:
        """What is to be said of the copy, unless all of it is there. Raises `RegistryError`."""
        if self.copies is None:
            return None
        if await self.copies.holds(pinned, key.namespace):
            self.copies.forget(key)
            return None
        again = _copied(self.copies, key, pinned, partial(self._reached, wanted, key.namespace))
        if isinstance(again, ImageStatus):
            return None
        lost = f"the installation's registry has lost {pinned.image}: {again.message}"
        return unknown(ConditionType.SOURCE_UNCHANGED, again.reason or Reason.IMAGE_COPYING, lost)

    async def require_access(self, wanted: WantedImage, namespace: str) -> None:
        """Raises `AccessError` where a Secret that pods would pull with is not for that registry."""
        try:
            await require_allowed_registry(wanted, namespace, self.cluster)
        except InvalidReferenceError as error:
            raise AccessError(Reason.SPEC_INVALID, str(error)) from error

    async def _reached(self, wanted: WantedImage, namespace: str) -> RegistryAccess:
        """For a copy whose turn it is. Raises `RegistryError`."""
        try:
            return await registry_access(wanted, namespace, self.cluster)
        except AccessError as error:
            raise RegistryError(error.reason, error.message, retryable=False) from error

    @asynccontextmanager
    async def _registry_of(self, wanted: WantedImage, namespace: str) -> AsyncIterator[tuple[Registry, RegistryAccess]]:
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


def _copied(copies: Copies, key: Key, image: ImageStatus, reach: Reach) -> ImageStatus | NotCopied:
    """The image as pods run it from the installation's own registry; or how far the copy is, which begins it."""
    try:
        copy = copies.copied(key, image, reach)
    except RegistryError as error:
        return NotCopied(image, f"it was not copied: {error.message}", error.reason, error.after_seconds)
    if isinstance(copy, Reference):
        return image.model_copy(update={"image": str(copy), "replicated": True})
    far = f"being copied to the installation's registry, {copy.progress}" if copy.progress else "waits to be copied"
    return NotCopied(image, far, None, PROGRESS_SECONDS)


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


def version_key(record: VersionRecord) -> Key:
    """Of the version, for what goes on for it."""
    return Key(VERSIONS.kind, record.namespace, record.name)
