"""One person on their own machine: the rights of a kubeconfig, for whoever has the one-time token."""

import hmac
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from typing_extensions import override

from aiapp.console.errors import PageError
from aiapp.console.visiting.visitor import Access, Visitor
from aiapp.queries.cluster import UserApi

COOKIE: Final = "aiapp-console"
"""Its port follows: browsers keep one jar for all ports of a host, and there may be a console for each cluster."""
ENTER: Final = "/enter"
TOKEN_BYTES: Final = 32


class LocalAccess(Access):
    """Gives one browser a session for the token that was printed, once."""

    secure = False
    entrance = None

    def __init__(self, api: UserApi, user: str) -> None:
        self._api = api
        self._user = user
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        """Good for one visit of `/enter`."""
        self._session: str | None = None

    @override
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return [web.get(ENTER, self._enter)]

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        token = request.query.get("token", "")
        if self._session is not None or not hmac.compare_digest(token.encode(), self.token.encode()):
            raise PageError(403, "error.token_used")
        self._session = secrets.token_urlsafe(TOKEN_BYTES)
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(_cookie(request), self._session, httponly=True, samesite="Strict", path="/")
        return response

    @override
    async def visitor(self, request: web.Request) -> Visitor | None:
        session = request.cookies.get(_cookie(request), "")
        if self._session is None or not hmac.compare_digest(session.encode(), self._session.encode()):
            return None
        return Visitor(self._user, binding=self._session)

    @override
    @asynccontextmanager
    async def api(self, request: web.Request) -> AsyncIterator[UserApi]:
        yield self._api


def _cookie(request: web.Request) -> str:
    return f"{COOKIE}-{request.url.port}"
