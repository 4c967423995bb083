"""The nodes: which versions fit which kinds of them, and which NPUs are in use."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from aiapp.console.errors import PageError
from aiapp.console.pages.places import NAMESPACE, neighbours, offset_of
from aiapp.console.pictures.fleet import fleet_picture
from aiapp.console.visiting.visit import visit_of
from aiapp.queries.matrix import matrix

PAGE: Final = 20
"""Versions on one page."""


def routes() -> Iterable[web.AbstractRouteDef]:
    """The page of nodes, and of which versions fit them."""
    return [web.get(f"{NAMESPACE}/nodes", _page)]


async def _page(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    if visit.all_namespaces:
        raise PageError(404, "error.no_page")
    offset = offset_of(request.query.get("offset", ""))
    found = await matrix(visit.cluster, visit.console.tables, offset, PAGE)
    fleet = [(one["name"], _use(one["devices"])) for one in found.nodes]
    before, after = neighbours(offset, PAGE, found.total)
    return visit.page(
        "nodes.html",
        found=found,
        fleet=fleet_picture(fleet) if fleet else None,
        before=before,
        after=after,
    )


def _use(devices: Iterable[dict[str, int]]) -> str:
    """How much of a node's devices is in use."""
    known = [one for one in devices if one["allocatable"]]
    if not known:
        return "NoDevices"
    if any("free" not in one for one in known):
        return "Unknown"
    free = sum(one["free"] for one in known)
    return "Full" if free == 0 else "Free" if free == sum(one["allocatable"] for one in known) else "Partly"
