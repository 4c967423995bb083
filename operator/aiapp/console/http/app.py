"""The application: who may ask for what, in which order that is found out, and what every answer carries."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from aiapp.console.errors import PageError
from aiapp.console.http.access_log import logged
from aiapp.console.http.failures import explained
from aiapp.console.http.headers import harden
from aiapp.console.http.hosts import Hosts, check_origin
from aiapp.console.live.streams import ROUTE, Streams
from aiapp.console.pages.places import NAMESPACE
from aiapp.console.rendering.renderer import STATIC
from aiapp.console.texts.catalogue import LANGUAGES
from aiapp.console.visiting.uploads import PREDICT, UPLOAD_BYTES
from aiapp.console.visiting.visit import CONSOLE, LANGUAGE_COOKIE, VISIT, Console, anonymous

LONGEST_SECONDS: Final = 30.0
"""A page takes no longer, and neither does a form."""
FORM_BYTES: Final = 64 * 1024
HEALTH: Final = "/healthz"
YEAR_SECONDS: Final = 365 * 86_400
KEPT: Final = f"public, max-age={YEAR_SECONDS}, immutable"


def make_app(console: Console, hosts: Hosts, pages: Iterable[web.AbstractRouteDef]) -> web.Application:
    """Pages for people who are known, and for everybody those of `console.access`, static files and /healthz."""
    app = web.Application(
        middlewares=[logged, _remembered, explained, _Gate(console, hosts).passed], client_max_size=FORM_BYTES
    )
    app[CONSOLE] = console
    app.add_routes([web.get(STATIC + "{file}", _static), web.get(HEALTH, _health)])
    app.add_routes(console.access.routes())
    streams = Streams()
    app.add_routes(streams.routes(NAMESPACE))
    app.on_shutdown.append(streams.close)
    app.add_routes(pages)

    async def prepare(_: web.Request, response: web.StreamResponse) -> None:
        harden(response, secure=console.access.secure)

    app.on_response_prepare.append(prepare)
    return app


@web.middleware
async def _remembered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keeps the language that a link has chosen."""
    response = await handler(request)
    chosen, secure = request.query.get("lang"), request.app[CONSOLE].access.secure
    if chosen in LANGUAGES and not response.prepared:
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR_SECONDS, httponly=True, samesite="Lax", secure=secure)
    return response


class _Gate:
    """Lets a request pass to its page."""

    def __init__(self, console: Console, hosts: Hosts) -> None:
        self._console = console
        self._hosts = hosts
        self._open = {HEALTH, *(one.path for one in console.access.routes() if isinstance(one, web.RouteDef))}

    @property
    def passed(self) -> Middleware:
        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path == HEALTH:  # asked by the kubelet, under an address
                return await handler(request)
            self._hosts.check(request)
            if request.method not in ("GET", "HEAD"):
                check_origin(request)
            if request.match_info.route.name == ROUTE:
                return await self._authenticated(request, handler)
            async with asyncio.timeout(LONGEST_SECONDS):
                if request.path in self._open or request.path.startswith(STATIC):
                    return await handler(request)
                return await self._authenticated(request, handler)

        return gate

    async def _authenticated(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        access = self._console.access
        visitor = await access.visitor(request)
        if visitor is None:
            if request.method == "GET" and request.headers.get("Sec-Fetch-Site") == "cross-site":
                # A link on a page of another site: the browser keeps the session's cookie to itself until we ask.
                return anonymous(request).page("again.html")
            if access.entrance is None:
                raise PageError(401, "error.not_known")
            return web.Response(status=303, headers={"Location": access.entrance})
        async with access.api(request) as api:
            if request.match_info.route.name == PREDICT:
                request = request.clone(client_max_size=UPLOAD_BYTES)
            request[VISIT] = replace(anonymous(request), visitor=visitor, api=api)
            if request.method != "POST":
                return await handler(request)
            form = await request.post()
            try:
                if not self._console.sealer.is_mark(str(form.get("mark", "")), visitor.binding):
                    raise PageError(403, "error.form")
                return await handler(request)
            finally:
                for value in form.values():
                    if isinstance(value, web.FileField):
                        value.file.close()


async def _static(request: web.Request) -> web.StreamResponse:
    found = request.app[CONSOLE].renderer.files.get(request.match_info["file"])
    if found is None:
        raise PageError(404, "error.no_page")
    headers = {"Cache-Control": KEPT, "ETag": f'"{found.digest}"'}
    return web.Response(body=found.content, content_type=found.content_type, charset="utf-8", headers=headers)


async def _health(_: web.Request) -> web.StreamResponse:
    return web.Response(text="ok\n")
