"""Lists and reads packages in any S3-compatible store.

Never reads more of an object than it is asked to, never writes, never uses the operator's own cloud credentials.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import islice
from typing import Final, TypeVar

import aiohttp
from typing_extensions import override

from aiapp.adapters.http import bounded
from aiapp.adapters.objectstore import checksums
from aiapp.adapters.objectstore.client import AnswerError, Client, Read, Request, Retries
from aiapp.adapters.objectstore.listing import Limits, Tally, pages
from aiapp.adapters.objectstore.sessions import SessionSettings
from aiapp.api.conditions import Reason
from aiapp.domain.artifact.manifest import NULL_VERSION, Listed
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.endpoint_policy import DEFAULT_POLICY, EndpointPolicy
from aiapp.domain.objectstore.listing import Listing, ListingPacker
from aiapp.domain.objectstore.location import Location
from aiapp.domain.objectstore.proxies import NO_PROXIES, Proxies
from aiapp.ports import HashingStore, ObjectChangedError, ObjectHistory, StoreError
from aiapp.s3 import etags
from aiapp.s3.addressing import Address, AddressError, address
from aiapp.s3.meaning import IN_VERSIONS, Advice, Asked, archived

Result = TypeVar("Result")

MAX_PROBES: Final = 20
"""Objects in an archive that are tried before a package is taken for restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """How object storage may be used."""

    connections: int = 8
    """Requests to one host at the same time."""
    connect_seconds: float = 3.0
    read_seconds: float = 4.0
    """Longest silence of a server while it answers."""
    request_seconds: float = 20.0
    """Longest time for one whole answer, of a server that is slow without ever being silent."""
    attempts: int = 3
    """Per request, for what may mend itself."""
    max_objects: int = 100_000
    """Of one package."""
    max_bytes: int = 1024**4
    """Of one package."""
    max_listing_bytes: int = 64 * 1024**2
    """Of one package's keys, ETags and version ids."""
    allow_http: bool = False
    """Whether endpoints without TLS are accepted."""
    ca_bundle: str | None = None
    """File with the authorities to trust instead of the public ones."""
    policy: EndpointPolicy = DEFAULT_POLICY
    """Which hosts and addresses may be reached."""
    proxies: Proxies = NO_PROXIES
    advice: Advice = IN_VERSIONS
    """What messages tell people to do."""


class S3Store(HashingStore, ObjectHistory):
    """Object storage; make one for the process, inside its event loop, and `close` it at the end."""

    def __init__(self, settings: StoreSettings, uniform: Callable[[], float] = random.random) -> None:
        self._settings = settings
        self._client = Client(
            SessionSettings(
                connect_seconds=settings.connect_seconds,
                read_seconds=settings.read_seconds,
                ca_bundle=settings.ca_bundle,
                policy=settings.policy,
                proxies=settings.proxies,
            ),
            Retries(attempts=settings.attempts, uniform=uniform),
            settings.request_seconds,
            settings.connections,
        )

    def keep_to(self, policy: EndpointPolicy) -> None:
        """From the next request on, over new connections."""
        self._settings = replace(self._settings, policy=policy)
        self._client.sessions.keep_to(policy)

    async def close(self) -> None:
        """Lets go of every connection."""
        await self._client.close()

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        asked = self._asked(location, credentials)
        listing, in_archive = await self._listing(asked, credentials, history=False)
        for listed, storage_class in in_archive.items():
            await self._require_restored(asked, credentials, listed, storage_class)
        return listing

    @override
    async def history(self, location: Location, credentials: Credentials | None) -> Listing:
        return (await self._listing(self._asked(location, credentials), credentials, history=True))[0]

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        if listed.size > limit:
            message = f"{listed.key!r} has {listed.size} bytes; at most {limit} are read"
            raise StoreError(Reason.LIMIT_EXCEEDED, message, retryable=False)

        async def content(answer: aiohttp.ClientResponse) -> bytes:
            _require_listed(answer, listed)
            found = await bounded.beginning(answer.content, listed.size + 1)
            if len(found) != listed.size:
                raise ObjectChangedError(listed.key)
            return found

        return await self._of_object(self._asked(location, credentials, listed), credentials, listed, content)

    @override
    async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
        if not checksums.may_have_hash(listed):
            return None

        async def found(answer: aiohttp.ClientResponse) -> str | None:
            return checksums.sha256(answer.headers, listed)

        asked = self._asked(location, credentials, listed)
        try:
            return await self._of_object(asked, credentials, listed, found, method="HEAD", headers=checksums.ASK)
        except ObjectChangedError:
            return None

    def _asked(self, location: Location, credentials: Credentials | None, listed: Listed | None = None) -> Asked:
        """Raises `StoreError` for an endpoint that is none, or that the settings do not allow."""
        try:
            place = address(location)
        except AddressError as error:
            raise StoreError(Reason.ENDPOINT_REFUSED, str(error), retryable=False) from error
        refuse_endpoint(place, self._settings)
        version = listed.version_id if listed is not None and listed.version_id != NULL_VERSION else None
        return Asked(
            where=location,
            address=place,
            anonymous=credentials is None,
            advice=self._settings.advice,
            key=listed.key if listed is not None else None,
            version_id=version,
        )

    async def _listing(
        self, asked: Asked, credentials: Credentials | None, *, history: bool
    ) -> tuple[Listing, Mapping[Listed, str]]:
        """All of it, packed page by page, and the storage classes of some objects that are in an archive.

        Raises `StoreError`: LimitExceeded as soon as there is too much, PrefixEmpty when there is nothing.
        """
        wanted = self._settings
        tally = Tally(Limits(wanted.max_objects, wanted.max_bytes, wanted.max_listing_bytes))
        packer = ListingPacker()
        in_archive: dict[Listed, str] = {}
        async for page in pages(self._client, asked, credentials):
            objects = [one for one in page.objects if history or one.is_latest]
            tally.add(objects, asked.where)
            packer.add(objects)
            found = {one: page.archived[one.key] for one in objects if one.key in page.archived}
            in_archive |= dict(islice(found.items(), MAX_PROBES - len(in_archive)))
        if not packer.objects:
            message = f"nothing lies under {asked.where.uri}"
            raise StoreError(Reason.PREFIX_EMPTY, message, retryable=False)
        return (packer.listing() if packer.pages == 1 else await asyncio.to_thread(packer.listing)), in_archive

    async def _require_restored(
        self, asked: Asked, credentials: Credentials | None, listed: Listed, storage_class: str
    ) -> None:
        """Raises `StoreError` (ObjectArchived) unless the object can be read: a listing does not tell that."""
        one = self._asked(asked.where, credentials, listed)
        try:
            await self._of_object(one, credentials, listed, _nothing, headers={"range": "bytes=0-0"})
        except ObjectChangedError:
            return  # whoever reads it will say so
        except AnswerError as error:
            if error.reason is not Reason.OBJECT_ARCHIVED:
                raise
            found = archived(listed.key, storage_class, one)
            raise StoreError(found.reason, found.message, retryable=False) from error

    async def _of_object(
        self,
        asked: Asked,
        credentials: Credentials | None,
        listed: Listed,
        read: Read[Result],
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Result:
        """Of exactly the object that was listed. Raises `ObjectChangedError` when it is another one by now."""
        request = Request(
            asked=asked,
            credentials=credentials,
            method=method,
            query={"versionId": asked.version_id} if asked.version_id is not None else {},
        )
        changed = ObjectChangedError(listed.key)
        for condition in etags.conditions(listed.etag):
            try:
                conditional = replace(request, headers={**(headers or {}), "if-match": condition})
                return await self._client.make(conditional, read)
            except AnswerError as error:
                if error.reason is not Reason.CONTENT_CHANGED:
                    raise
                changed.__cause__ = error
                if error.answer.status != HTTPStatus.PRECONDITION_FAILED:
                    break
        raise changed


def refuse_endpoint(place: Address, settings: StoreSettings) -> None:
    """Raises `StoreError` (EndpointRefused) for an endpoint that the settings do not allow, as far as it is written.

    What its name resolves to is checked when a connection is made; a proxy resolves names itself.
    """
    policy, advice = settings.policy, settings.advice
    refusals = (
        f"{place.host} is not https: {advice.allow_http}"
        if place.scheme != "https" and not settings.allow_http
        else "",
        f"{found}: {advice.allow_host}" if (found := policy.host_refusal(place.store)) else "",
        f"{found}: {advice.allow_range}" if (found := policy.written_refusal(place.hostname)) else "",
    )
    if refusal := next(filter(None, refusals), None):
        raise StoreError(Reason.ENDPOINT_REFUSED, refusal, retryable=False)


async def _nothing(_: aiohttp.ClientResponse) -> None:
    """What comes is not read."""


def _require_listed(answer: aiohttp.ClientResponse, listed: Listed) -> None:
    """Not every store heeds If-Match, so what it says it sends is compared as well."""
    length = answer.content_length
    if etags.contradicts(answer.headers.get("ETag"), listed.etag) or length not in {None, listed.size}:
        raise ObjectChangedError(listed.key)
