"""Says what registries have under a name. Whatever is identified by a digest is asked for once and remembered."""

import random
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

from typing_extensions import override

from aiapp.adapters.registry.client import RegistryClient, RegistryObserver, RegistrySettings
from aiapp.adapters.registry.memory import LARGE_AT_ONCE, DocumentMemory
from aiapp.adapters.registry.repository import (
    Document,
    Repository,
    read_document,
    request_context,
    unsupported,
    verified_digest,
)
from aiapp.adapters.registry.tokens import Site
from aiapp.adapters.tenant_limiter import TenantLimiter
from aiapp.api.conditions import Reason
from aiapp.domain.images.reference import Reference
from aiapp.domain.images.registry_image import Platform, PlatformImage, RegistryImage
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.domain.recent import Recent
from aiapp.oci import configs
from aiapp.oci.access import RegistryAccess
from aiapp.oci.documents import Index, IndexEntry, Manifest, UnsupportedError
from aiapp.oci.errors import RequestContext
from aiapp.ports.registry import Registries, Registry, RegistryError

MAX_PLATFORMS: Final = 16
"""With Linux, in one index: each takes two requests."""
_OS: Final = "linux"
_KNOWN_IMAGES: Final = 8192
_KNOWN_BYTES: Final = 32 << 20
"""Of text in the configs of the images that are remembered."""
_OVERHEAD_BYTES: Final = 1024
"""Counted for each remembered platform beside its texts."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A repository as somebody reaches it."""

    site: Site
    repository: str


class _Platforms(NamedTuple):
    """Of an image, with Linux."""

    found: tuple[PlatformImage, ...]
    absent: tuple[Platform, ...]


class ImageRegistries(Registry, Registries):
    """Registries of images. Create one per process, inside its event loop; must be closed."""

    def __init__(
        self,
        settings: RegistrySettings,
        uniform: Callable[[], float] = random.random,
        observer: RegistryObserver | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._client = RegistryClient(settings, uniform, observer, monotonic)
        self._images: Recent[tuple[_Place, str], RegistryImage] = Recent(_KNOWN_IMAGES, _KNOWN_BYTES)
        self._digests: Recent[tuple[_Place, str], str] = Recent(_KNOWN_IMAGES)
        self._large_documents = TenantLimiter(LARGE_AT_ONCE)
        self.memory: DocumentMemory | None = None
        """Of the session that this is; None: one look at one image, so that there is no limit."""

    @override
    @asynccontextmanager
    async def session(self, tenant: str) -> AsyncIterator[Self]:
        session = copy(self)
        session.memory = memory = DocumentMemory(self._large_documents, tenant)
        try:
            yield session
        finally:
            await memory.close()

    def keep_to(self, policy: EndpointPolicy) -> None:
        """Applies another policy from the next request on."""
        self._client.keep_to(policy)

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.close()

    @override
    async def resolve(self, reference: Reference, access: RegistryAccess) -> RegistryImage:
        repository = self.repository(reference, access)
        found = await self._known(repository) or await self._found(repository)
        return replace(found, reference=reference)

    @override
    async def digest(self, reference: Reference, access: RegistryAccess) -> str:
        repository = self.repository(reference, access)
        stated = await repository.stated_digest()
        return stated or verified_digest(await repository.named(), repository.context)

    def repository(self, reference: Reference, access: RegistryAccess) -> Repository:
        """Where the image is read. Raises `RegistryError` (EndpointRefused)."""
        context = request_context(reference, access, self._settings.hints)
        return Repository(self._client, context, access, self.memory)

    async def _known(self, repository: Repository) -> RegistryImage | None:
        """What is remembered of the digest that the name stands for; a name that was never asked for is not looked up.

        So an image takes one request, be it known or not.
        """
        place = _place(repository)
        if (place, repository.context.reference.wanted) not in self._digests:
            return None
        return self._images.get((place, await repository.stated_digest() or ""))

    async def _found(self, repository: Repository) -> RegistryImage:
        """What the name stands for, which is remembered."""
        place, context = _place(repository), repository.context
        document = await repository.named()
        digest = verified_digest(document, context)
        self._digests.put((place, context.reference.wanted), digest)
        if (known := self._images.get((place, digest))) is not None:
            return known
        read = read_document(document, context)
        platforms, absent = await _platforms(read, digest, repository)
        found = RegistryImage(context.reference, digest, read.media_type, platforms, absent)
        self._require_size(found)
        if not absent:  # what is absent may be pushed yet
            self._images.put((place, digest), found, _weight(found))
        return found

    def _require_size(self, found: RegistryImage) -> None:
        """Raises `RegistryError` (LimitExceeded)."""
        limit = self._settings.max_image_bytes
        if found.bytes > limit:
            message = (
                f"the image {found.reference} has {found.bytes} bytes; at most {limit} are accepted "
                "(AIAPP_MAX_IMAGE_BYTES)"
            )
            raise RegistryError(Reason.LIMIT_EXCEEDED, message, retryable=False)


async def _platforms(read: Index | Manifest, digest: str, repository: Repository) -> _Platforms:
    """Those with Linux. Raises `RegistryError` where there is none."""
    if isinstance(read, Manifest):
        found, absent = ([await _platform(read, digest, None, repository)], list[IndexEntry]())
    else:
        found, absent = await _children(_wanted(read, repository.context), repository)
    on_linux = tuple(each for each in found if each.platform.os == _OS)
    if not on_linux:
        raise _no_platform([str(each.platform) for each in found], repository.context)
    return _Platforms(on_linux, tuple(entry.platform for entry in absent if entry.platform is not None))


async def _children(
    entries: Iterable[IndexEntry], repository: Repository
) -> tuple[list[PlatformImage], list[IndexEntry]]:
    """The images of an index, and the entries that the registry does not have: a mirror need not have all platforms.

    Raises `RegistryError` where it has none.
    """
    found: list[PlatformImage] = []
    absent: list[IndexEntry] = []
    missed: RegistryError | None = None
    for entry in entries:
        try:
            document = await repository.manifest(entry.descriptor, entry.platform)
        except RegistryError as error:
            if error.reason is not Reason.IMAGE_INCOMPLETE:
                raise
            missed = missed or error
            absent.append(entry)
            continue
        found.append(await _child(document, entry, repository))
    if missed is not None and not found:
        raise missed
    return found, absent


async def _child(document: Document, entry: IndexEntry, repository: Repository) -> PlatformImage:
    read = read_document(document, repository.context)
    if not isinstance(read, Manifest):
        raise unsupported("an index of indexes, which not every node can pull", repository.context)
    return await _platform(read, entry.descriptor.digest, entry, repository)


async def _platform(manifest: Manifest, digest: str, entry: IndexEntry | None, repository: Repository) -> PlatformImage:
    """An index says for which platform an image is; one alone says it in its config."""
    document = await repository.config(manifest.config)
    try:
        own, config = configs.image_config(document.body)
    except UnsupportedError as error:
        raise unsupported(str(error), repository.context) from error
    platform = (entry.platform if entry is not None else None) or own
    if platform is None:
        raise unsupported("damaged: its config does not say for which platform it is", repository.context)
    return PlatformImage(platform, digest, manifest.bytes, config)


def _place(repository: Repository) -> _Place:
    context = repository.context
    return _Place(Site.of(context.endpoint.origin, repository.access.authorities), context.reference.repository)


def _weight(found: RegistryImage) -> int:
    return sum(configs.text_bytes(each.config) + _OVERHEAD_BYTES for each in found.platforms)


def _wanted(index: Index, context: RequestContext) -> list[IndexEntry]:
    """The entries with Linux, or without a platform: the first of each. Raises `RegistryError` where there is none."""
    found: dict[Platform | str, IndexEntry] = {}
    for entry in index.entries:
        found.setdefault(entry.platform or entry.descriptor.digest, entry)
    wanted = [entry for entry in found.values() if entry.platform is None or entry.platform.os == _OS]
    if not wanted:
        raise _no_platform([str(entry.platform) for entry in found.values()], context)
    if len(wanted) > MAX_PLATFORMS:
        raise unsupported(f"for more than {MAX_PLATFORMS} platforms", context)
    return wanted


def _no_platform(others: list[str], context: RequestContext) -> RegistryError:
    has = f"only {', '.join(sorted(others)[:MAX_PLATFORMS])}" if others else "none at all"
    message = f"the image {context.reference} is for no platform with Linux; there is {has}"
    return RegistryError(Reason.PLATFORM_MISSING, message, retryable=False)
