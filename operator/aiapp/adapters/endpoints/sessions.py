"""HTTP sessions for requests to endpoints: one for direct connections, one for a proxy.

Never stores a cookie, never follows a redirect, never decompresses a response.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Final

import aiohttp
from yarl import URL

from aiapp.adapters.endpoints.connector import connector
from aiapp.adapters.endpoints.resolver import Resolver
from aiapp.adapters.endpoints.settings import EndpointSettings
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.domain.recent import Recent
from aiapp.endpoints.endpoint import Endpoint
from aiapp.endpoints.trust import trusting

PIECE_BYTES: Final = 256 << 10
"""Of a longer body are sent at once, so that the event loop is not blocked."""
USER_AGENT: Final = "aiapp-operator"
MAX_CONTEXTS: Final = 64
"""Cached TLS contexts; loading the public authorities takes 20 ms."""

Answered = Callable[[str, int, float], None]
"""Is told the method, the status (0 without an answer) and the seconds that it took to read the answer."""


class AuthoritiesError(Exception):
    """The authorities that are to be trusted cannot be read; the text says why."""


class Sessions:
    """Bound to one event loop; must be closed."""

    def __init__(
        self,
        settings: EndpointSettings,
        answered: Answered | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._answered = answered
        self._monotonic = monotonic
        self._policy = settings.policy
        self._resolver = Resolver(settings.connect_seconds)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._contexts: Recent[str | None, SSLContext] = Recent(MAX_CONTEXTS)
        self._closing: set[asyncio.Task[None]] = set()

    def proxy(self, endpoint: Endpoint) -> str | None:
        """Returns the URL of the proxy to use, or None."""
        proxy = self._settings.proxies.of(endpoint.origin)
        return proxy if proxy is None or "://" in proxy else f"http://{proxy}"

    def keep_to(self, policy: EndpointPolicy) -> None:
        """Applies another policy from the next request on; requests in flight fail and are retried."""
        self._policy = policy
        for session in self._sessions.values():
            task = asyncio.get_running_loop().create_task(session.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._sessions = {}

    async def close(self) -> None:
        """Closes all connections."""
        sessions, self._sessions = list(self._sessions.values()), {}
        await asyncio.gather(*(session.close() for session in sessions), *self._closing)

    @asynccontextmanager
    async def request(
        self,
        method: str,
        endpoint: Endpoint,
        target: str,
        headers: Mapping[str, str],
        authorities: str | None,
        body: bytes = b"",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yields the response; unread parts of its body are discarded."""
        proxy = self.proxy(endpoint)
        started, status = self._monotonic(), 0
        try:
            async with self._session(proxied=proxy is not None).request(
                method,
                URL(f"{endpoint.origin}{target}", encoded=True),
                headers=headers,
                data=_pieces(body) if len(body) > PIECE_BYTES else body or None,
                proxy=proxy,
                ssl=await self._tls_context(authorities) if endpoint.scheme == "https" else True,
                allow_redirects=False,
            ) as response:
                status = response.status
                yield response
        finally:
            if self._answered is not None:
                self._answered(method, status, self._monotonic() - started)

    def _session(self, *, proxied: bool) -> aiohttp.ClientSession:
        if proxied not in self._sessions:
            settings = self._settings
            self._sessions[proxied] = aiohttp.ClientSession(
                connector=connector(self._resolver, None if proxied else self._policy),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=settings.connect_seconds, sock_read=settings.read_seconds
                ),
                auto_decompress=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            )
        return self._sessions[proxied]

    async def _tls_context(self, authorities: str | None) -> SSLContext:
        context = self._contexts.get(authorities)
        if context is None:
            try:
                context = await asyncio.to_thread(trusting, authorities, self._settings.ca_bundle)
            except (ValueError, OSError) as error:
                raise AuthoritiesError(f"the authorities that are to be trusted cannot be read: {error}") from error
            self._contexts.put(authorities, context)
        return context


def headers_for(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request."""
    return {"Host": endpoint.host, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE_BYTES):
        yield body[start : start + PIECE_BYTES]
