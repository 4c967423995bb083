"""One repository of a registry, read as somebody may read it. What is asked for by digest has that digest."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

import aiohttp

from aiapp.adapters.http import bounded
from aiapp.adapters.registry.client import RegistryClient, RegistryRequest
from aiapp.adapters.registry.memory import SMALL_BYTES, DocumentMemory
from aiapp.api.conditions import Reason
from aiapp.domain.images.reference import DIGEST, Reference
from aiapp.domain.images.registry_image import Platform
from aiapp.endpoints.endpoint import EndpointFormError
from aiapp.endpoints.hints import Hints
from aiapp.oci import configs, digests, documents
from aiapp.oci.access import RegistryAccess
from aiapp.oci.addressing import blob_target, manifest_target, registry_endpoint
from aiapp.oci.documents import Descriptor, Index, Manifest, UnsupportedError
from aiapp.oci.errors import Part, RequestContext, subject
from aiapp.oci.tokens import pull_scope
from aiapp.ports.registry import RegistryError

_DIGEST_HEADER: Final = "Docker-Content-Digest"


@dataclass(frozen=True, slots=True)
class Document:
    """What a registry sent, not believed yet."""

    body: bytes
    content_type: str
    stated_digest: str
    """As the registry says; empty: it says none."""


class RangeIgnoredError(RegistryError):
    """A registry that was asked for a part of a blob sends all of it."""


class _LongerError(RegistryError):
    """A document has more bytes than were asked for."""


def request_context(reference: Reference, access: RegistryAccess, hints: Hints) -> RequestContext:
    """For requests about an image. Raises `RegistryError` (EndpointRefused) for a host that no name can be."""
    try:
        endpoint = registry_endpoint(reference.registry, plain_http=access.plain_http)
    except EndpointFormError as error:
        message = f"{reference.registry} is no host that a registry could have"
        raise RegistryError(Reason.ENDPOINT_REFUSED, message, retryable=False) from error
    return RequestContext(endpoint, reference, Part.IMAGE, hints=hints)


@dataclass(frozen=True, slots=True)
class Repository:
    """All methods raise `RegistryError`."""

    client: RegistryClient
    context: RequestContext
    """Of the image that is asked for."""
    access: RegistryAccess
    memory: DocumentMemory | None = None
    """None: there is no limit."""

    async def stated_digest(self) -> str | None:
        """What the name stands for, by the head of an answer alone; None: the registry does not say there."""

        async def read(response: aiohttp.ClientResponse) -> str:
            return response.headers.get(_DIGEST_HEADER, "")

        target = manifest_target(self.context.reference, self.context.reference.wanted)
        headers = {"Accept": documents.ACCEPT}
        stated = await self.client.execute(replace(self._request(self.context, target, headers), method="HEAD"), read)
        if not DIGEST.fullmatch(stated):
            return None
        _require_asked(stated, self.context)
        return stated

    async def named(self) -> Document:
        """What the name stands for."""
        target = manifest_target(self.context.reference, self.context.reference.wanted)
        try:
            return await self._document(self.context, target, SMALL_BYTES)
        except _LongerError:
            return await self._document(self.context, target, documents.MAX_BYTES)

    async def manifest(self, expected: Descriptor, platform: Platform | None) -> Document:
        """As an index has it, for that platform."""
        context = replace(self.context, part=Part.MANIFEST, digest=expected.digest, platform=str(platform or ""))
        target = manifest_target(context.reference, expected.digest)
        return await self._expected(context, target, expected, documents.MAX_BYTES)

    async def config(self, expected: Descriptor) -> Document:
        """As a manifest has it."""
        context = replace(self.context, part=Part.CONFIG, digest=expected.digest)
        target = blob_target(context.reference.repository, expected.digest)
        return await self._expected(context, target, expected, configs.MAX_BYTES)

    async def piece(self, layer: Descriptor, start: int, size: int) -> bytes:
        """So many bytes of a layer (or config), which is not verified by itself."""
        context = replace(self.context, part=Part.LAYER, digest=layer.digest)

        async def read(response: aiohttp.ClientResponse) -> bytes:
            if response.status != HTTPStatus.PARTIAL_CONTENT and size < layer.size:
                message = f"{context.host} sends the whole of {subject(context)} for a part"
                raise RangeIgnoredError(Reason.ENDPOINT_UNREACHABLE, message, retryable=False)
            found = await bounded.part(response.content, 0, size)
            if len(found) != size:
                raise _shortened(layer, context)
            return found

        target = blob_target(context.reference.repository, layer.digest)
        headers = {"Range": f"bytes={start}-{start + size - 1}"}
        return await self.client.execute(self._request(context, target, headers), read)

    async def rest(
        self, layer: Descriptor, start: int, size: int, take: Callable[[bytes], Awaitable[None]], seconds: float
    ) -> None:
        """Hands all bytes from `start` on over, `size` of them at a time, out of one answer that may take `seconds`."""
        context = replace(self.context, part=Part.LAYER, digest=layer.digest)

        async def read(response: aiohttp.ClientResponse) -> None:
            taken = start
            async for piece in bounded.pieces(response.content, start, size, layer.size - start):
                await take(piece)
                taken += len(piece)
            if taken != layer.size:
                raise _shortened(layer, context)

        target = blob_target(context.reference.repository, layer.digest)
        request = replace(self._request(context, target, {}), repeats=False, seconds=seconds)
        await self.client.execute(request, read)

    async def _expected(self, context: RequestContext, target: str, expected: Descriptor, limit: int) -> Document:
        """What a descriptor points to, and nothing else."""
        if expected.size > limit:
            raise unsupported(f"described by more than {limit} bytes", context)
        try:
            document = await self._document(context, target, expected.size)
        except _LongerError as error:
            raise mismatch(f"sends more than {expected.size} bytes", context) from error
        if len(document.body) != expected.size:
            raise mismatch(f"sends {len(document.body)} bytes instead of {expected.size}", context)
        if (digest := digests.of(document.body)) != expected.digest:
            raise mismatch(f"sends another digest: {digest}", context)
        return document

    async def _document(self, context: RequestContext, target: str, limit: int) -> Document:
        """A document of so many bytes at most. Raises `_LongerError`."""
        if self.memory is not None:
            await self.memory.reserve(limit)

        async def read(response: aiohttp.ClientResponse) -> Document:
            try:
                body = await bounded.read(response.content, limit)
            except bounded.TooLongError as error:
                message = f"{context.host} sends more than {limit} bytes for {subject(context)}"
                raise _LongerError(Reason.IMAGE_UNSUPPORTED, message, retryable=False) from error
            content_type = response.headers.get("Content-Type", "")
            return Document(body, content_type, response.headers.get(_DIGEST_HEADER, ""))

        headers = {"Accept": documents.ACCEPT} if context.part is not Part.CONFIG else {}
        return await self.client.execute(self._request(context, target, headers), read)

    def _request(self, context: RequestContext, target: str, headers: dict[str, str]) -> RegistryRequest:
        scopes = (pull_scope(context.reference.repository),)
        return RegistryRequest(context=context, target=target, access=self.access, scopes=scopes, headers=headers)


def verified_digest(document: Document, context: RequestContext) -> str:
    """The digest of what was sent for a name. Raises `RegistryError` if another one was asked for or stated."""
    digest = digests.of(document.body)
    _require_asked(digest, context)
    if DIGEST.fullmatch(document.stated_digest) and document.stated_digest != digest:
        raise mismatch(f"states the digest {document.stated_digest} but sends {digest}", context)
    return digest


def read_document(document: Document, context: RequestContext) -> Index | Manifest:
    """Raises `RegistryError` (ImageUnsupported)."""
    try:
        return documents.document(document.body, document.content_type)
    except UnsupportedError as error:
        raise unsupported(str(error), context) from error


def unsupported(problem: str, context: RequestContext) -> RegistryError:
    """The image `is ...`."""
    return RegistryError(Reason.IMAGE_UNSUPPORTED, f"{context.reference} is {problem}", retryable=False)


def mismatch(problem: str, context: RequestContext) -> RegistryError:
    """The registry does not send what was asked for."""
    message = f"{context.host}, asked for {subject(context)}, {problem}"
    return RegistryError(Reason.DIGEST_MISMATCH, message, retryable=False)


def _shortened(layer: Descriptor, context: RequestContext) -> RegistryError:
    return mismatch(f"sends fewer bytes than {layer.size}", context)


def _require_asked(digest: str, context: RequestContext) -> None:
    wanted = context.reference.digest
    if wanted is not None and digest != wanted:
        raise mismatch(f"sends another digest: {digest}", context)
