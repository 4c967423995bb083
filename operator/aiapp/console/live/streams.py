"""Server-sent events: one stream for each page that is open, and not more than there is room for."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any, Final

from aiohttp import web

from aiapp.console.errors import PageError
from aiapp.console.live.following import Followed, changes
from aiapp.console.visiting.visit import Visit, visit_of
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS
from aiapp.ports.kubernetes import ApiError

ROUTE: Final = "live"
MOST: Final = 200
"""Streams of all people; whoever comes then looks again every 30 seconds instead."""
MOST_EACH: Final = 10
"""Streams of one person, however many sessions they have."""
WATCHES: Final = 2
"""Of one stream at most."""
HEARTBEAT_SECONDS: Final = 20.0
"""A comment after so long, so that proxies keep the stream, and a reader who has left is noticed."""
LONGEST_SECONDS: Final = 3600.0
"""The browser begins another one then, with whatever rights there are by then."""
HEADERS: Final = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}


class Streams:
    """The streams of one console."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._closing = asyncio.Event()

    def routes(self, namespace: str) -> Iterable[web.AbstractRouteDef]:
        """The stream of a namespace."""
        return [web.get(f"{namespace}/live", self._stream, name=ROUTE)]

    async def close(self, _: web.Application) -> None:
        """Ends all of them."""
        self._closing.set()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        visit = visit_of(request)
        assert visit.visitor is not None
        with self._place(visit.visitor.name or visit.visitor.binding):
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(request)
            try:
                await self._sent(response, visit)
            except ConnectionError:
                pass  # whoever looked has gone
            except ApiError:
                await response.write(b"event: ended\ndata:\n\n")
            return response

    @contextmanager
    def _place(self, person: str) -> Iterator[None]:
        if self._open.total() >= MOST or self._open[person] >= MOST_EACH:
            raise PageError(503, "error.too_many", {"Retry-After": "60"})
        self._open[person] += 1
        try:
            yield
        finally:
            self._open[person] -= 1
            self._open += Counter()  # drops whoever has none left

    async def _sent(self, response: web.StreamResponse, visit: Visit) -> None:
        assert visit.api is not None
        until = time.monotonic() + LONGEST_SECONDS
        await response.write(b"retry: 5000\n\n")
        async with aclosing(changes(visit.api, followed(visit), HEARTBEAT_SECONDS)) as found:
            while time.monotonic() < until and (is_change := await self._next(found)) is not None:
                await response.write(b"event: changed\ndata:\n\n" if is_change else b":\n\n")

    async def _next(self, changes: AsyncGenerator[bool, None]) -> bool | None:
        """None: the console ends. Leaves the generator at rest, also when it is cancelled itself."""
        next_one, closing = asyncio.ensure_future(anext(changes)), asyncio.ensure_future(self._closing.wait())
        either: set[asyncio.Future[Any]] = {next_one, closing}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            return next_one.result() if next_one.done() else None
        finally:
            closing.cancel()
            if not next_one.done():
                next_one.cancel()
                await asyncio.wait({next_one})


def followed(visit: Visit) -> Sequence[Followed]:
    """What the page shows that a request asks for."""
    query: Mapping[str, str] = visit.request.query
    namespace = None if visit.all_namespaces else visit.namespace
    if name := query.get("application"):
        return [Followed(APPLICATIONS, namespace, name)]
    if name := query.get("version"):
        return [Followed(VERSIONS, namespace, name)]
    return [Followed(APPLICATIONS, namespace), Followed(VERSIONS, namespace)]
