"""One application: what it serves and is asked to serve, its rollout, its versions, and what it served before."""

import asyncio
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from aiapp.console.actions.allowed import allowed
from aiapp.console.actions.of_application import fitting
from aiapp.console.pages.places import APPLICATION, MOST_EVENTS
from aiapp.console.pictures.rollout import rollout_picture
from aiapp.console.pictures.shapes import Picture
from aiapp.console.pictures.traffic import traffic_picture
from aiapp.console.visiting.visit import visit_of
from aiapp.domain.details.application import ApplicationDetails
from aiapp.domain.kubernetes.keepers import keeper
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS
from aiapp.queries.calls import calls
from aiapp.queries.details import details
from aiapp.queries.events import events
from aiapp.queries.history import configurations
from aiapp.queries.operation import existing
from aiapp.queries.rollout import shares

MOST_VERSIONS: Final = 100
"""Versions that the page shows; the newest."""


def routes() -> Iterable[web.AbstractRouteDef]:
    """The details page of an application."""
    return [web.get(APPLICATION, _page)]


async def _page(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    application, versions, happened, counted = await asyncio.gather(
        existing(visit.cluster, APPLICATIONS, visit.name),
        visit.cluster.list(VERSIONS),
        events(visit.cluster, visit.name),
        calls(visit.cluster, visit.name),
    )
    found = details(application, versions)
    actions = await allowed(visit.cluster, visit.name, fitting(found))
    kept = keeper(application)
    return visit.page(
        "application.html",
        found=found,
        about=found.overview,
        actions=actions,
        can_go_back=any(one.name == "rollback" for one in actions),
        managed=kept.label if kept else None,
        unmet=[one for one in found.findings if one.is_fault],
        traffic=traffic_picture(found.traffic_log, visit.console.now()),
        rollout=_rollout(found),
        calls=counted,
        shares=shares(found.rollout) if found.rollout else [],
        versions=found.versions[:MOST_VERSIONS],
        history=configurations(application),
        happened=happened.items[: -MOST_EVENTS - 1 : -1],
        event_notes=happened.notes,
        live=visit.to("live", application=visit.name),
    )


def _rollout(details: ApplicationDetails) -> Picture | None:
    if details.rollout is None:
        return None
    strategy = (details.serving or {}).get("strategy") or {}
    return rollout_picture(details.rollout, [step["percent"] for step in strategy.get("steps") or ()])
