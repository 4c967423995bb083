"""Ranges of pinned objects from an S3-compatible store, through obstore. Never asks for another state of them."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from obstore import get_async
from obstore.exceptions import BaseError
from obstore.store import S3Store

from aiapp.api.conditions import Reason
from aiapp.domain.credentials import Credentials
from aiapp.domain.location import Location
from aiapp.domain.manifest import Entry
from aiapp.fetch.diagnosis import Diagnosis, diagnosis
from aiapp.fetch.download import Write
from aiapp.fetch.failures import FetchError
from aiapp.fetch.parts import PIECE_BYTES

if TYPE_CHECKING:
    from obstore import Bytes, GetOptions, GetResult

ATTEMPTS: Final = 7
"""Tries of one range, each of which obstore repeats for lost connections and 5xx, going on within a cut answer."""
REPETITIONS: Final = 3
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 20.0
CONNECT_SECONDS: Final = 5
SILENCE_SECONDS: Final = 30
"""Longest pause within an answer."""
ANSWER_SECONDS: Final = 300
"""Longest time for one answer; what has come until then is kept."""
PROGRESS_BYTES: Final = PIECE_BYTES
"""What an answer must bring for the next failure to count as the first one."""


@dataclass(frozen=True, slots=True)
class Access:
    """How the store is reached."""

    location: Location
    credentials: Credentials | None = None
    ca_bundle: bytes | None = None
    """Authorities to trust beside the public ones, as PEM."""
    allow_http: bool = False


class Remote:
    """One package's objects. Raises FetchError for an access that cannot work."""

    def __init__(self, access: Access, uniform: Callable[[], float] = random.random) -> None:
        self._where = access.location
        self._uniform = uniform
        self._store = _store(access)

    async def read(self, entry: Entry, start: int, end: int, write: Write) -> None:
        """Hand bytes `start` to `end` (exclusive) of the pinned object to `write`. Raises FetchError.

        What has come is kept: a further attempt asks for the rest, and attempts count anew after progress.
        """
        failures = 0
        while True:
            begun = start
            try:
                async for piece in self._pieces(entry, start, end):
                    write(piece, start)
                    start += len(piece)
            except (BaseError, FileNotFoundError, _WrongLengthError) as error:  # obstore's 404 is the built-in error
                if begun < start == end:
                    return  # all of it had come
                found = diagnosis(error)
                failures = 1 if start - begun >= PROGRESS_BYTES else failures + 1
                if found.final or failures == ATTEMPTS:
                    raise self._failure(entry, found) from error
            else:
                return
            await asyncio.sleep(self._pause(failures))

    async def _pieces(self, entry: Entry, start: int, end: int) -> "AsyncIterator[bytes | Bytes]":
        options: GetOptions = {"if_match": f'"{entry.etag}"'}
        if entry.version_id is not None:
            options["version"] = entry.version_id
        if entry.size:  # a range of nothing is an error
            options["range"] = (start, end)
        answer = await get_async(self._store, self._key(entry), options=options)
        self._require_pinned(entry, answer)
        if end - start <= PIECE_BYTES:  # at once: a stream of one piece costs more than the piece
            yield _whole(await answer.bytes_async(), end - start)
            return
        came = 0
        async for piece in answer.stream(min_chunk_size=PIECE_BYTES):
            came += len(piece)
            if came > end - start:
                break
            yield piece
        if came != end - start:
            raise _WrongLengthError(end - start)

    def _require_pinned(self, entry: Entry, answer: "GetResult") -> None:
        """Not every store heeds If-Match, so what it says it sends is compared as well."""
        etag = answer.meta["e_tag"]
        if answer.meta["size"] != entry.size or (etag is not None and etag.strip('"') != entry.etag):
            said = f"now ETag {etag}, {answer.meta['size']} bytes"
            raise self._failure(entry, Diagnosis(Reason.CONTENT_CHANGED, said, final=True))

    def _key(self, entry: Entry) -> str:
        return f"{self._where.prefix}{entry.path}"

    def _failure(self, entry: Entry, found: Diagnosis) -> FetchError:
        host, bucket, key = self._where.host, self._where.bucket, self._key(entry)
        match found.reason:
            case Reason.CONTENT_CHANGED:
                message = (
                    f"object {key} in bucket {bucket} is no longer what was pinned (ETag {entry.etag}, {entry.size} "
                    f"bytes; {found.said}): restore it, or register the new content as a new version"
                )
            case Reason.ACCESS_DENIED:
                message = f"{host} denies reading {key} in bucket {bucket} ({found.said}): check the credentials Secret"
            case Reason.BUCKET_NOT_FOUND:
                message = f"{host} has no bucket {bucket} ({found.said})"
            case Reason.TLS_NOT_TRUSTED:
                message = f"{host} is not trusted: {found.said}"
            case _:
                message = f"{host} did not deliver {key} of bucket {bucket}: {found.said}"
        return FetchError(found.reason, message)

    def _pause(self, attempt: int) -> float:
        """Doubling, with jitter. obstore hides Retry-After: the sum, half a minute, outlasts what stores ask for."""
        longest = min(FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
        return longest * (0.5 + self._uniform() / 2)


class _WrongLengthError(Exception):
    """The answer had another length than the range."""

    def __init__(self, wanted: int) -> None:
        super().__init__(f"an answer of another length than the {wanted} bytes asked for")


def _whole(content: "Bytes", wanted: int) -> "Bytes":
    if len(content) != wanted:
        raise _WrongLengthError(wanted)
    return content


def _store(access: Access) -> S3Store:
    where = access.location
    if (where.endpoint or "").startswith("http://") and not access.allow_http:
        raise FetchError(Reason.ENDPOINT_REFUSED, f"{where.host} is without TLS: use https, or allow http expressly")
    client: dict[str, Any] = {
        "allow_http": access.allow_http,
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "read_timeout": timedelta(seconds=SILENCE_SECONDS),
        "timeout": timedelta(seconds=ANSWER_SECONDS),
    }
    if access.ca_bundle is not None:
        client["root_certificate"] = access.ca_bundle
    retries = {"max_retries": REPETITIONS, "retry_timeout": timedelta(seconds=60)}
    config = _addresses(where) | _signing(access.credentials)
    try:
        return S3Store(where.bucket, config=config, client_options=client, retry_config=retries)  # type: ignore[arg-type]
    except (BaseError, ValueError) as error:
        said = str(error).partition("\n")[0]
        raise FetchError(Reason.FETCH_FAILED, f"{where.host} cannot be used: {said}") from error


def _addresses(where: Location) -> dict[str, Any]:
    config = {"region": where.region, "virtual_hosted_style_request": not where.path_style, "unsigned_payload": True}
    return config if where.endpoint is None else config | {"endpoint": _endpoint(where.endpoint, where)}


def _endpoint(endpoint: str, where: Location) -> str:
    """With the bucket in the host, which is how obstore wants it when it is not in the path."""
    if where.path_style:
        return endpoint
    scheme, _, host = endpoint.partition("://")
    return f"{scheme}://{where.bucket}.{host}"


def _signing(keys: Credentials | None) -> dict[str, Any]:
    if keys is None:
        return {"skip_signature": True}
    config = {"access_key_id": keys.access_key_id, "secret_access_key": keys.secret_access_key}
    return config | ({"session_token": keys.session_token} if keys.session_token else {})
