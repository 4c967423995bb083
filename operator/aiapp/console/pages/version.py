"""One version: the details page."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from aiapp.console.pages.places import VERSION, offset_of
from aiapp.console.visiting.visit import visit_of
from aiapp.queries.details import files, of_version

MOST_FILES: Final = 500
"""Files on one page."""


def routes() -> Iterable[web.AbstractRouteDef]:
    """The page, and that of its files."""
    return [web.get(VERSION, _page), web.get(f"{VERSION}/files", _files)]


async def _page(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    found = await of_version(visit.cluster, visit.name)
    return visit.page(
        "version.html",
        found=found,
        about=found.overview,
        unmet=[one for one in found.findings if one.is_fault],
        live=visit.to("live", version=visit.name),
    )


async def _files(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    found = await files(visit.cluster, visit.name)
    offset = offset_of(request.query.get("offset", ""))
    return visit.page(
        "files.html",
        name=visit.name,
        shown=found[offset : offset + MOST_FILES],
        total=len(found),
        before=max(0, offset - MOST_FILES) if offset else None,
        after=offset + MOST_FILES if offset + MOST_FILES < len(found) else None,
    )
