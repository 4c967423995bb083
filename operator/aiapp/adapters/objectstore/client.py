"""An HTTP client for S3-compatible stores: signing, retries, deadlines, concurrency limits and a circuit breaker.

Never follows a redirect, never uses credentials that it was not given.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Protocol, TypeVar

import aiohttp

from aiapp.adapters.endpoints.attempts import Attempts, Target
from aiapp.adapters.endpoints.sessions import Sessions, headers_for
from aiapp.adapters.endpoints.settings import EndpointSettings
from aiapp.adapters.http import bounded
from aiapp.adapters.objectstore.signing import signed
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.endpoints.diagnosis import ERROR_BYTES, Diagnosis, UnreadableError
from aiapp.ports.endpoints import EndpointError
from aiapp.ports.objectstore import ObjectChangedError, StoreError
from aiapp.s3.errors import ErrorResponse, RequestContext, diagnose_response, error_response

Result = TypeVar("Result")
Read = Callable[[aiohttp.ClientResponse], Awaitable[Result]]
"""Reads a successful response; may raise `StoreError`, and whatever reading raises."""

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
        self, settings: EndpointSettings, uniform: Callable[[], float], observer: StoreObserver | None = None
    ) -> None:
        self.sessions = Sessions(settings, observer.stored if observer is not None else None)
        self._attempts = Attempts(settings, uniform, final=(ObjectChangedError,))

    async def execute(self, request: StoreRequest, read: Read[Result]) -> Result:
        """Returns the result of `read`. Raises `StoreError`, after retries if the problem is transient."""
        address = request.context.address
        target = Target(address.origin, request.context, proxied=self.sessions.proxy(address) is not None)
        try:
            return await self._attempts.result(target, lambda: self._send(request, read))
        except StoreError:
            raise
        except EndpointError as error:
            kind = UnreadableResponseError if isinstance(error.__cause__, UnreadableError) else StoreError
            raise kind(error.reason, error.message, retryable=error.retryable) from error

    async def close(self) -> None:
        """Closes all connections; requests in flight fail."""
        await self.sessions.close()

    async def _send(self, request: StoreRequest, read: Read[Result]) -> Result:
        address, location = request.context.address, request.context.location
        target = address.target(request.context.key or "", request.query)
        headers = {**headers_for(address), **request.headers}
        if request.credentials is not None:
            headers = signed(request.method, f"{address.origin}{target}", headers, location.region, request.credentials)
        async with self.sessions.request(request.method, address, target, headers, location.authorities) as response:
            return await _content(response, request, read)


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
