"""An HTTP client for S3-compatible stores: signing, retries, deadlines, concurrency limits and a circuit breaker.

Never follows a redirect, never uses credentials that it was not given.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Protocol, TypeVar

import aiohttp

from aiapp.adapters.http import bounded
from aiapp.adapters.objectstore.circuit_breaker import CircuitBreaker, HostDownError
from aiapp.adapters.objectstore.diagnosis import diagnose
from aiapp.adapters.objectstore.sessions import Sessions, SessionSettings
from aiapp.adapters.objectstore.signing import signed
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.ports import ObjectChangedError, StoreError
from aiapp.s3.errors import ERROR_BYTES, Diagnosis, ErrorResponse, RequestContext, diagnose_response, error_response
from aiapp.s3.listing import UnreadableError

Result = TypeVar("Result")
Read = Callable[[aiohttp.ClientResponse], Awaitable[Result]]
"""Reads a successful response; may raise `StoreError`, and whatever reading raises."""

USER_AGENT: Final = "aiapp-operator"
_SUCCESSES: Final = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})


class StoreObserver(Protocol):
    """Counts answers, for metrics."""

    def stored(self, method: str, status: int, seconds: float) -> None:
        """`status` is 0 without an answer."""


class ResponseError(StoreError):
    """The store returned an error response."""

    def __init__(self, response: ErrorResponse, diagnosis: Diagnosis) -> None:
        super().__init__(diagnosis.reason, diagnosis.message, retryable=diagnosis.retryable)
        self.response = response


class UnreadableResponseError(StoreError):
    """The store returned a successful response that is not the requested document."""


class TooSlowError(StoreError):
    """A response was not complete at its deadline. Not retried at once, since that would take as long."""


@dataclass(frozen=True, slots=True)
class Retries:
    """Exponential backoff with full jitter."""

    attempts: int = 3
    seconds: float = 0.2
    uniform: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRequest:
    """One request for a bucket or an object."""

    context: RequestContext
    credentials: Credentials | None
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Client:
    """Bound to one event loop; must be closed."""

    def __init__(
        self,
        settings: SessionSettings,
        retries: Retries,
        request_seconds: float,
        concurrency: int,
        observer: StoreObserver | None = None,
    ) -> None:
        """`request_seconds` bounds a whole response, `concurrency` the simultaneous requests to one origin."""
        self.sessions = Sessions(settings)
        self._retries = retries
        self._request_seconds = request_seconds
        self._limits = _ConcurrencyLimits(concurrency)
        self._breaker = CircuitBreaker()
        self._observer = observer

    async def execute(self, request: StoreRequest, read: Read[Result]) -> Result:
        """Returns the result of `read`. Raises `StoreError`, after retries if the problem is transient."""
        origin = request.context.address.origin

        async def call(probing: bool) -> Result:  # noqa: FBT001
            async with self._limits.slot(origin):
                if not probing:
                    self._breaker.refuse(origin)
                return await self._with_retries(request, read)

        return await self._breaker.call(origin, call)

    async def close(self) -> None:
        """Closes all connections; requests in flight fail."""
        await self.sessions.close()

    async def _with_retries(self, request: StoreRequest, read: Read[Result]) -> Result:
        attempt = 1
        while True:
            try:
                return await self._once(request, read)
            except StoreError as error:
                if attempt == self._retries.attempts or not error.retryable or isinstance(error, _FINAL):
                    raise
            await asyncio.sleep(self._retries.seconds * 2 ** (attempt - 1) * self._retries.uniform())
            attempt += 1

    async def _once(self, request: StoreRequest, read: Read[Result]) -> Result:
        try:
            async with asyncio.timeout(self._request_seconds) as deadline:
                return await self._send(request, read)
        except StoreError:
            raise
        except Exception as error:
            raise (self._deadline_exceeded(request) if deadline.expired() else self._failure(error, request)) from error

    async def _send(self, request: StoreRequest, read: Read[Result]) -> Result:
        address, location = request.context.address, request.context.location
        target = address.target(request.context.key or "", request.query)
        headers = {"Host": address.host, "User-Agent": USER_AGENT, "Accept-Encoding": "identity", **request.headers}
        if request.credentials is not None:
            headers = signed(request.method, f"{address.origin}{target}", headers, location.region, request.credentials)
        started, status = time.monotonic(), 0
        try:
            async with self.sessions.request(
                request.method, address, target, headers, location.authorities
            ) as response:
                status = response.status
                return await _content(response, request, read)
        finally:
            if self._observer is not None:
                self._observer.stored(request.method, status, time.monotonic() - started)

    def _failure(self, error: Exception, request: StoreRequest) -> StoreError:
        proxied = self.sessions.proxy(request.context.address) is not None
        diagnosis = diagnose(error, request.context, proxied=proxied)
        if diagnosis.host_down:
            return HostDownError(diagnosis.message)
        kind = UnreadableResponseError if isinstance(error, UnreadableError) else StoreError
        return kind(diagnosis.reason, diagnosis.message, retryable=diagnosis.retryable)

    def _deadline_exceeded(self, request: StoreRequest) -> StoreError:
        host, seconds = request.context.address.host, self._request_seconds
        message = f"{host} sends so slowly that a response was not complete after {seconds:g} s"
        return TooSlowError(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)


async def _content(response: aiohttp.ClientResponse, request: StoreRequest, read: Read[Result]) -> Result:
    """Raises `ResponseError`."""
    if response.status in _SUCCESSES:
        return await read(response)
    error = error_response(
        response.status,
        await bounded.beginning(response.content, ERROR_BYTES),
        response.headers.get("x-amz-bucket-region", ""),
    )
    raise ResponseError(error, diagnose_response(error, request.context))


class _ConcurrencyLimits:
    """A semaphore for each origin that has requests in flight or waiting."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._semaphores: dict[str, asyncio.Semaphore] = {}
        self._users: Counter[str] = Counter()

    @asynccontextmanager
    async def slot(self, origin: str) -> AsyncIterator[None]:
        self._users[origin] += 1
        try:
            async with self._semaphores.setdefault(origin, asyncio.Semaphore(self._concurrency)):
                yield
        finally:
            self._users[origin] -= 1
            if not self._users[origin]:
                del self._users[origin], self._semaphores[origin]


_FINAL: Final = (ObjectChangedError, TooSlowError)
"""Errors that are not retried at once although they are transient."""
