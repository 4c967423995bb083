"""Says what registries have under a name. Whatever is identified by a digest is asked for once and remembered."""

import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, replace
from typing import Final, Self

import aiohttp
from typing_extensions import override

from aiapp.adapters.endpoints.attempts import Retries
from aiapp.adapters.http import bounded
from aiapp.adapters.registry.client import RegistryClient, RegistryObserver, RegistryRequest, RegistrySettings
from aiapp.adapters.registry.memory import LARGE_AT_ONCE, SMALL_BYTES, DocumentMemory
from aiapp.adapters.registry.recent import Recent
from aiapp.adapters.registry.tokens import Site
from aiapp.adapters.tenant_limiter import TenantLimiter
from aiapp.api.conditions import Reason
from aiapp.domain.images.found import FoundImage, PlatformImage
from aiapp.domain.images.reference import DIGEST, Reference
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.endpoints.endpoint import EndpointFormError
from aiapp.oci import configs, digests, documents
from aiapp.oci.access import RegistryAccess
from aiapp.oci.addressing import blob_target, manifest_target, registry_endpoint
from aiapp.oci.documents import Descriptor, Index, IndexEntry, Manifest, UnsupportedError
from aiapp.oci.errors import Part, RequestContext, subject
from aiapp.oci.tokens import pull_scope
from aiapp.ports import Registries, Registry, RegistryError

MAX_PLATFORMS: Final = 16
"""With Linux, in one index: each takes two requests."""
_OS: Final = "linux"
_KNOWN_IMAGES: Final = 8192
_KNOWN_BYTES: Final = 32 << 20
"""Of text in the configs of the images that are remembered."""
_OVERHEAD_BYTES: Final = 1024
"""Counted for each remembered platform beside its texts."""
_DIGEST_HEADER: Final = "Docker-Content-Digest"


@dataclass(frozen=True, slots=True)
class _Place:
    """A repository as somebody reaches it."""

    site: Site
    repository: str


@dataclass(frozen=True, slots=True)
class _Document:
    body: bytes
    content_type: str
    stated_digest: str


class _LargeError(RegistryError):
    """A document has more bytes than were asked for."""


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
        self._client = RegistryClient(
            settings, Retries(attempts=settings.attempts, uniform=uniform), observer, monotonic
        )
        self._images: Recent[tuple[_Place, str], FoundImage] = Recent(_KNOWN_IMAGES, _KNOWN_BYTES)
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
    async def resolve(self, reference: Reference, access: RegistryAccess) -> FoundImage:
        context = self._context(reference, access)
        place = _place(context, access)
        if self._digests.get((place, reference.wanted)) is not None:
            known = self._images.get((place, await self._stated_digest(context, access) or ""))
            if known is not None:
                return replace(known, reference=reference)
        document = await self._manifest(context, access, None)
        found = await self._found(document, context, access)
        self._digests.put((place, reference.wanted), found.digest)
        self._images.put((place, found.digest), found, _weight(found))
        return found

    @override
    async def digest(self, reference: Reference, access: RegistryAccess) -> str:
        context = self._context(reference, access)
        stated = await self._stated_digest(context, access)
        if stated is not None:
            return stated
        return _verified_digest(await self._manifest(context, access, None), context)

    def _context(self, reference: Reference, access: RegistryAccess) -> RequestContext:
        try:
            endpoint = registry_endpoint(reference.registry, plain_http=access.plain_http)
        except EndpointFormError as error:
            message = f"{reference.registry} is no host that a registry could have"
            raise RegistryError(Reason.ENDPOINT_REFUSED, message, retryable=False) from error
        return RequestContext(endpoint, reference, Part.IMAGE, hints=self._settings.hints)

    async def _stated_digest(self, context: RequestContext, access: RegistryAccess) -> str | None:
        """What the name stands for, by the head of an answer alone; None: the registry does not say there."""

        async def read(response: aiohttp.ClientResponse) -> str:
            return response.headers.get(_DIGEST_HEADER, "")

        reference = context.reference
        stated = await self._client.execute(
            RegistryRequest(
                context=context,
                target=manifest_target(reference, reference.wanted),
                access=access,
                scopes=(pull_scope(reference.repository),),
                method="HEAD",
                headers={"Accept": documents.ACCEPT},
            ),
            read,
        )
        if not DIGEST.fullmatch(stated):
            return None
        _require_digest(stated, context)
        return stated

    async def _manifest(self, context: RequestContext, access: RegistryAccess, entry: Descriptor | None) -> _Document:
        """By the name that was asked for, or as an index has it."""
        wanted = context.reference.wanted if entry is None else entry.digest
        target = manifest_target(context.reference, wanted)
        if entry is not None:
            return await self._part(context, access, target, entry, documents.MAX_BYTES)
        try:
            return await self._document(context, access, target, SMALL_BYTES)
        except _LargeError:
            return await self._document(context, access, target, documents.MAX_BYTES)

    async def _part(
        self, context: RequestContext, access: RegistryAccess, target: str, expected: Descriptor, limit: int
    ) -> _Document:
        """What a descriptor points to. Raises `RegistryError` if the registry has something else there."""
        if expected.size > limit:
            raise _unsupported(f"described by more than {limit} bytes", context)
        try:
            document = await self._document(context, access, target, expected.size)
        except _LargeError as error:
            raise _mismatch(f"sends more than {expected.size} bytes", context) from error
        _require(document.body, expected, context)
        return document

    async def _document(self, context: RequestContext, access: RegistryAccess, target: str, limit: int) -> _Document:
        """A document of so many bytes at most. Raises `_LargeError`."""
        if self.memory is not None and limit > SMALL_BYTES:
            await self.memory.reserve()

        async def read(response: aiohttp.ClientResponse) -> _Document:
            try:
                body = await bounded.read(response.content, limit)
            except bounded.TooLongError as error:
                message = f"{context.host} sends more than {limit} bytes for {subject(context)}"
                raise _LargeError(Reason.IMAGE_UNSUPPORTED, message, retryable=False) from error
            content_type = response.headers.get("Content-Type", "")
            return _Document(body, content_type, response.headers.get(_DIGEST_HEADER, ""))

        headers = {"Accept": documents.ACCEPT} if context.part is not Part.CONFIG else {}
        scopes = (pull_scope(context.reference.repository),)
        request = RegistryRequest(context=context, target=target, access=access, scopes=scopes, headers=headers)
        return await self._client.execute(request, read)

    async def _found(self, document: _Document, context: RequestContext, access: RegistryAccess) -> FoundImage:
        digest = _verified_digest(document, context)
        read = _read(document, context)
        if isinstance(read, Manifest):
            platforms = [await self._platform(read, digest, None, context, access)]
        else:
            platforms = [await self._child(entry, context, access) for entry in _wanted(read, context)]
        on_linux = tuple(each for each in platforms if each.platform.os == _OS)
        if not on_linux:
            raise _no_platform([str(each.platform) for each in platforms], context)
        found = FoundImage(context.reference, digest, read.media_type, on_linux)
        self._require_size(found)
        return found

    async def _child(self, entry: IndexEntry, context: RequestContext, access: RegistryAccess) -> PlatformImage:
        digest = entry.descriptor.digest
        child = replace(context, part=Part.MANIFEST, digest=digest)
        document = await self._manifest(child, access, entry.descriptor)
        read = _read(document, context)
        if not isinstance(read, Manifest):
            raise _unsupported("an index of indexes, which not every node can pull", context)
        return await self._platform(read, digest, entry, context, access)

    async def _platform(
        self,
        manifest: Manifest,
        digest: str,
        entry: IndexEntry | None,
        context: RequestContext,
        access: RegistryAccess,
    ) -> PlatformImage:
        """An index says for which platform an image is; one alone says it in its config."""
        part = replace(context, part=Part.CONFIG, digest=manifest.config.digest)
        target = blob_target(context.reference.repository, manifest.config.digest)
        document = await self._part(part, access, target, manifest.config, configs.MAX_BYTES)
        try:
            own, config = configs.image_config(document.body)
        except UnsupportedError as error:
            raise _unsupported(str(error), context) from error
        platform = (entry.platform if entry is not None else None) or own
        if platform is None:
            raise _unsupported("damaged: its config does not say for which platform it is", context)
        return PlatformImage(platform, digest, manifest.bytes, config)

    def _require_size(self, found: FoundImage) -> None:
        """Raises `RegistryError` (LimitExceeded)."""
        limit = self._settings.max_image_bytes
        if found.bytes > limit:
            message = (
                f"the image {found.reference} has {found.bytes} bytes; at most {limit} are accepted "
                "(AIAPP_MAX_IMAGE_BYTES)"
            )
            raise RegistryError(Reason.LIMIT_EXCEEDED, message, retryable=False)


def _place(context: RequestContext, access: RegistryAccess) -> _Place:
    return _Place(Site(context.endpoint.origin, access.authorities), context.reference.repository)


def _weight(found: FoundImage) -> int:
    return sum(configs.text_bytes(each.config) + _OVERHEAD_BYTES for each in found.platforms)


def _wanted(index: Index, context: RequestContext) -> list[IndexEntry]:
    """The entries with Linux, or without a platform: the first of each. Raises `RegistryError` where there is none."""
    entries = {entry.platform or entry.descriptor.digest: entry for entry in reversed(index.entries)}
    found = [entry for entry in index.entries if entries[entry.platform or entry.descriptor.digest] is entry]
    wanted = [entry for entry in found if entry.platform is None or entry.platform.os == _OS]
    if not wanted:
        raise _no_platform([str(entry.platform) for entry in found], context)
    if len(wanted) > MAX_PLATFORMS:
        raise _unsupported(f"for more than {MAX_PLATFORMS} platforms", context)
    return wanted


def _no_platform(others: list[str], context: RequestContext) -> RegistryError:
    has = f"only {', '.join(sorted(others)[:MAX_PLATFORMS])}" if others else "none at all"
    message = f"the image {context.reference} is for no platform with Linux; there is {has}"
    return RegistryError(Reason.PLATFORM_MISSING, message, retryable=False)


def _read(document: _Document, context: RequestContext) -> Index | Manifest:
    try:
        return documents.document(document.body, document.content_type)
    except UnsupportedError as error:
        raise _unsupported(str(error), context) from error


def _unsupported(problem: str, context: RequestContext) -> RegistryError:
    return RegistryError(Reason.IMAGE_UNSUPPORTED, f"{context.reference} is {problem}", retryable=False)


def _verified_digest(document: _Document, context: RequestContext) -> str:
    """The digest of what was sent for the name. Raises `RegistryError` if the registry stated another one."""
    digest = digests.of(document.body)
    _require_digest(digest, context)
    if DIGEST.fullmatch(document.stated_digest) and document.stated_digest != digest:
        raise _mismatch(f"states the digest {document.stated_digest} but sends {digest}", context)
    return digest


def _require_digest(digest: str, context: RequestContext) -> None:
    wanted = context.reference.digest
    if wanted is not None and digest != wanted:
        raise _mismatch(f"sends another digest: {digest}", context)


def _require(body: bytes, expected: Descriptor, context: RequestContext) -> None:
    """Raises `RegistryError` unless the body is the one that the descriptor points to."""
    if len(body) != expected.size:
        raise _mismatch(f"sends {len(body)} bytes instead of {expected.size}", context)
    if (digest := digests.of(body)) != expected.digest:
        raise _mismatch(f"sends another digest: {digest}", context)


def _mismatch(problem: str, context: RequestContext) -> RegistryError:
    message = f"{context.host}, asked for {subject(context)}, {problem}"
    return RegistryError(Reason.DIGEST_MISMATCH, message, retryable=False)
