"""What the form of an action offers, with what was typed or else with what is there."""

from collections.abc import Mapping
from typing import Any, Final

from aiapp.console.actions import describing
from aiapp.console.actions.of_application import WEIGHT
from aiapp.domain.application.traffic.progress import token
from aiapp.domain.kubernetes.resources import APPLICATIONS, Resource
from aiapp.domain.listing.items import number_of
from aiapp.queries.cluster import UserCluster
from aiapp.queries.deployment import phases_of
from aiapp.queries.details import of_application, of_version
from aiapp.queries.history import history
from aiapp.queries.rollout import rollout

MOST_VERSIONS: Final = 25
"""Versions that a form offers: the newest, and those that are served."""
Given = Mapping[str, str]


async def fields(action: str, resource: Resource, cluster: UserCluster, name: str, given: Given) -> dict[str, Any]:
    """By what the form calls them. Raises `ApiError`, `QueryError`."""
    match action:
        case "deploy":
            return await _deployment(cluster, name, given)
        case "rollback":
            known = await history(cluster, name)
            return {"revisions": known[1:], "revision": given.get("revision") or _last_good(known[1:])}
        case "approve":
            record = await rollout(cluster, name)
            return {"seen": token(record), "record": record}
        case "describe":
            details = await (of_application if resource == APPLICATIONS else of_version)(cluster, name)
            return describing.shown(details.overview, given)
        case "delete":
            found = await cluster.find(resource, name)
            return {"seen": "" if found is None else found["metadata"]["uid"]}
        case _:
            return {}


async def _deployment(cluster: UserCluster, name: str, given: Given) -> dict[str, Any]:
    phases = await phases_of(cluster, name)
    found = await cluster.find(APPLICATIONS, name)
    serving = ((found or {}).get("spec") or {}).get("serving") or {}
    now = {one["version"]: str(one.get("weight", 100)) for one in serving.get("versions") or ()}
    typed = {key.removeprefix(WEIGHT): value for key, value in given.items() if key.startswith(WEIGHT)}
    newest = sorted((one for one in phases if phases[one] == "Normal"), key=number_of, reverse=True)
    offered = dict.fromkeys((*newest[:MOST_VERSIONS], *now, *typed))
    rows = [(one, phases.get(one), typed.get(one, "" if typed else now.get(one, ""))) for one in offered]
    return {"rows": rows, "prefix": WEIGHT, "replicas": given.get("replicas", ""), "is_new": found is None}


def _last_good(history: list[dict[str, Any]]) -> str:
    found = next((one for one in history if one["outcome"] == "Succeeded"), history[0] if history else {"revision": ""})
    return str(found["revision"])
