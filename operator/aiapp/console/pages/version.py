"""One version: the details page."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from aiapp.console.actions.allowed import allowed
from aiapp.console.actions.of_version import fitting
from aiapp.console.pages.places import MOST_EVENTS, VERSION, neighbours, offset_of
from aiapp.console.visiting.visit import visit_of
from aiapp.domain.kubernetes.resources import APPLICATIONS
from aiapp.queries.details import files, of_version
from aiapp.queries.events import events

MOST_FILES: Final = 500
"""Files on one page."""


def routes() -> Iterable[web.AbstractRouteDef]:
    """The page, and that of its files."""
    return [web.get(VERSION, _page), web.get(f"{VERSION}/files", _files)]


async def _page(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    found = await of_version(visit.cluster, visit.name)
    happened = await events(visit.cluster, visit.name)
    return visit.page(
        "version.html",
        found=found,
        about=found.overview,
        actions=await allowed(visit.cluster, visit.name, fitting(found)),
        deployable=found.overview.phase == "Normal" and await visit.cluster.allowed("patch", APPLICATIONS),
        unmet=[one for one in found.findings if one.is_fault],
        happened=happened.items[: -MOST_EVENTS - 1 : -1],
        event_notes=happened.notes,
        live=visit.to("live", version=visit.name),
    )


async def _files(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    found = await files(visit.cluster, visit.name)
    offset = offset_of(request.query.get("offset", ""))
    before, after = neighbours(offset, MOST_FILES, len(found))
    return visit.page(
        "files.html",
        name=visit.name,
        shown=found[offset : offset + MOST_FILES],
        total=len(found),
        before=before,
        after=after,
    )
