"""One repository of the installation's own registry, written: blobs by upload, piece by piece, and manifests."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp

from aiapp.adapters.registry.client import RegistryClient, RegistryRequest, ResponseError
from aiapp.adapters.registry.repository import Repository
from aiapp.api.conditions import Reason
from aiapp.endpoints.endpoint import endpoint
from aiapp.oci.access import RegistryAccess
from aiapp.oci.addressing import blob_target, manifest_target, uploads_target
from aiapp.oci.documents import Descriptor
from aiapp.oci.errors import Part, RequestContext
from aiapp.oci.tokens import pull_scope, push_scope
from aiapp.ports.registry import RegistryError

_RANGE: Final = re.compile(r"(?:bytes=)?0-([0-9]{1,15})")
_BYTES: Final = "application/octet-stream"


class UploadLostError(RegistryError):
    """The registry no longer knows an upload, or not where it is: it has to begin anew."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that is under way."""

    url: str
    """Where the registry wants the next piece, absolute."""
    offset: int
    """Bytes that it has."""


@dataclass(frozen=True, slots=True)
class OwnRepository:
    """All methods raise `RegistryError`."""

    client: RegistryClient
    context: RequestContext
    """Of the copy."""
    access: RegistryAccess
    tenant: str
    """Whose copies it holds."""

    @property
    def name(self) -> str:
        """Within the registry."""
        return self.context.reference.repository

    async def has_image(self) -> bool:
        """Whether the whole image is there: a registry takes no manifest before its parts."""
        repository = Repository(self.client, self.context, self.access)
        try:
            return await repository.stated_digest() == self.context.reference.digest
        except RegistryError as error:
            if error.reason is Reason.IMAGE_NOT_FOUND:
                return False
            raise

    async def has(self, blob: Descriptor) -> bool:
        """Whether a config or layer is there."""
        try:
            await self._sent(self._request("HEAD", blob_target(self.name, blob.digest), blob))
        except ResponseError as error:
            if error.response.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    async def begin(self, blob: Descriptor, mounted_from: str | None) -> Upload | None:
        """A new upload; None: the registry took the blob from another repository of its own.

        It need not let us read that one: then the blob is sent.
        """
        target = uploads_target(self.name)
        request = self._request("POST", target, blob)
        answered = await self._mounted(request, blob, mounted_from) if mounted_from is not None else None
        status, headers = answered or await self._sent(request)
        if answered is not None and status == HTTPStatus.CREATED:
            return None
        return Upload(self._location(headers, target), 0)

    async def _mounted(
        self, request: RegistryRequest, blob: Descriptor, mounted_from: str
    ) -> tuple[int, Mapping[str, str]] | None:
        target = f"{request.target}?{urlencode({'mount': blob.digest, 'from': mounted_from})}"
        scopes = (*request.scopes, pull_scope(mounted_from))
        try:
            return await self._sent(replace(request, target=target, scopes=scopes))
        except ResponseError:
            return None

    async def drop(self, blob: Descriptor, upload: Upload) -> None:
        """Ends an upload that nothing will come of, as far as the registry lets us."""
        with suppress(RegistryError):
            await self._sent(self._at(upload.url, "DELETE", blob))

    async def send(self, blob: Descriptor, upload: Upload, piece: bytes) -> Upload:
        """The upload after the next bytes. Raises `UploadLostError`."""
        last = upload.offset + len(piece) - 1
        headers = {"Content-Type": _BYTES, "Content-Range": f"{upload.offset}-{last}"}
        request = replace(self._at(upload.url, "PATCH", blob), headers=headers, body=piece, repeats=False)
        _, answered = await self._of_upload(request)
        return Upload(self._location(answered, upload.url), last + 1)

    async def state(self, blob: Descriptor, upload: Upload) -> Upload:
        """The upload as the registry knows it, after an answer was lost. Raises `UploadLostError`."""
        _, headers = await self._of_upload(self._at(upload.url, "GET", blob))
        known = _RANGE.fullmatch(headers.get("Range", ""))
        if known is None:
            raise self._lost()
        end = int(known[1])  # a registry that has nothing says 0-0
        return Upload(self._location(headers, upload.url), end + 1 if end else 0)

    async def end(self, blob: Descriptor, upload: Upload) -> None:
        """All bytes were sent; the registry verifies the digest. Raises `UploadLostError`."""
        joint = "&" if urlsplit(upload.url).query else "?"
        request = self._at(f"{upload.url}{joint}{urlencode({'digest': blob.digest})}", "PUT", blob)
        try:
            await self._of_upload(replace(request, headers={"Content-Type": _BYTES}, repeats=False))
        except RegistryError as error:
            if isinstance(error, ResponseError) and error.response.code == "DIGEST_INVALID":
                raise self._lost() from error
            if not await self.has(blob):
                raise

    async def put(self, digest: str, media_type: str, body: bytes) -> None:
        """A manifest or index, whose parts are all there."""
        target = manifest_target(self.context.reference, digest)
        context = replace(self.context, part=Part.MANIFEST, digest=digest)
        headers = {"Content-Type": media_type}
        await self._sent(replace(self._request("PUT", target), context=context, headers=headers, body=body))

    async def _of_upload(self, request: RegistryRequest) -> tuple[int, Mapping[str, str]]:
        try:
            return await self._sent(request)
        except ResponseError as error:
            if error.response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}:
                raise self._lost() from error
            raise

    async def _sent(self, request: RegistryRequest) -> tuple[int, Mapping[str, str]]:
        async def read(response: aiohttp.ClientResponse) -> tuple[int, Mapping[str, str]]:
            return response.status, response.headers.copy()

        return await self.client.execute(request, read)

    def _request(self, method: str, target: str, blob: Descriptor | None = None) -> RegistryRequest:
        part = replace(self.context, part=Part.LAYER, digest=blob.digest) if blob is not None else self.context
        return RegistryRequest(
            context=part, target=target, access=self.access, scopes=(push_scope(self.name),), method=method
        )

    def _at(self, url: str, method: str, blob: Descriptor) -> RegistryRequest:
        """A request to where the registry said; the login goes to the registry alone."""
        parts, at = urlsplit(url), endpoint(url)
        request = self._request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, blob)
        access = self.access if at == self.context.endpoint else replace(self.access, logins=())
        return replace(request, context=replace(request.context, endpoint=at), access=access)

    def _location(self, headers: Mapping[str, str], asked: str) -> str:
        """Raises `RegistryError` where the registry does not say where an upload goes on."""
        try:
            url = urljoin(urljoin(self.context.endpoint.origin, asked), headers.get("Location", ""))
            endpoint(url)
        except ValueError as error:  # urljoin has no other name for it; EndpointFormError is one
            message = f"{self.context.host} does not say where an upload goes on"
            raise RegistryError(Reason.ENDPOINT_UNREACHABLE, message, retryable=False) from error
        return url

    def _lost(self) -> UploadLostError:
        message = f"{self.context.host} does not go on with an upload: it begins anew"
        return UploadLostError(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)
