"""HTTP sessions for requests to endpoints: one for direct connections, one for a proxy.

Never stores a cookie, never follows a redirect, never decompresses a response.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ssl import SSLContext
from typing import Final

import aiohttp
from yarl import URL

from aiapp.adapters.endpoints.connector import connector
from aiapp.adapters.endpoints.resolver import Resolver
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.endpoints.endpoint import Endpoint
from aiapp.endpoints.trust import trusting

PIECE_BYTES: Final = 256 << 10
"""Of a longer body are sent at once, so that the event loop is not blocked."""
MAX_CONTEXTS: Final = 64
"""Cached TLS contexts; loading the public authorities takes 20 ms."""


class AuthoritiesError(Exception):
    """The authorities that are to be trusted cannot be read; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """Settings of all sessions."""

    connect_seconds: float
    read_seconds: float
    ca_bundle: str | None
    policy: EndpointPolicy
    proxies: Proxies


class Sessions:
    """Bound to one event loop; must be closed."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._policy = settings.policy
        self._resolver = Resolver(settings.connect_seconds)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._contexts: OrderedDict[str | None, SSLContext] = OrderedDict()
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
        async with self._session(proxied=proxy is not None).request(
            method,
            URL(f"{endpoint.origin}{target}", encoded=True),
            headers=headers,
            data=_pieces(body) if len(body) > PIECE_BYTES else body or None,
            proxy=proxy,
            ssl=await self._tls_context(authorities) if endpoint.scheme == "https" else True,
            allow_redirects=False,
        ) as response:
            yield response

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
        context = self._contexts.pop(authorities, None)
        if context is None:
            try:
                context = await asyncio.to_thread(trusting, authorities, self._settings.ca_bundle)
            except (ValueError, OSError) as error:
                raise AuthoritiesError(f"the authorities that are to be trusted cannot be read: {error}") from error
        self._contexts[authorities] = context
        if len(self._contexts) > MAX_CONTEXTS:
            self._contexts.popitem(last=False)
        return context


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE_BYTES):
        yield body[start : start + PIECE_BYTES]
