"""Ranges of pinned objects from an S3-compatible store, through obstore. Never asks for another state of them."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from obstore import get_async
from obstore.exceptions import (
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from aiapp.api.conditions import Reason
from aiapp.domain.credentials import Credentials
from aiapp.domain.location import Location
from aiapp.domain.manifest import Entry
from aiapp.fetch.failures import FetchError

if TYPE_CHECKING:
    from obstore import GetOptions

ATTEMPTS: Final = 6
"""Tries of one range, each of which obstore itself repeats for lost connections and 5xx."""
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 20.0
CONNECT_SECONDS: Final = 5
SILENCE_SECONDS: Final = 30
"""Longest pause within an answer."""
_TLS_SIGNS: Final = ("certificate", "tls", "handshake")


@dataclass(frozen=True, slots=True)
class Access:
    """How the store is reached."""

    location: Location
    credentials: Credentials | None = None
    ca_bundle: bytes | None = None
    """Authorities to trust beside the public ones, as PEM."""
    allow_http: bool = False


class Remote:
    """One package's objects."""

    def __init__(self, access: Access, uniform: Callable[[], float] = random.random) -> None:
        self._where = access.location
        self._uniform = uniform
        self._store = _store(access)

    async def read(self, entry: Entry, start: int, end: int) -> bytes:
        """Bytes `start` to `end` (exclusive) of the pinned object. Raises FetchError when that cannot be had."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._pause(attempt))
            try:
                return await self._once(entry, start, end)
            except (PreconditionError, NotFoundError) as error:
                raise FetchError(Reason.CONTENT_CHANGED, self._changed(entry)) from error
            except (PermissionDeniedError, UnauthenticatedError) as error:
                message = f"{self._where.host} denies reading {self._key(entry)}: check the credentials Secret"
                raise FetchError(Reason.ACCESS_DENIED, message) from error
            except (BaseError, _ShortReadError, OSError, TimeoutError) as error:
                last: Exception = error
                if _is_tls(error):
                    break
        raise self._unreachable(entry, last) from last

    async def _once(self, entry: Entry, start: int, end: int) -> bytes:
        options: GetOptions = {"if_match": f'"{entry.etag}"'}
        if entry.version_id is not None:
            options["version"] = entry.version_id
        if entry.size:  # a range of nothing is an error
            options["range"] = (start, end)
        answer = await get_async(self._store, self._key(entry), options=options)
        if answer.meta["size"] != entry.size:
            raise FetchError(Reason.CONTENT_CHANGED, self._changed(entry))
        content = (await answer.bytes_async()).to_bytes()
        if len(content) != end - start:
            raise _ShortReadError(f"{len(content)} bytes came instead of {end - start}")
        return content

    def _key(self, entry: Entry) -> str:
        return f"{self._where.prefix}{entry.path}"

    def _changed(self, entry: Entry) -> str:
        return (
            f"object {self._key(entry)} in bucket {self._where.bucket} is no longer what was pinned "
            f"(ETag {entry.etag}, {entry.size} bytes): restore it, or register the new content as a new version"
        )

    def _unreachable(self, entry: Entry, error: Exception) -> FetchError:
        said = " ".join(str(error).split())[:200].partition("?")[0]
        if _is_tls(error):
            message = f"the certificate of {self._where.host} is not trusted: {said}"
            return FetchError(Reason.TLS_NOT_TRUSTED, message)
        message = f"{self._where.host} did not deliver {self._key(entry)} in {ATTEMPTS} attempts: {said}"
        return FetchError(Reason.ENDPOINT_UNREACHABLE, message)

    def _pause(self, attempt: int) -> float:
        longest = min(FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
        return longest * (0.5 + self._uniform() / 2)


class _ShortReadError(Exception):
    """The answer had another length than the range."""


def _is_tls(error: Exception) -> bool:
    text = str(error).lower()
    return any(sign in text for sign in _TLS_SIGNS)


def _store(access: Access) -> S3Store:
    where, keys = access.location, access.credentials
    config: dict[str, Any] = {
        "region": where.region,
        "virtual_hosted_style_request": not where.path_style,
        "unsigned_payload": True,
    }
    if where.endpoint is not None:
        config["endpoint"] = _endpoint(where)
    if keys is None:
        config["skip_signature"] = True
    else:
        config |= {"access_key_id": keys.access_key_id, "secret_access_key": keys.secret_access_key}
        config |= {"session_token": keys.session_token} if keys.session_token else {}
    client: dict[str, Any] = {
        "allow_http": access.allow_http,
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "read_timeout": timedelta(seconds=SILENCE_SECONDS),
        "timeout": timedelta(hours=1),
    }
    if access.ca_bundle is not None:
        client["root_certificate"] = access.ca_bundle
    retries = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}
    return S3Store(where.bucket, config=config, client_options=client, retry_config=retries)  # type: ignore[arg-type]


def _endpoint(where: Location) -> str:
    """With the bucket in the host, which is how obstore wants it when it is not in the path."""
    assert where.endpoint is not None
    if where.path_style:
        return where.endpoint
    scheme, _, host = where.endpoint.partition("://")
    return f"{scheme}://{where.bucket}.{host}"
