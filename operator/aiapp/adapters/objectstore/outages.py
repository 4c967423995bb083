"""Remembers where nothing listens, so that many who want to connect to the same place do not all wait for it.

While a place is down, one request at a time tries it; the others fail at once. Never looks at a clock: the first
answer ends the outage. Learns only from connections that a host did not accept: what else goes wrong may be the fault
of one tenant's settings, and another one must not hear of it.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from aiapp.api.conditions import Reason
from aiapp.ports import StoreError

Result = TypeVar("Result")

_MAX_ORIGINS: Final = 1024


class UnreachableError(StoreError):
    """Nothing accepts connections there."""

    def __init__(self, message: str) -> None:
        super().__init__(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)


class Outages:
    """By origin: scheme, host and port that are really connected to. For use by one event loop."""

    def __init__(self) -> None:
        self._messages: dict[str, str] = {}
        self._tried: set[str] = set()

    async def guarded(self, origin: str, call: Callable[[bool], Awaitable[Result]]) -> Result:
        """The result of `call`, which is told whether it is the one that tries an origin that is down."""
        if origin not in self._messages:
            return await self._watched(origin, call(False))  # noqa: FBT003
        if origin in self._tried:
            self.refuse(origin)
        self._tried.add(origin)
        try:
            return await self._watched(origin, call(True))  # noqa: FBT003
        finally:
            self._tried.discard(origin)

    def refuse(self, origin: str) -> None:
        """Raises for an origin that is down; for calls whose turn comes after it went down."""
        message = self._messages.get(origin)
        if message is not None:
            raise UnreachableError(message)

    async def _watched(self, origin: str, call: Awaitable[Result]) -> Result:
        try:
            result = await call
        except UnreachableError as error:
            if len(self._messages) >= _MAX_ORIGINS:
                self._messages.clear()
            self._messages[origin] = error.message
            raise
        except StoreError:
            self._messages.pop(origin, None)
            raise
        self._messages.pop(origin, None)
        return result
