"""Reads ranges of pinned objects from an S3-compatible store. Never accepts another state of them."""

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.domain.objectstore.location import Location
from aiapp.domain.objectstore.proxies import NO_PROXIES, Proxies
from aiapp.endpoints.diagnosis import ERROR_BYTES, Diagnosis
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http import signing
from aiapp.fetch.http.backoff import Backoff
from aiapp.fetch.http.connector import Connector
from aiapp.fetch.http.diagnosis import BrokenAnswerError, RefusedError, diagnosis, refusal
from aiapp.fetch.http.exchange import Answer, Channel
from aiapp.fetch.http.limiter import RequestLimiter
from aiapp.fetch.http.stream import ProtocolError
from aiapp.fetch.http.tickets import Tickets, failure
from aiapp.s3 import etags
from aiapp.s3.addressing import Address, AddressError, address
from aiapp.s3.errors import MANIFEST_HINTS, RequestContext

ATTEMPTS: Final = 7
"""Attempts of one range without progress."""
SILENCE_SECONDS: Final = 30.0
"""Longest pause within an answer, and the time in which it must bring `SLOWEST` bytes a second."""
SLOWEST: Final = 1024
"""Bytes a second; an answer that brings less is dropped, for another connection may be faster."""
PROGRESS_BYTES: Final = 512 << 10
"""What an answer must bring for the next failure to count as the first one."""
_SUCCESSES: Final = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})
_FAULTS: Final = (OSError, ProtocolError, RefusedError, BrokenAnswerError)


@dataclass(frozen=True, slots=True)
class Access:
    """Where the store is, and how it may be reached."""

    location: Location
    credentials: Credentials | None = None
    ca_bundle: bytes | None = None
    """Authorities to trust beside the public ones, as PEM."""
    allow_http: bool = False
    policy: EndpointPolicy | None = None
    """Which addresses may be connected to; None: all."""
    proxies: Proxies = NO_PROXIES
    tickets: Tickets | None = None
    """Instead of keys: addresses that the operator gives; `location` is not looked at then."""


@dataclass(slots=True)
class _Wanted:
    """A range of an object, and how many bytes of it have been received."""

    entry: Entry
    start: int
    into: memoryview
    came: int = 0
    condition: int = 0
    """Which of `etags.if_match_values` is sent."""
    renewed: bool = False
    """Whether another address was asked for, and nothing has come by it."""

    @property
    def rest(self) -> memoryview:
        return self.into[self.came :]

    @property
    def first(self) -> int:
        return self.start + self.came

    @property
    def end(self) -> int:
        return self.start + len(self.into)


class S3Reader:
    """Reads the objects of one package, in any number of threads. Raises FetchError for an access that cannot work."""

    def __init__(self, access: Access, retried: Callable[[], None], share: int = 1) -> None:
        """`retried` is called, in any thread, before a request is made again; `share` is that of `RequestLimiter`."""
        self._where = access.location
        self._backoff = Backoff()
        self._limiter = RequestLimiter(time.monotonic, time.process_time, share)
        self._idle: list[Channel] = []
        self._open: set[Channel] = set()
        self._lock = threading.Lock()
        self._retried = retried
        self._tickets = tickets = access.tickets
        self._address = store = _address(access)
        authorities = tickets.authorities.encode() if tickets and tickets.authorities else access.ca_bundle
        try:
            self._connector = Connector(store, access.policy, access.proxies, authorities)
        except ValueError as error:
            named = store.host if tickets is None else "the store"
            raise FetchError(Reason.FETCH_FAILED, f"{named} cannot be used: {error}") from error
        keys = access.credentials
        self._signer = signing.Signer(store.host, access.location.region, keys) if keys is not None else None
        self._conditions = 0

    @property
    def allowed(self) -> int:
        """How many requests may run at once now."""
        return self._limiter.allowed

    def read(self, entry: Entry, start: int, into: memoryview) -> None:
        """Fills `into` with the bytes of the pinned object from `start` on. Raises FetchError."""
        for _ in self.arriving(entry, start, into):
            pass

    def arriving(self, entry: Entry, start: int, into: memoryview) -> Generator[int]:
        """Reads like `read`, yielding the number of bytes received so far, at last all of them. To be closed.

        A further attempt requests only the rest, and progress resets the count of attempts.
        """
        wanted, failures = _Wanted(entry, start, into, condition=self._conditions), 0
        while True:
            came = wanted.came
            try:
                return (yield from self._receive(wanted))
            except _FAULTS as error:
                if wanted.came == len(into) > 0:
                    return None  # all of it had come
                if _may_need_unquoted_etag(error, wanted):
                    wanted.condition = 1
                    continue
                if self._is_renewed(error, wanted):
                    continue
                found = diagnosis(error, self._request_context(entry))
                failures = 1 if wanted.came - came >= PROGRESS_BYTES else failures + 1
                if not found.retryable or failures == ATTEMPTS or self._backoff.over:
                    raise self._failure(entry, found) from error
                retry_after = error.retry_after if isinstance(error, RefusedError) else 0.0
                if isinstance(error, RefusedError) and error.busy:
                    self._limiter.slow_down()
            except FetchError as error:
                if self._tickets is None or error.reason is not Reason.ENDPOINT_REFUSED:
                    raise
                raise self._failure(entry, Diagnosis(error.reason, "", retryable=False)) from error
            self._retried()
            self._backoff.wait(failures, retry_after)

    def close(self) -> None:
        """Closes all connections; pending requests fail, so that their threads end."""
        self._backoff.end()
        with self._lock:
            while self._idle:
                self._idle.pop().close()
            for channel in self._open:
                channel.abort()

    def _receive(self, wanted: _Wanted) -> Generator[int]:
        """Reads over an idle or new connection, which is kept only after a complete response."""
        with self._limiter:
            with self._lock:
                channel = self._idle.pop() if self._idle else Channel(self._connector.connect)
                self._open.add(channel)
            try:
                yield from self._receive_over(channel, wanted)
            except BaseException:
                with self._lock:
                    self._open.discard(channel)
                channel.close()
                raise
            with self._lock:
                self._open.discard(channel)
                self._idle.append(channel)
                self._conditions = wanted.condition

    def _receive_over(self, channel: Channel, wanted: _Wanted) -> Generator[int]:
        answer = self._answer(channel, wanted)
        self._require_pinned(wanted.entry, answer)
        _require_range(wanted, answer)
        yield from _fill(wanted, answer)
        if answer.chunked and answer.read(1):
            raise BrokenAnswerError("sent an answer of another length than asked for")
        if answer.closes:
            channel.close()

    def _answer(self, channel: Channel, wanted: _Wanted) -> Answer:
        """Returns a successful response; reconnects once if the store has closed a kept connection."""
        target, headers = self._request(wanted)
        kept = channel.is_open
        try:
            return _successful(channel, target, headers)
        except (ConnectionError, ProtocolError):
            channel.close()
            if not kept:
                raise
        return _successful(channel, target, headers)

    def _request(self, wanted: _Wanted) -> tuple[str, dict[str, str]]:
        """Returns the target and headers of the request."""
        entry = wanted.entry
        target = self._target(entry)
        signed = self._signer.headers(target, datetime.now(UTC)) if self._signer else {"host": self._address.host}  # noqa: TID251 - what the store compares with its own clock
        condition = etags.if_match_values(entry.etag)[wanted.condition]
        headers = signed | self._connector.headers | {"if-match": condition}
        if entry.size:  # a range of nothing is an error
            headers["range"] = f"bytes={wanted.first}-{wanted.end - 1}"
        return self._connector.absolute + target, headers

    def _target(self, entry: Entry) -> str:
        if self._tickets is not None:
            return self._tickets.target(entry)
        query = {"versionId": entry.version_id} if entry.version_id is not None else {}
        return self._address.target(self._key(entry), query)

    def _is_renewed(self, error: Exception, wanted: _Wanted) -> bool:
        """Whether another address is tried: one that has ended is refused like one that never was good."""
        if self._tickets is None or wanted.renewed or not _is_denied(error):
            return False
        self._tickets.renew(wanted.entry)
        wanted.renewed = True
        return True

    def _require_pinned(self, entry: Entry, answer: Answer) -> None:
        """Compares what is sent with the pin, since not every store honours If-Match. Raises FetchError."""
        etag, size = answer.headers.get("etag"), _total(answer)
        if size not in {None, entry.size} or etags.contradicts(etag, entry.etag):
            now = f"now ETag {etag}, {size} bytes"
            raise self._failure(entry, Diagnosis(Reason.CONTENT_CHANGED, now, retryable=False))

    def _key(self, entry: Entry) -> str:
        return entry.key_below(self._where.prefix)

    def _request_context(self, entry: Entry) -> RequestContext:
        return RequestContext(
            location=self._where,
            address=self._address,
            anonymous=self._signer is None,
            hints=MANIFEST_HINTS,
            key=self._key(entry),
            version_id=entry.version_id,
        )

    def _failure(self, entry: Entry, found: Diagnosis) -> FetchError:
        if self._tickets is not None:
            return failure(entry, found)
        bucket, key = self._where.bucket, self._key(entry)
        match found.reason:
            case Reason.CONTENT_CHANGED:
                message = (
                    f"object {key} in bucket {bucket} is no longer what was pinned (ETag {entry.etag}, {entry.size} "
                    f"bytes; {found.message}): restore it, or register the new content as a new version"
                )
            case Reason.ENDPOINT_UNREACHABLE if key not in found.message:
                message = f"{found.message} (object {key} in bucket {bucket})"
            case _:
                message = found.message
        return FetchError(found.reason, message)


def _may_need_unquoted_etag(error: Exception, wanted: _Wanted) -> bool:
    """Returns True if the store may have rejected the quotes of the ETag rather than the object."""
    refused = isinstance(error, RefusedError) and error.response.status == HTTPStatus.PRECONDITION_FAILED
    return refused and wanted.condition == 0


def _is_denied(error: Exception) -> bool:
    return isinstance(error, RefusedError) and error.response.status == HTTPStatus.FORBIDDEN


def _successful(channel: Channel, target: str, headers: dict[str, str]) -> Answer:
    answer = channel.get(target, headers, SILENCE_SECONDS)
    if answer.status not in _SUCCESSES:
        raise refusal(answer, answer.read(ERROR_BYTES))
    return answer


def _fill(wanted: _Wanted, answer: Answer) -> Generator[int]:
    """Reads what is missing, yielding the number of bytes received so far."""
    begun, since, rest = time.monotonic(), 0, wanted.rest
    while rest:
        size = answer.readinto(rest)
        if not size:
            raise BrokenAnswerError("cut off its answer")
        wanted.came += size
        wanted.renewed = False
        yield wanted.came
        rest, since = rest[size:], since + size
        if (seconds := time.monotonic() - begun) >= SILENCE_SECONDS:
            if since < SLOWEST * seconds:
                raise BrokenAnswerError(f"sends fewer than {SLOWEST} bytes a second")
            begun, since = time.monotonic(), 0


def _total(answer: Answer) -> int | None:
    """Returns the size of the object according to the response; None if it is not in there."""
    if answer.status == HTTPStatus.OK:
        return answer.length
    total = answer.headers.get("content-range", "").rpartition("/")[2]
    return int(total) if total.isdecimal() else None


def _require_range(wanted: _Wanted, answer: Answer) -> None:
    """Raises BrokenAnswerError if the response is not for exactly the requested range."""
    length = len(wanted.rest)
    if answer.length not in {None, length}:
        raise BrokenAnswerError(f"sent an answer of another length than the {length} bytes asked for")
    if answer.status == HTTPStatus.OK:
        if length != wanted.entry.size:
            raise BrokenAnswerError("sent the whole object instead of a range of it")
        return
    sent = answer.headers.get("content-range", "").partition("/")[0].strip()
    if sent != f"bytes {wanted.first}-{wanted.end - 1}":
        raise BrokenAnswerError(f"sent an answer of another range than the {length} bytes asked for")


def _address(access: Access) -> Address:
    """Returns the store's address. Raises FetchError."""
    if access.tickets is not None:
        if access.tickets.address.scheme == "http" and not access.allow_http:
            raise FetchError(Reason.ENDPOINT_REFUSED, "the store is without TLS, which the operator's settings refuse")
        return access.tickets.address
    try:
        found = address(access.location)
    except AddressError as error:
        raise FetchError(Reason.ENDPOINT_REFUSED, str(error)) from error
    if found.scheme == "http" and not access.allow_http:
        raise FetchError(Reason.ENDPOINT_REFUSED, f"{found.host} is without TLS: use https, or allow http expressly")
    return found
