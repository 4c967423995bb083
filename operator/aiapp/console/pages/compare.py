"""Two versions beside each other: what changed from one to the other."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from aiapp.console.errors import PageError
from aiapp.console.pages.places import NAMESPACE
from aiapp.console.visiting.visit import visit_of
from aiapp.domain.listing.selection import Criteria
from aiapp.queries.diff import compare
from aiapp.queries.listing import listing

MOST_FILES: Final = 200
"""Changed files that are shown."""
MOST_NAMES: Final = 500
"""Names that are proposed."""


def routes() -> Iterable[web.AbstractRouteDef]:
    """The page that compares two versions."""
    return [web.get(f"{NAMESPACE}/compare", _page)]


async def _page(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    if visit.all_namespaces:
        raise PageError(404, "error.no_page")
    before, after = (request.query.get(side, "").strip()[:320] for side in ("before", "after"))
    found = await compare(visit.cluster, before, after) if before and after else None
    names = (await listing(visit.cluster)).versions(Criteria(name=after.rpartition("-")[0]), limit=MOST_NAMES).items
    return visit.page(
        "compare.html",
        before=before,
        after=after,
        names=[one.name for one in names],
        found=found,
        document=found.diff.document() if found else None,
        most=MOST_FILES,
    )
