"""The two ways to run: for one person on their own machine, and for many with a token each."""

import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from aiapp.adapters.kube.client import KubeApi, Timing
from aiapp.adapters.kube.credentials import KubeCredentials, session
from aiapp.console.access.local import ENTER, LocalAccess
from aiapp.console.access.login import LoginAccess
from aiapp.console.access.proxy import ProxyAccess
from aiapp.console.access.users import ANSWER_SECONDS, ApiServer, Users, user_name
from aiapp.console.http.app import make_app
from aiapp.console.http.hosts import Hosts
from aiapp.console.http.serving import serve
from aiapp.console.live.streams import MOST, WATCHES
from aiapp.console.pages.routes import pages
from aiapp.console.rendering.renderer import Renderer
from aiapp.console.visiting.sealing import Sealer
from aiapp.console.visiting.visit import Console, path
from aiapp.console.visiting.visitor import Access
from aiapp.ports.clock import Clock
from aiapp.queries.nodes import NodeTables

CONNECTIONS: Final = MOST * WATCHES + 112
"""Requests and watches at the API server at the same time, over all people: live pages leave room for the others."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the console answers."""

    host: str
    port: int
    names: Sequence[str] = ()
    """Beside loopback's."""
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What pages need beside the cluster."""

    tables: NodeTables
    now: Clock


@dataclass(frozen=True, slots=True)
class ForUsers:
    """How people log in, and which API server knows them."""

    server: ApiServer
    token_header: str | None
    """Header of the authenticating proxy; None: people log in."""
    key: bytes | None
    """Seals their cookies; None: one that ends with this process."""
    home: str = field(default="")


async def run_local(
    credentials: KubeCredentials, namespace: str, listening: Listening, means: Means, announce: Callable[[str], None]
) -> None:
    """Serves one person with the rights of the credentials; `announce` gets the address to open."""
    timing = Timing(attempt=ANSWER_SECONDS, total=ANSWER_SECONDS)
    async with (
        aiohttp.TCPConnector(ssl=credentials.tls, limit=CONNECTIONS) as connector,
        session(credentials, connector) as opened,
    ):
        api = KubeApi(opened, credentials.server, timing)
        access = LocalAccess(api, await user_name(api) or "")

        def started(port: int) -> None:
            host = f"[{listening.host}]" if ":" in listening.host else listening.host
            announce(f"http://{host}:{port}{path(ENTER[1:], token=access.token)}")

        console = Console(access, Renderer(), Sealer.random(), means.tables, namespace, means.now)
        await _serve(console, listening, started)


async def run_for_users(users: ForUsers, listening: Listening, means: Means, announce: Callable[[str], None]) -> None:
    """Serves many, each with their own rights; `announce` gets where it listens."""
    sealer = Sealer.random() if users.key is None else Sealer(users.key)
    async with _people(users.server) as people:
        access: Access = (
            LoginAccess(people, sealer, time.time)  # noqa: TID251 - cookies end by the calendar
            if users.token_header is None
            else ProxyAccess(people, users.token_header)
        )
        console = Console(access, Renderer(), sealer, means.tables, users.home, means.now)
        await _serve(console, listening, lambda port: announce(f"{listening.host}:{port}"))


@asynccontextmanager
async def _people(server: ApiServer) -> AsyncIterator[Users]:
    async with aiohttp.TCPConnector(ssl=server.tls, limit=CONNECTIONS) as connector:
        yield Users(server, connector)


async def _serve(console: Console, listening: Listening, started: Callable[[int], None]) -> None:
    app = make_app(console, Hosts(listening.names), pages())
    await serve(app, listening.host, listening.port, listening.tls, started)
