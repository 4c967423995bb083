"""Lists and reads packages in any S3-compatible store.

Never reads more of an object than its caller allows, never writes, never uses the operator's own cloud credentials.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from itertools import islice
from typing import Final, Self, TypeVar

import aiohttp
from typing_extensions import override

from aiapp.adapters.endpoints.settings import EndpointSettings
from aiapp.adapters.http import bounded
from aiapp.adapters.objectstore import checksums
from aiapp.adapters.objectstore.client import Client, Read, ResponseError, StoreObserver, StoreRequest
from aiapp.adapters.objectstore.listing import Limits, ListingUsage, pages
from aiapp.adapters.objectstore.memory import LARGE_AT_ONCE, PackageMemory
from aiapp.adapters.tenant_limiter import TenantLimiter
from aiapp.api.conditions import Reason
from aiapp.domain.artifact.manifest import NULL_VERSION
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.domain.objectstore.listing import Listed, Listing, ListingPacker
from aiapp.domain.objectstore.location import Location
from aiapp.endpoints.endpoint import refusal
from aiapp.ports.objectstore import ObjectChangedError, PackageStore, PackageStores, StoreError
from aiapp.s3 import etags
from aiapp.s3.addressing import AddressError, address
from aiapp.s3.errors import MANIFEST_HINTS, Hints, RequestContext, archived

Result = TypeVar("Result")

SHORT_PAGE_BYTES: Final = 256 << 10
"""Packed on the event loop in a few milliseconds; what a page of usual names has is shorter."""
THREADS: Final = 72
"""For what packing takes longer: more than one namespace lists at a time with the most workers that there may be. None
is made before it is needed."""
MAX_PROBES: Final = 20
"""Archived objects that are probed, to find out whether they were restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings(EndpointSettings):
    """How object storage may be used."""

    max_objects: int = 100_000
    """Of one package."""
    max_bytes: int = 1024**4
    """Of one package."""
    max_listing_bytes: int = 64 * 1024**2
    """Of one package's keys, ETags and version ids."""
    hints: Hints = MANIFEST_HINTS
    """Advice that messages give."""


class S3Store(PackageStore, PackageStores):
    """Object storage. Create one per process, inside its event loop; must be closed."""

    def __init__(
        self,
        settings: StoreSettings,
        uniform: Callable[[], float] = random.random,
        observer: StoreObserver | None = None,
    ) -> None:
        self._settings = settings
        self._large_listings = TenantLimiter(LARGE_AT_ONCE)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="listing")
        self.memory: PackageMemory | None = None
        """Of the session that this is; None: one look at one package, so that there is no limit."""
        self._client = Client(settings, uniform, observer)

    @override
    @asynccontextmanager
    async def session(self, tenant: str) -> AsyncIterator[Self]:
        session = copy(self)
        session.memory = memory = PackageMemory(self._large_listings, tenant)
        try:
            yield session
        finally:
            await memory.close()

    def keep_to(self, policy: EndpointPolicy) -> None:
        """Applies another policy from the next request on; existing connections are closed."""
        self._settings = replace(self._settings, policy=policy)
        self._client.sessions.keep_to(policy)

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        context = self._request_context(location, credentials)
        listing, archived_objects = await self._listing(context, credentials, history=False)
        for listed, storage_class in archived_objects.items():
            await self._require_restored(context, credentials, listed, storage_class)
        return listing

    @override
    async def history(self, location: Location, credentials: Credentials | None) -> Listing:
        return (await self._listing(self._request_context(location, credentials), credentials, history=True))[0]

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        if listed.size > limit:
            message = f"{listed.key!r} has {listed.size} bytes; at most {limit} are read"
            raise StoreError(Reason.LIMIT_EXCEEDED, message, retryable=False)
        await self._reserve(listed.size)

        async def content(response: aiohttp.ClientResponse) -> bytes:
            _require_listed(response, listed)
            found = await bounded.beginning(response.content, listed.size + 1)
            if len(found) != listed.size:
                raise ObjectChangedError(listed.key)
            return found

        return await self._of_object(self._request_context(location, credentials, listed), credentials, listed, content)

    @override
    async def read_range(
        self, location: Location, credentials: Credentials | None, listed: Listed, start: int, length: int
    ) -> bytes:
        await self._reserve(length)

        async def content(response: aiohttp.ClientResponse) -> bytes:
            is_part = response.status == HTTPStatus.PARTIAL_CONTENT
            _require_part(response, listed, length) if is_part else _require_listed(response, listed)
            found = await bounded.part(response.content, 0 if is_part else start, length)
            if len(found) != length:
                raise ObjectChangedError(listed.key)
            return found

        context = self._request_context(location, credentials, listed)
        asked = {"range": f"bytes={start}-{start + length - 1}"}
        return await self._of_object(context, credentials, listed, content, headers=asked)

    @override
    async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
        if not checksums.may_have_hash(listed):
            return None

        async def checksum(response: aiohttp.ClientResponse) -> str | None:
            return checksums.sha256(response.headers, listed)

        context = self._request_context(location, credentials, listed)
        try:
            return await self._of_object(context, credentials, listed, checksum, method="HEAD", headers=checksums.ASK)
        except ObjectChangedError:
            return None

    async def _reserve(self, size: int) -> None:
        if self.memory is not None:
            await self.memory.reserve_file(size)

    def _request_context(
        self, location: Location, credentials: Credentials | None, listed: Listed | None = None
    ) -> RequestContext:
        """Raises `StoreError` (EndpointRefused) for an endpoint that is invalid or not allowed."""
        try:
            bucket_address = address(location)
        except AddressError as error:
            raise StoreError(Reason.ENDPOINT_REFUSED, str(error), retryable=False) from error
        settings = self._settings
        refused = refusal(
            bucket_address, bucket_address.store, settings.policy, settings.hints, allow_http=settings.allow_http
        )
        if refused is not None:
            raise StoreError(Reason.ENDPOINT_REFUSED, refused, retryable=False)
        version = listed.version_id if listed is not None and listed.version_id != NULL_VERSION else None
        return RequestContext(
            location=location,
            address=bucket_address,
            anonymous=credentials is None,
            hints=settings.hints,
            key=listed.key if listed is not None else None,
            version_id=version,
        )

    async def _listing(
        self, context: RequestContext, credentials: Credentials | None, *, history: bool
    ) -> tuple[Listing, Mapping[Listed, str]]:
        """Returns the whole listing, and the storage class of up to `MAX_PROBES` archived objects.

        Raises `StoreError`, among others LimitExceeded and PrefixEmpty.
        """
        settings = self._settings
        usage = ListingUsage(Limits(settings.max_objects, settings.max_bytes, settings.max_listing_bytes))
        packer = ListingPacker()
        archived_objects: dict[Listed, str] = {}
        async for page in pages(self._client, context, credentials):
            objects = [one for one in page.objects if history or one.is_latest]
            if usage.add(objects, context.location) <= SHORT_PAGE_BYTES:
                packer.add(objects)
            else:
                await self._in_thread(partial(packer.add, objects))
            if self.memory is not None:
                await self.memory.reserve(packer.packed_bytes, context.location.uri)
            found = {one: page.archived[one.key] for one in objects if one.key in page.archived}
            archived_objects |= dict(islice(found.items(), MAX_PROBES - len(archived_objects)))
        if not packer.objects:
            message = f"nothing lies under {context.location.uri}"
            raise StoreError(Reason.PREFIX_EMPTY, message, retryable=False)
        return (packer.listing() if packer.pages == 1 else await self._in_thread(packer.listing)), archived_objects

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        """Beside asyncio's own threads, which also resolve the API server's name."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _require_restored(
        self, context: RequestContext, credentials: Credentials | None, listed: Listed, storage_class: str
    ) -> None:
        """Raises `StoreError` (ObjectArchived) unless the object can be read, which a listing does not show."""
        one = self._request_context(context.location, credentials, listed)
        try:
            await self._of_object(one, credentials, listed, _nothing, headers={"range": "bytes=0-0"})
        except ObjectChangedError:
            return  # reported when it is read
        except ResponseError as error:
            if error.reason is not Reason.OBJECT_ARCHIVED:
                raise
            diagnosis = archived(listed.key, storage_class, one)
            raise StoreError(diagnosis.reason, diagnosis.message, retryable=False) from error

    async def _of_object(
        self,
        context: RequestContext,
        credentials: Credentials | None,
        listed: Listed,
        read: Read[Result],
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Result:
        """Requests exactly the object that was listed. Raises `ObjectChangedError` if it was replaced."""
        request = StoreRequest(
            context=context,
            credentials=credentials,
            method=method,
            query={"versionId": context.version_id} if context.version_id is not None else {},
        )
        changed = ObjectChangedError(listed.key)
        for condition in etags.if_match_values(listed.etag):
            try:
                conditional = replace(request, headers={**(headers or {}), "if-match": condition})
                return await self._client.execute(conditional, read)
            except ResponseError as error:
                if error.reason is not Reason.CONTENT_CHANGED:
                    raise
                changed.__cause__ = error
                if error.response.status != HTTPStatus.PRECONDITION_FAILED:
                    break
        raise changed


async def _nothing(_: aiohttp.ClientResponse) -> None:
    """Ignores the body."""


def _require_listed(response: aiohttp.ClientResponse, listed: Listed) -> None:
    """Raises `ObjectChangedError`. Compares the headers too, since not every store supports If-Match."""
    length = response.content_length
    if etags.contradicts(response.headers.get("ETag"), listed.etag) or length not in {None, listed.size}:
        raise ObjectChangedError(listed.key)


def _require_part(response: aiohttp.ClientResponse, listed: Listed, length: int) -> None:
    """The same for an answer to a range: its length is that of the part, and it may say how long the whole is."""
    whole = response.headers.get("Content-Range", "").rpartition("/")[2].strip()
    is_other = whole.isdecimal() and int(whole) != listed.size
    is_part = response.content_length in {None, length}
    if etags.contradicts(response.headers.get("ETag"), listed.etag) or is_other or not is_part:
        raise ObjectChangedError(listed.key)
