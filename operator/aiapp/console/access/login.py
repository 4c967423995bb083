"""People who give their bearer token in a form; it stays with them, in a cookie that only this console can read."""

import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import web
from typing_extensions import override

from aiapp.console.access.limiter import LoginLimiter
from aiapp.console.access.tokens import expiry, holder, token_of
from aiapp.console.access.users import Users
from aiapp.console.errors import PageError
from aiapp.console.visiting.sealing import Sealer
from aiapp.console.visiting.visit import anonymous
from aiapp.console.visiting.visitor import Access, Visitor
from aiapp.domain.recent import Recent
from aiapp.queries.cluster import UserApi

SESSION: Final = "__Host-aiapp-session"
"""The prefix has browsers insist on TLS, this host and all paths."""
BEFORE: Final = "__Host-aiapp-login"
"""Who is about to log in: the form's mark is bound to it."""
LOGIN: Final = "/login"
LOGOUT: Final = "/logout"
SESSION_SECONDS: Final = 8 * 3600
LONGEST_COOKIE: Final = 4000
"""Browsers keep 4,096 bytes of name and value."""
MOST_ENDED: Final = 4096
"""Sessions that were ended before their time, and are remembered."""
Wall = Callable[[], float]


class LoginAccess(Access):
    """A session is a sealed token; the console keeps none."""

    secure = True
    entrance = LOGIN

    def __init__(self, users: Users, sealer: Sealer, now: Wall, clock: Callable[[], float] = time.monotonic) -> None:
        """`now` gives seconds since 1970."""
        self._users = users
        self._sealer = sealer
        self._now = now
        self._limiter = LoginLimiter(clock)
        self._ended: Recent[str, None] = Recent(MOST_ENDED)

    @override
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return [web.get(LOGIN, self._form), web.post(LOGIN, self._enter), web.post(LOGOUT, self._leave)]

    @override
    async def visitor(self, request: web.Request) -> Visitor | None:
        session = self._session(request)
        return None if session is None else Visitor(session["name"], binding=session["id"], can_leave=True)

    @override
    @asynccontextmanager
    async def api(self, request: web.Request) -> AsyncIterator[UserApi]:
        session = self._session(request)
        assert session is not None
        async with self._users.api(session["token"]) as api:
            yield api

    def _session(self, request: web.Request) -> dict[str, Any] | None:
        session = self._sealer.unseal(request.cookies.get(SESSION, ""), SESSION)
        if session is None or session["until"] <= self._now() or session["id"] in self._ended:
            return None
        return session

    async def _form(self, request: web.Request) -> web.StreamResponse:
        return self._login_page(request)

    def _login_page(self, request: web.Request, fault: str = "", status: int = 200) -> web.Response:
        before = secrets.token_urlsafe(16)
        visit = anonymous(request)
        response = visit.page("login.html", status=status, fault=fault, mark=self._sealer.mark(f"login {before}"))
        _set(response, BEFORE, before, seconds=3600)
        return response

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        before = request.cookies.get(BEFORE, "")
        if not before or not self._sealer.is_mark(str(form.get("mark", "")), f"login {before}"):
            return self._login_page(request, "login.again", 403)
        token = token_of(str(form.get("token", "")))
        name = None if token is None else await self._name(request.remote or "", token)
        if token is None or name is None:
            return self._login_page(request, "login.refused", 403)
        return self._entered(request, token, name)

    async def _name(self, address: str, token: str) -> str | None:
        """Whose token it is; None: nobody's. Each such question that is asked in vain counts."""
        claimed = holder(token)
        if wait := self._limiter.wait(address, claimed):
            raise PageError(429, "error.too_often", {"Retry-After": str(wait)}, seconds=wait)
        name = await self._users.name(token)
        if name is not None:
            self._limiter.forgive(address, claimed)
        return name

    def _entered(self, request: web.Request, token: str, name: str) -> web.Response:
        until = min(self._now() + SESSION_SECONDS, expiry(token) or float("inf"))
        session = {"id": secrets.token_urlsafe(16), "token": token, "name": name, "until": until}
        sealed = self._sealer.seal(session, SESSION)
        if len(sealed) + len(SESSION) > LONGEST_COOKIE:
            return self._login_page(request, "login.too_long", 403)
        response = web.Response(status=303, headers={"Location": "/"})
        _set(response, SESSION, sealed, seconds=int(until - self._now()))
        response.del_cookie(BEFORE, path="/", secure=True, httponly=True, samesite="Strict")
        return response

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        form = await request.post()
        if session is None or not self._sealer.is_mark(str(form.get("mark", "")), session["id"]):
            raise PageError(403, "error.form")
        self._ended.put(session["id"], None)
        response = web.Response(status=303, headers={"Location": LOGIN})
        response.del_cookie(SESSION, path="/", secure=True, httponly=True, samesite="Strict")
        return response


def _set(response: web.Response, name: str, value: str, *, seconds: int) -> None:
    response.set_cookie(name, value, max_age=seconds, httponly=True, secure=True, samesite="Strict", path="/")
