"""Requests to S3-compatible stores over one HTTP session, signed by botocore, each with a deadline and a bound.

Never follows a redirect, never uses other keys than it is given, never reads more than its reader asks for.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp

from aiapp.adapters.http import bounded
from aiapp.adapters.objectstore.explanation import explained
from aiapp.adapters.objectstore.outages import Outages, UnreachableError
from aiapp.adapters.objectstore.sessions import Sessions, SessionSettings
from aiapp.adapters.objectstore.signing import signed
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.ports import ObjectChangedError, StoreError
from aiapp.s3.listing import UnreadableError
from aiapp.s3.meaning import ERROR_BYTES, Answered, Asked, Meaning, answered, meaning

Result = TypeVar("Result")
Read = Callable[[aiohttp.ClientResponse], Awaitable[Result]]
"""Makes something of a successful answer; may raise `StoreError` or whatever reading raises."""

AGENT: Final = "aiapp-operator"
_SUCCESSES: Final = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})


class AnswerError(StoreError):
    """The store answered with something else than success."""

    def __init__(self, answer: Answered, found: Meaning) -> None:
        super().__init__(found.reason, found.message, retryable=found.passing)
        self.answer = answer


class UnreadableAnswerError(StoreError):
    """The store answered with success, and with something that it was not asked for."""


class TooSlowError(StoreError):
    """An answer was not complete when its time was over; asking again at once would take as long."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and after what wait; the wait doubles each time and is a random part of that."""

    attempts: int = 3
    seconds: float = 0.2
    uniform: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request about a bucket or an object."""

    asked: Asked
    credentials: Credentials | None
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Client:
    """For use by one event loop; to be closed at the end."""

    def __init__(self, settings: SessionSettings, retries: Retries, request_seconds: float, at_once: int) -> None:
        """`request_seconds`: for one whole answer; `at_once`: requests to one origin at the same time."""
        self.sessions = Sessions(settings)
        self._retries = retries
        self._request_seconds = request_seconds
        self._limits = _Limits(at_once)
        self._outages = Outages()

    async def make(self, request: Request, read: Read[Result]) -> Result:
        """What `read` makes of the answer. Raises `StoreError` whatever goes wrong; what may pass is tried again."""
        origin = request.asked.address.origin

        async def call(trying: bool) -> Result:  # noqa: FBT001
            async with self._limits.turn(origin):
                if not trying:
                    self._outages.refuse(origin)
                return await self._tried(request, read)

        return await self._outages.guarded(origin, call)

    async def close(self) -> None:
        """Lets go of every connection; requests that are under way fail."""
        await self.sessions.close()

    async def _tried(self, request: Request, read: Read[Result]) -> Result:
        attempt = 1
        while True:
            try:
                return await self._once(request, read)
            except StoreError as error:
                if attempt == self._retries.attempts or not error.retryable or isinstance(error, _FINAL):
                    raise
            await asyncio.sleep(self._retries.seconds * 2 ** (attempt - 1) * self._retries.uniform())
            attempt += 1

    async def _once(self, request: Request, read: Read[Result]) -> Result:
        try:
            async with asyncio.timeout(self._request_seconds) as deadline:
                return await self._answered(request, read)
        except StoreError:
            raise
        except Exception as error:
            raise (self._too_slow(request) if deadline.expired() else self._failure(error, request)) from error

    async def _answered(self, request: Request, read: Read[Result]) -> Result:
        address, where = request.asked.address, request.asked.where
        target = address.target(request.asked.key or "", request.query)
        headers = {"Host": address.host, "User-Agent": AGENT, "Accept-Encoding": "identity", **request.headers}
        if request.credentials is not None:
            headers = signed(request.method, f"{address.origin}{target}", headers, where.region, request.credentials)
        async with self.sessions.request(request.method, address, target, headers, where.authorities) as answer:
            if answer.status in _SUCCESSES:
                return await read(answer)
            said = answered(
                answer.status,
                await bounded.beginning(answer.content, ERROR_BYTES),
                answer.headers.get("x-amz-bucket-region", ""),
            )
            raise AnswerError(said, meaning(said, request.asked))

    def _failure(self, error: Exception, request: Request) -> StoreError:
        proxied = self.sessions.proxy(request.asked.address) is not None
        found = explained(error, request.asked, proxied=proxied)
        if found.down:
            return UnreachableError(found.message)
        made = UnreadableAnswerError if isinstance(error, UnreadableError) else StoreError
        return made(found.reason, found.message, retryable=found.passing)

    def _too_slow(self, request: Request) -> StoreError:
        host, seconds = request.asked.address.host, self._request_seconds
        message = f"{host} sends so slowly that an answer was not complete after {seconds:g} s"
        return TooSlowError(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)


class _Limits:
    """How many requests each origin gets at the same time; origins that get none are forgotten."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._wanted: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, origin: str) -> AsyncIterator[None]:
        self._wanted[origin] += 1
        try:
            async with self._turns.setdefault(origin, asyncio.Semaphore(self._at_once)):
                yield
        finally:
            self._wanted[origin] -= 1
            if not self._wanted[origin]:
                del self._wanted[origin], self._turns[origin]


_FINAL: Final = (ObjectChangedError, TooSlowError)
"""Not worth another try at once."""
