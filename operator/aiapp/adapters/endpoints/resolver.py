"""Resolves names with a timeout, on a bounded number of threads.

A lookup that timed out occupies its thread until the system gives up, so a slow name server is also bounded per domain.
"""

import asyncio
import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

MAX_LOOKUPS: Final = 32
"""Concurrent lookups, including those that timed out."""
MAX_LOOKUPS_OF_DOMAIN: Final = 8
"""The same for one domain, whose name server may belong to one tenant."""

Found = Sequence[tuple[Any, Any, int, str, Any]]
"""The result of `socket.getaddrinfo`."""


class Resolver:
    """Bound to one event loop."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: Counter[str] = Counter()
        self._waiting: list[asyncio.Future[None]] = []

    async def addresses(self, name: str, port: int) -> Found:
        """Returns the addresses of a name. Raises `socket.gaierror`, also after a timeout."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._looked_up(name, port)
        except TimeoutError as error:
            raise socket.gaierror(socket.EAI_AGAIN, f"no answer in {self._seconds:g} s") from error

    async def _looked_up(self, name: str, port: int) -> Found:
        loop = asyncio.get_running_loop()
        domain = ".".join(name.rstrip(".").split(".")[-2:])
        while not self._has_room(domain):
            room: asyncio.Future[None] = loop.create_future()
            self._waiting.append(room)
            await room
        self._running[domain] += 1
        answer: asyncio.Future[Found] = loop.create_future()

        def ended(found: Found | socket.gaierror) -> None:
            self._leave(domain)
            if answer.done():  # the caller timed out
                return
            if isinstance(found, socket.gaierror):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        def look_up() -> None:
            found = _addresses(name, port)
            with contextlib.suppress(RuntimeError):  # the event loop is closed
                loop.call_soon_threadsafe(ended, found)

        threading.Thread(target=look_up, name="resolver", daemon=True).start()
        return await answer

    def _has_room(self, domain: str) -> bool:
        return self._running.total() < MAX_LOOKUPS and self._running[domain] < MAX_LOOKUPS_OF_DOMAIN

    def _leave(self, domain: str) -> None:
        self._running[domain] -= 1
        if not self._running[domain]:
            del self._running[domain]
        waiting, self._waiting = self._waiting, []
        for room in waiting:
            if not room.done():
                room.set_result(None)


def _addresses(name: str, port: int) -> Found | socket.gaierror:
    try:
        return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return error
    except (OSError, UnicodeError) as error:
        return socket.gaierror(socket.EAI_NONAME, str(error))
