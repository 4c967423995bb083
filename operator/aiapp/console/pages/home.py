"""The way to a namespace."""

import re
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from aiapp.console.errors import PageError
from aiapp.console.visiting.visit import ALL_NAMESPACES, Visit, path, visit_of
from aiapp.domain.kubernetes.resources import NAMESPACES
from aiapp.ports.kubernetes import ApiError

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def routes() -> Iterable[web.AbstractRouteDef]:
    """The first page, and the form that leads to another namespace."""
    return [web.get("/", _first), web.get("/namespaces", _choice), web.get("/go", _go)]


async def _first(request: web.Request) -> web.StreamResponse:
    home = visit_of(request).console.home
    return _moved(path("n", home, "") if home else "/namespaces")


async def _choice(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    return visit.page("namespaces.html", names=await _names(visit), all=path("n", ALL_NAMESPACES, ""))


async def _names(visit: Visit) -> list[str] | None:
    """None: the visitor may not list them, and has to know them."""
    assert visit.api is not None
    try:
        listed = await visit.api.list(NAMESPACES, trim=lambda one: {"name": one["metadata"]["name"]})
    except ApiError as error:
        if error.status != 403:
            raise
        return None
    return sorted(one["name"] for one in listed.items)


async def _go(request: web.Request) -> web.StreamResponse:
    wanted = request.query.get("namespace", "").strip()
    if not _NAME.fullmatch(wanted):
        raise PageError(400, "error.namespace")
    return _moved(path("n", wanted, ""))


def _moved(location: str) -> web.Response:
    return web.Response(status=303, headers={"Location": location})
