"""The HTTP sessions that requests to stores go over: one for direct connections, one through the proxy.

Never keeps a cookie, never follows a redirect, never inflates an answer.
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

from aiapp.adapters.objectstore.connector import connector
from aiapp.adapters.objectstore.resolver import Resolver
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.ports import StoreError
from aiapp.s3.addressing import Address
from aiapp.s3.trust import trusting

MAX_CONTEXTS: Final = 64
"""Sets of authorities that are kept ready; to read the public ones alone takes 20 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What all requests have in common."""

    connect_seconds: float
    read_seconds: float
    ca_bundle: str | None
    policy: EndpointPolicy
    proxies: Proxies


class Sessions:
    """For use by one event loop; to be closed at the end."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._policy = settings.policy
        self._resolver = Resolver(settings.connect_seconds)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._contexts: OrderedDict[str | None, SSLContext] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    def proxy(self, address: Address) -> str | None:
        """The proxy for that place; None: no proxy."""
        proxy = self._settings.proxies.of(address.origin)
        return proxy if proxy is None or "://" in proxy else f"http://{proxy}"

    def keep_to(self, policy: EndpointPolicy) -> None:
        """From the next request on, over new connections; requests that are under way fail and are tried again."""
        self._policy = policy
        for session in self._sessions.values():
            task = asyncio.get_running_loop().create_task(session.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._sessions = {}

    async def close(self) -> None:
        """Lets go of every connection."""
        sessions, self._sessions = list(self._sessions.values()), {}
        await asyncio.gather(*(session.close() for session in sessions), *self._closing)

    @asynccontextmanager
    async def request(
        self, method: str, address: Address, target: str, headers: Mapping[str, str], authorities: str | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer; what of it is not read within this is dropped."""
        proxy = self.proxy(address)
        async with self._session(proxied=proxy is not None).request(
            method,
            URL(f"{address.origin}{target}", encoded=True),
            headers=headers,
            proxy=proxy,
            ssl=await self._context(authorities) if address.scheme == "https" else True,
            allow_redirects=False,
        ) as answer:
            yield answer

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

    async def _context(self, authorities: str | None) -> SSLContext:
        context = self._contexts.pop(authorities, None)
        if context is None:
            try:
                context = await asyncio.to_thread(trusting, authorities, self._settings.ca_bundle)
            except (ValueError, OSError) as error:
                message = f"the authorities that are to be trusted cannot be read: {error}"
                raise StoreError(Reason.CA_BUNDLE_INVALID, message, retryable=False) from error
        self._contexts[authorities] = context
        if len(self._contexts) > MAX_CONTEXTS:
            self._contexts.popitem(last=False)
        return context
