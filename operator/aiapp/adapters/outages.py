"""Remembers which endpoints are down, so that many who want one of them do not all wait for it.

While an endpoint is down, one call at a time tries it; the others fail at once. Never looks at a clock: the first
answer ends the outage.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from aiapp.api.conditions import Reason
from aiapp.ports import StoreError

Result = TypeVar("Result")

_MAX_ENDPOINTS: Final = 1024


class Outages:
    """For use by one event loop; `refuse` may be called from any thread."""

    def __init__(self) -> None:
        self._messages: dict[str, str] = {}
        self._tried: set[str] = set()

    async def guarded(self, endpoint: str, call: Callable[[bool], Awaitable[Result]]) -> Result:
        """The result of `call`, which is told whether it is the one that tries an endpoint that is down."""
        if endpoint not in self._messages:
            return await self._watched(endpoint, call(False))  # noqa: FBT003
        if endpoint in self._tried:
            self.refuse(endpoint)
        self._tried.add(endpoint)
        try:
            return await self._watched(endpoint, call(True))  # noqa: FBT003
        finally:
            self._tried.discard(endpoint)

    def refuse(self, endpoint: str) -> None:
        """Raises for an endpoint that is down; for calls whose turn comes after it went down."""
        message = self._messages.get(endpoint)
        if message is not None:
            raise StoreError(Reason.ENDPOINT_UNREACHABLE, message, retryable=True)

    async def _watched(self, endpoint: str, call: Awaitable[Result]) -> Result:
        try:
            result = await call
        except StoreError as error:
            self._learn(endpoint, error)
            raise
        self._messages.pop(endpoint, None)
        return result

    def _learn(self, endpoint: str, error: StoreError) -> None:
        if error.reason is not Reason.ENDPOINT_UNREACHABLE or not error.retryable:
            self._messages.pop(endpoint, None)
            return
        if len(self._messages) >= _MAX_ENDPOINTS:
            self._messages.clear()
        self._messages[endpoint] = error.message
