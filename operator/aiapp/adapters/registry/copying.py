"""Copies images into the installation's own registry, whole. What is there already is never sent again."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from typing_extensions import override

from aiapp.adapters.registry.client import RegistryClient, RegistryObserver, RegistrySettings
from aiapp.adapters.registry.own_repository import OwnRepository
from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.adapters.registry.repository import (
    Document,
    Repository,
    request_context,
    unsupported,
    verified_digest,
)
from aiapp.adapters.registry.transfer import Transfer
from aiapp.api.conditions import Reason
from aiapp.domain.images.reference import InvalidReferenceError, Reference
from aiapp.domain.images.registry_image import RegistryImage
from aiapp.domain.images.replica import CopyProgress, OwnRegistry
from aiapp.oci.access import RegistryAccess
from aiapp.oci.contents import Contents, contents
from aiapp.oci.docker_config import CONFIG_KEY, DockerConfigError, keyring
from aiapp.oci.documents import IndexEntry, UnsupportedError
from aiapp.ports.registry import ImageCopier, RegistryError, Resumable, Told

MAX_DOCUMENT_BYTES: Final = 16 << 20
"""Of all manifests of one image, which are in memory while it is copied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRegistrySettings:
    """The installation's own registry."""

    place: OwnRegistry
    client: RegistrySettings
    """How it is reached; it is the administrator's, so the policy on endpoints is not for it."""
    config_file: Path | None = None
    """With logins, as Docker keeps them; read for every copy."""
    ca_file: Path | None = None
    """With authorities that may vouch for it, beside those that are trusted anyway; read for every copy."""
    plain_http: bool = False
    max_bytes: int = 120 * 1024**3
    """Of one image for all platforms."""


@dataclass(frozen=True, slots=True)
class _Manifest:
    """An index or manifest that has to be written."""

    digest: str
    document: Document
    contents: Contents


class RegistryCopier(ImageCopier, Resumable):
    """Create one per process, inside its event loop; must be closed."""

    def __init__(
        self,
        settings: OwnRegistrySettings,
        registries: ImageRegistries,
        uniform: Callable[[], float] = random.random,
        observer: RegistryObserver | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._registries = registries
        self._client = RegistryClient(settings.client, uniform, observer, monotonic)
        self._transfer = Transfer()

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.close()

    @override
    def unfinished(self) -> Mapping[str, str]:
        return self._transfer.unfinished()

    @override
    def remember(self, uploads: Mapping[str, str]) -> None:
        self._transfer.remember(uploads)

    @override
    async def copy(self, image: RegistryImage, access: RegistryAccess, namespace: str, told: Told) -> Reference:
        own = self._own(image, namespace)
        if not await own.has_image():
            source = self._registries.repository(image.reference.pinned(image.digest), access)
            await self._copied(await _manifests(source), source, own, told)
        return own.context.reference

    @override
    async def holds(self, image: RegistryImage, namespace: str) -> bool:
        return await self._own(image, namespace).has_image()

    def _place(self, image: RegistryImage, namespace: str) -> Reference:
        try:
            return self._settings.place.place(image.reference, namespace, image.digest)
        except InvalidReferenceError as error:
            raise RegistryError(Reason.LIMIT_EXCEEDED, str(error), retryable=False) from error

    def _own(self, image: RegistryImage, namespace: str) -> OwnRepository:
        settings, place = self._settings, self._place(image, namespace)
        try:
            config = settings.config_file.read_bytes() if settings.config_file else b"{}"
            logins = keyring({CONFIG_KEY: config}).of(place)
            authorities = settings.ca_file.read_text("ascii") if settings.ca_file else None
        except (OSError, UnicodeDecodeError, DockerConfigError) as error:
            message = f"the operator's own registry {place.registry} cannot be used: {error}"
            raise RegistryError(Reason.SECRET_NOT_FOUND, message, retryable=False) from error
        access = RegistryAccess(logins, authorities, plain_http=settings.plain_http)
        return OwnRepository(self._client, request_context(place, access, settings.client.hints), access, namespace)

    async def _copied(self, manifests: list[_Manifest], source: Repository, own: OwnRepository, told: Told) -> None:
        """What is named by another one is written before it."""
        blobs = {blob.digest: blob for each in manifests for blob in each.contents.blobs}
        total, done = sum(blob.size for blob in blobs.values()), 0
        self._require_size(total, source)

        def tell(before: int, size: int, *, in_one_go: bool = False) -> None:
            told(CopyProgress(before + size, total, source.context.host if in_one_go else None))

        for blob in blobs.values():
            tell(done, 0)
            await self._transfer.carry(blob, source, own, partial(tell, done))
            done += blob.size
        for each in manifests:
            await own.put(each.digest, each.contents.media_type, each.document.body)
        await own.put(_tag(manifests[-1].digest), manifests[-1].contents.media_type, manifests[-1].document.body)
        tell(done, 0)

    def _require_size(self, total: int, source: Repository) -> None:
        limit = self._settings.max_bytes
        if total > limit:
            message = (
                f"the image {source.context.reference} has {total} bytes for all platforms together; at most {limit} "
                "are copied (AIAPP_MAX_COPY_BYTES)"
            )
            raise RegistryError(Reason.LIMIT_EXCEEDED, message, retryable=False)


def _tag(digest: str) -> str:
    """A name for the copy, since some registries remove what has none."""
    return f"aiapp-{digest.partition(':')[2]}"


async def _manifests(source: Repository) -> list[_Manifest]:
    """The image's own last. Raises `RegistryError`."""
    document = await source.named()
    top = _Manifest(verified_digest(document, source.context), document, _contents(document, source))
    read_bytes = sum(one.descriptor.size for one in top.contents.manifests)
    if read_bytes > MAX_DOCUMENT_BYTES:
        raise unsupported(f"described by more than {MAX_DOCUMENT_BYTES} bytes", source.context)
    return [*[await _child(one, source) for one in top.contents.manifests], top]


async def _child(entry: IndexEntry, source: Repository) -> _Manifest:
    document = await source.manifest(entry.descriptor, entry.platform)
    return _Manifest(entry.descriptor.digest, document, _contents(document, source))


def _contents(document: Document, source: Repository) -> Contents:
    try:
        return contents(document.body, document.content_type)
    except UnsupportedError as error:
        raise unsupported(str(error), source.context) from error
