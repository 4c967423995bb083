"""The console over API servers in memory, as browsers see it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any, Final

import aiohttp
from aiohttp.test_utils import TestClient, TestServer
from tests.support.fleet import TABLES
from tests.support.records import NOON
from tests.support.user_api import UserObjects
from typing_extensions import override

from aiapp.console.access.local import LocalAccess
from aiapp.console.access.login import LoginAccess
from aiapp.console.access.proxy import ProxyAccess
from aiapp.console.access.users import Users
from aiapp.console.http.app import make_app
from aiapp.console.http.hosts import Hosts
from aiapp.console.pages.routes import pages
from aiapp.console.rendering.renderer import Renderer
from aiapp.console.visiting.sealing import Sealer
from aiapp.console.visiting.visit import Console
from aiapp.console.visiting.visitor import Access
from aiapp.queries.cluster import UserApi
from aiapp.queries.nodes import NodeTables

Browser = TestClient[Any, Any]
KEY: Final = b"k" * 32
NOW: Final = NOON.timestamp()


class KnownUsers(Users):
    """People by their tokens, each with an API server of their own."""

    def __init__(self, known: Mapping[str, UserApi]) -> None:
        self.known = known
        self.asked: list[str] = []

    @override
    @asynccontextmanager
    async def api(self, token: str) -> AsyncIterator[UserApi]:
        yield self.known[token]

    @override
    async def name(self, token: str) -> str | None:
        self.asked.append(token)
        return f"owner of {token}" if token in self.known else None


@asynccontextmanager
async def browser(access: Access, *, home: str = "vision", hosts: tuple[str, ...] = ()) -> AsyncIterator[Browser]:
    """A browser that nobody has come in with yet, and follows no redirect by itself."""
    tables = NodeTables(TABLES, "aiapp-system/aiapp-node-facts")
    console = Console(access, Renderer(), Sealer(KEY), tables, home, lambda: NOON)
    server = TestServer(make_app(console, Hosts(hosts), pages()))
    await server.start_server()
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=server.make_url("/").origin())
    async with TestClient(server, cookie_jar=jar) as client:
        yield client


@asynccontextmanager
async def alone(held: UserObjects) -> AsyncIterator[Browser]:
    """The browser of a person on their own machine, who has come in."""
    access = LocalAccess(held, "me")
    async with browser(access) as client:
        async with client.get(f"/enter?token={access.token}", allow_redirects=False) as entered:
            assert entered.status == 303
        yield client


def login(known: Mapping[str, UserApi], now: float = NOW) -> LoginAccess:
    """People who log in with their tokens."""
    return LoginAccess(KnownUsers(known), Sealer(KEY), lambda: now)


def proxied(known: Mapping[str, UserApi]) -> ProxyAccess:
    """People whose tokens a proxy sends."""
    return ProxyAccess(KnownUsers(known), "X-Forwarded-Access-Token")


class Fields(HTMLParser):
    """The values of the fields of a page's forms, by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.found[str(given["name"])] = given.get("value") or ""


async def logged_in(client: Browser, token: str) -> int:
    """Types a token into the login form; the status of the answer."""
    async with client.get("/login") as shown:
        fields = Fields(await shown.text()).found
    async with client.post("/login", data={**fields, "token": token}, allow_redirects=False) as answer:
        return answer.status


async def page(client: Browser, path: str, **headers: str) -> str:
    """The text of a page that is there."""
    async with client.get(path, headers=headers) as answer:
        text = await answer.text()
        assert answer.status == 200, text
        return text
