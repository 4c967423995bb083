"""The list of applications with their versions."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from aiapp.console.errors import PageError
from aiapp.console.pages.places import NAMESPACE, neighbours, offset_of
from aiapp.console.visiting.visit import visit_of
from aiapp.domain.kubernetes.label_selector import SelectorError, selector
from aiapp.domain.listing.selection import SORTS, Criteria
from aiapp.queries.listing import listing

PAGE: Final = 25
"""Applications on one page."""
FEW: Final = 5
"""Versions of each."""
LONGEST: Final = 200
"""Characters of one filter."""
PHASES: Final = ("Normal", "Importing", "Waiting", "Failed")
FILTERS: Final = ("name", "version", "engine", "description", "labels")


def routes() -> Iterable[web.AbstractRouteDef]:
    """The list of applications."""
    return [web.get(f"{NAMESPACE}/", _list)]


async def _list(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    wanted = criteria(request.query)
    found = await listing(visit.cluster, all_namespaces=visit.all_namespaces)
    offset = offset_of(request.query.get("offset", ""))
    shown = found.applications(wanted, offset, PAGE)
    before, after = neighbours(offset, PAGE, shown.total)
    return visit.page(
        "applications.html",
        shown=shown,
        wanted=wanted,
        filters={name: request.query.get(name, "") for name in FILTERS},
        phases=PHASES,
        few=FEW,
        sorts=SORTS,
        before=before,
        after=after,
        live=visit.to("live"),
    )


def criteria(query: Mapping[str, str]) -> Criteria:
    """What a query asks for. Raises `PageError` for what cannot be asked."""
    texts = {name: query.get(name, "").strip()[:LONGEST] for name in FILTERS}
    phase, sort = query.get("phase", ""), query.get("sort", "name")
    try:
        labels = selector(texts.pop("labels")) if texts["labels"] else None
    except SelectorError as error:
        raise PageError(400, "error.labels", why=str(error)) from error
    fitting: dict[str, Any] = {name: text for name, text in texts.items() if name != "labels"}
    return Criteria(
        **fitting,
        exact=query.get("exact") == "1",
        phases=frozenset({phase}) if phase in PHASES else frozenset(),
        labels=labels,
        sort=next((one for one in SORTS if one == sort), "name"),
        descending=query.get("order") == "descending",
    )
