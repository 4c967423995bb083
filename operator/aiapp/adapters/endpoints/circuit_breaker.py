"""A circuit breaker per origin: while a host does not accept connections, one request at a time probes it.

All other requests to it fail at once. Uses no clock: the first response closes the circuit. Opens only for connections
that a host did not accept, since any other problem may be caused by one tenant's settings and must not affect others.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from aiapp.api.conditions import Reason
from aiapp.ports.endpoints import EndpointError

Result = TypeVar("Result")

_MAX_ORIGINS: Final = 1024


class HostDownError(EndpointError):
    """The host does not accept connections."""

    def __init__(self, message: str) -> None:
        super().__init__(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)


class CircuitBreaker:
    """Keyed by origin: scheme, host (with the bucket, if that is part of it) and port. Bound to one event loop."""

    def __init__(self) -> None:
        self._messages: dict[str, str] = {}
        self._probed: set[str] = set()

    async def call(self, origin: str, call: Callable[[bool], Awaitable[Result]]) -> Result:
        """Returns the result of `call`, whose argument is True if it probes an origin that is down."""
        if origin not in self._messages:
            return await self._watched(origin, call(False))  # noqa: FBT003
        if origin in self._probed:
            self.refuse(origin)
        self._probed.add(origin)
        try:
            return await self._watched(origin, call(True))  # noqa: FBT003
        finally:
            self._probed.discard(origin)

    def refuse(self, origin: str) -> None:
        """Raises `HostDownError` if the origin is down; for calls that had to wait meanwhile."""
        message = self._messages.get(origin)
        if message is not None:
            raise HostDownError(message)

    async def _watched(self, origin: str, call: Awaitable[Result]) -> Result:
        try:
            result = await call
        except HostDownError as error:
            if len(self._messages) >= _MAX_ORIGINS:
                self._messages.clear()
            self._messages[origin] = error.message
            raise
        except EndpointError:
            self._messages.pop(origin, None)
            raise
        self._messages.pop(origin, None)
        return result
