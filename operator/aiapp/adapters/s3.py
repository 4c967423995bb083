"""Lists and reads packages in any S3-compatible store, through boto3 on threads of its own.

Never reads more of an object than it is asked to, never writes, never uses the operator's own cloud credentials.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from typing_extensions import override

from aiapp.adapters.blocking import Abandoned, BlockingPool
from aiapp.adapters.exchange import Deadline
from aiapp.adapters.outages import Outages
from aiapp.adapters.s3_checksums import sha256
from aiapp.adapters.s3_errors import require_allowed, status
from aiapp.adapters.s3_listing import Limits, listing
from aiapp.adapters.s3_request import Requests, Retries
from aiapp.api.conditions import Reason
from aiapp.domain.credentials import Credentials
from aiapp.domain.endpoints import DEFAULT_POLICY, EndpointPolicy
from aiapp.domain.listing import Listing
from aiapp.domain.location import Location
from aiapp.domain.manifest import Listed
from aiapp.domain.proxies import NO_PROXIES, Proxies
from aiapp.ports import HashingStore, ObjectChangedError, ObjectHistory, StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from aiapp.adapters.s3_clients import Clients

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """How object storage may be used."""

    threads: int = 8
    """Calls at a time; one endpoint gets at most half of them."""
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


class S3Store(HashingStore, ObjectHistory):
    """Object storage; make one for the process and `close` it at the end."""

    def __init__(self, settings: StoreSettings, uniform: Callable[[], float] = random.random) -> None:
        self._settings = settings
        self._retries = Retries(attempts=settings.attempts, uniform=uniform)
        self._deadline = Deadline(settings.request_seconds)
        self._pool = BlockingPool(settings.threads, "s3")
        self._outages = Outages()
        self._lock = threading.Lock()
        self._clients: Clients | None = None

    def keep_to(self, policy: EndpointPolicy) -> None:
        """From the next call on, over new connections."""
        with self._lock:
            self._settings = replace(self._settings, policy=policy)
            before, self._clients = self._clients, None
        if before is not None:
            before.close()

    def close(self) -> None:
        """Lets go of every connection; running calls give up at their next step and are not waited for."""
        self._pool.close()
        if self._clients is not None:
            self._clients.close()

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        return await self._call(location, credentials, self._listing)

    @override
    async def history(self, location: Location, credentials: Credentials | None) -> Listing:
        return await self._call(location, credentials, partial(self._listing, history=True))

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        return await self._call(location, credentials, lambda requests: _content(requests, listed, limit))

    @override
    async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
        return await self._call(location, credentials, lambda requests: sha256(requests, listed))

    async def _call(
        self, location: Location, credentials: Credentials | None, work: Callable[[Requests], Result]
    ) -> Result:
        refuse_endpoint(location, self._settings)
        host = location.host

        def call(abandoned: Abandoned, *, trying: bool) -> Result:
            if not trying:
                self._outages.refuse(host)
            client = self._shared_clients().client(location, credentials)
            return work(Requests(client, location, self._retries, abandoned, self._deadline))

        return await self._outages.guarded(host, lambda trying: self._pool.run(host, partial(call, trying=trying)))

    def _listing(self, requests: Requests, *, history: bool = False) -> Listing:
        wanted = self._settings
        limits = Limits(wanted.max_objects, wanted.max_bytes, wanted.max_listing_bytes)
        return listing(requests, limits, history=history)

    def _shared_clients(self) -> "Clients":
        # boto3 takes a second of CPU to import, and an operator whose versions are all pinned needs no store at all.
        from aiapp.adapters.s3_clients import Clients, ClientSettings  # noqa: PLC0415

        with self._lock:
            if self._clients is None:
                wanted = self._settings
                self._clients = Clients(
                    ClientSettings(
                        connect_seconds=wanted.connect_seconds,
                        read_seconds=wanted.read_seconds,
                        connections=wanted.threads,
                        ca_bundle=wanted.ca_bundle,
                        policy=wanted.policy,
                        proxies=wanted.proxies,
                    )
                )
            return self._clients


def refuse_endpoint(location: Location, settings: StoreSettings) -> None:
    """Raises `StoreError` (EndpointRefused) for an endpoint that the settings do not allow, as far as it is written.

    What its name resolves to is checked when a connection is made; a proxy resolves names itself.
    """
    if location.endpoint is not None and urlsplit(location.endpoint).scheme != "https" and not settings.allow_http:
        message = f"{location.host} is not https, which the operator must allow first (AIAPP_ALLOW_HTTP)"
        raise StoreError(Reason.ENDPOINT_REFUSED, message, retryable=False)
    require_allowed(settings.policy.host_refusal(location.hostname), "AIAPP_ALLOWED_HOSTS")
    require_allowed(settings.policy.written_refusal(location.hostname), "AIAPP_ALLOWED_RANGES")


def _content(requests: Requests, listed: Listed, limit: int) -> bytes:
    if listed.size > limit:
        message = f"{listed.key!r} has {listed.size} bytes; at most {limit} are read"
        raise StoreError(Reason.LIMIT_EXCEEDED, message, retryable=False)
    return requests.make(lambda client: _body(client, requests.location, listed))


def _body(client: "S3Client", where: Location, listed: Listed) -> bytes:
    """The whole object; the store checks the ETag first, and it is checked again for stores that ignore conditions."""
    version: dict[str, Any] = {"VersionId": listed.version_id} if listed.version_id else {}
    try:
        answer = client.get_object(Bucket=where.bucket, Key=listed.key, IfMatch=listed.etag, **version)
    except ClientError as error:
        raise _read_error(error, where, listed) from error
    with answer["Body"] as body:
        if answer["ETag"].strip('"') != listed.etag.strip('"') or answer["ContentLength"] != listed.size:
            raise ObjectChangedError(listed.key)
        return body.read()  # with a size, botocore would not notice that the answer was cut off


def _read_error(error: ClientError, where: Location, listed: Listed) -> Exception:
    if status(error) in {404, 412} and error.response.get("Error", {}).get("Code") != "NoSuchBucket":
        return ObjectChangedError(listed.key)
    if status(error) == 403 and listed.version_id:
        message = f"{where.host} lists the versions of {listed.key!r} but denies reading them: allow GetObjectVersion"
        return StoreError(Reason.ACCESS_DENIED, message, retryable=False)
    return error
