"""People who come through an authenticating proxy, which sends their bearer token in a header."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiohttp import web
from typing_extensions import override

from aiapp.console.access.tokens import bearer
from aiapp.console.access.users import Users
from aiapp.console.visiting.visitor import Access, Visitor
from aiapp.queries.cluster import UserApi


class ProxyAccess(Access):
    """The header's token, or nobody."""

    secure = True
    entrance = None

    def __init__(self, users: Users, header: str) -> None:
        self._users = users
        self._header = header

    @override
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return []

    @override
    async def visitor(self, request: web.Request) -> Visitor | None:
        token = bearer(request.headers.getall(self._header, []))
        name = None if token is None else await self._users.name(token)
        if token is None or name is None:
            return None
        return Visitor(name, binding=f"user {name}" if name else f"token {token}")

    @override
    @asynccontextmanager
    async def api(self, request: web.Request) -> AsyncIterator[UserApi]:
        token = bearer(request.headers.getall(self._header, []))
        assert token is not None
        async with self._users.api(token) as api:
            yield api
