"""Calls of endpoints: retries, deadlines, limits of what is asked of one host at a time, and a circuit breaker."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from aiapp.adapters.endpoints.circuit_breaker import CircuitBreaker, HostDownError
from aiapp.adapters.endpoints.diagnosis import diagnose
from aiapp.adapters.endpoints.settings import EndpointSettings
from aiapp.api.conditions import Reason
from aiapp.endpoints.diagnosis import Peer
from aiapp.ports.endpoints import EndpointError

Result = TypeVar("Result")

MAX_WAIT_SECONDS: Final = 5.0
"""An endpoint that wants a longer pause is asked again by whoever asked, not here."""
_FIRST_PAUSE_SECONDS: Final = 0.2
"""Twice as long each time: exponential backoff with full jitter."""


class TooSlowError(EndpointError):
    """A response was not complete at its deadline. Not retried at once, since that would take as long."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a call is to."""

    origin: str
    """What limits and circuit breaker are kept for."""
    peer: Peer
    proxied: bool
    repeats: bool = True
    """Whether a call may be made again that may have had its effect."""
    seconds: float | None = None
    """Deadline of its whole response; None: the usual one."""


class Attempts:
    """Bound to one event loop."""

    def __init__(
        self, settings: EndpointSettings, uniform: Callable[[], float], final: tuple[type[EndpointError], ...] = ()
    ) -> None:
        """Errors of the types in `final` are not retried at once although they are transient."""
        self._attempts = settings.attempts
        self._request_seconds = settings.request_seconds
        self._uniform = uniform
        self._limits = _ConcurrencyLimits(settings.connections)
        self._breaker = CircuitBreaker()
        self._final: tuple[type[EndpointError], ...] = (TooSlowError, *final)

    async def result(self, target: Target, once: Callable[[], Awaitable[Result]]) -> Result:
        """The result of `once`, which may raise anything. Raises `EndpointError`, after retries if it is transient."""
        origin = target.origin

        async def call(probing: bool) -> Result:  # noqa: FBT001
            async with self._limits.slot(origin):
                if not probing:
                    self._breaker.refuse(origin)
                return await self._with_retries(target, once)

        return await self._breaker.call(origin, call)

    async def _with_retries(self, target: Target, once: Callable[[], Awaitable[Result]]) -> Result:
        attempt = 1
        while True:
            try:
                return await self._once(target, once)
            except EndpointError as error:
                wanted = error.after_seconds or 0.0
                is_final = not error.retryable or isinstance(error, self._final) or wanted > MAX_WAIT_SECONDS
                if attempt == self._attempts or is_final or not target.repeats:
                    raise
            await asyncio.sleep(wanted + _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * self._uniform())
            attempt += 1

    async def _once(self, target: Target, once: Callable[[], Awaitable[Result]]) -> Result:
        seconds = target.seconds or self._request_seconds
        try:
            async with asyncio.timeout(seconds) as deadline:
                return await once()
        except EndpointError:
            raise
        except Exception as error:
            raise (_too_slow(target.peer, seconds) if deadline.expired() else _failure(error, target)) from error


def _too_slow(peer: Peer, seconds: float) -> EndpointError:
    message = f"{peer.host} sends so slowly that a response was not complete after {seconds:g} s"
    return TooSlowError(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)


def _failure(error: Exception, target: Target) -> EndpointError:
    diagnosis = diagnose(error, target.peer, proxied=target.proxied)
    if diagnosis.host_down:
        return HostDownError(diagnosis.message)
    return EndpointError(diagnosis.reason, diagnosis.message, retryable=diagnosis.retryable)


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
