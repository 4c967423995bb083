"""The HTTPS server that pods ask for tickets. Decides nothing: it bounds, passes on and answers."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from aiapp.adapters.tickets.connections import Connections
from aiapp.domain.exeml.tickets import (
    PATH,
    REQUEST_BYTES,
    Ticket,
    TicketFormError,
    TicketRefusedError,
    TicketRequest,
    refusal_body,
)
from aiapp.domain.fair_share import FairShare
from aiapp.domain.recent import Recent
from aiapp.domain.sliding_window import SlidingWindow
from aiapp.ports.kubernetes import ApiError

logger = logging.getLogger(__name__)

Answer = Callable[[str, TicketRequest], Awaitable[Ticket]]
"""The ticket for a token's pod. Raises `TicketRefusedError`, `ApiError`."""
AT_ONCE: Final = 16
"""Requests that are looked into at the same time, of which each address has a share; others are told to come again."""
WINDOW_SECONDS: Final = 10.0
FROM_ONE: Final = 60
"""Requests of one address in that time; a fetch of a hundred thousand files asks about as often in half a minute."""
ADDRESSES: Final = 4096
"""Of which is known how often they asked."""
REQUEST_SECONDS: Final = 5.0
"""For the body of a request to come."""
LONGEST_SECONDS: Final = 30.0
"""For one request, with all that is asked of the API server for it."""
IDLE_SECONDS: Final = 5.0
"""A connection without a request is not kept longer."""
_SHUTDOWN_SECONDS: Final = 0.5
_BEARER: Final = "Bearer "


class Rate:
    """Counts what each address asked for lately."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._asked: Recent[str, SlidingWindow] = Recent(ADDRESSES)

    def is_too_high(self, asker: str) -> bool:
        """Counts one request more, unless there were too many already."""
        now = self._clock()
        requests = self._asked.setdefault(asker, SlidingWindow(WINDOW_SECONDS))
        if requests.left(FROM_ONE, now) > 0:
            return True
        requests.add(now)
        return False


class TicketServer:
    """Listens where a Service of the operator leads to."""

    def __init__(self, answer: Answer, clock: Callable[[], float], counted: Callable[[str], None]) -> None:
        """`counted` is told what became of each request: `given`, or in one word why not."""
        self._answer, self._counted = answer, counted
        self._rate, self._shares = Rate(clock), FairShare(AT_ONCE)
        self._connections: Connections | None = None
        application = web.Application(client_max_size=REQUEST_BYTES)
        application.router.add_post(PATH, self._asked)
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS, keepalive_timeout=IDLE_SECONDS
        )

    async def start(self, host: str, port: int, tls: ssl.SSLContext) -> tuple[str, int]:
        """The address it listens on; port 0 takes a free one. Raises OSError when it is taken."""
        await self._runner.setup()
        assert self._runner.server is not None
        self._connections = Connections(self._runner.server)
        return self._connections.start(host, port, tls)

    async def stop(self) -> None:
        """Open connections are cut."""
        if self._connections is not None:
            await self._connections.stop()
        await self._runner.cleanup()

    async def _asked(self, request: web.Request) -> web.Response:
        who = request.remote or ""
        if self._rate.is_too_high(who):
            return self._refused("busy", "too many ask at once", 503)
        try:
            # Before it has a place, which it would keep for as long as it pleases.
            async with asyncio.timeout(REQUEST_SECONDS):
                body = await request.read()
        except TimeoutError:
            return self._refused("form", "the request did not come in time", 503)
        if not self._shares.has_place(who):
            return self._refused("busy", "too many ask at once", 503)
        self._shares.take(who)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await self._answered(request.headers.get("Authorization", ""), body)
        except TimeoutError:
            return self._refused("api", "the API server did not answer in time", 503)
        finally:
            self._shares.give_back(who)

    async def _answered(self, token: str, body: bytes) -> web.Response:
        if not token.startswith(_BEARER):
            return self._refused("form", "a request has a token", 400)
        try:
            found = await self._answer(token.removeprefix(_BEARER), TicketRequest.read(body))
        except TicketFormError as error:
            return self._refused("form", str(error), 400)
        except TicketRefusedError as error:
            return self._refused(error.why, error.message, 409 if error.soon else 403)
        except ApiError as error:
            logger.warning("no ticket: %s", error)
            return self._refused("api", "the API server did not answer as it should", 503)
        self._counted("given")
        return web.Response(body=found.body, content_type="application/json", headers={"Cache-Control": "no-store"})

    def _refused(self, why: str, message: str, status: int) -> web.Response:
        self._counted(why)
        return web.Response(body=refusal_body(message), status=status, content_type="application/json")
