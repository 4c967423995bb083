"""How a Deployment replaces its own pods when its version gets another template."""

from typing import Final

from aiapp.api.strategy import Strategy
from aiapp.domain.application.observed import rolling_update_of, wanted_pods
from aiapp.domain.application.room import Room
from aiapp.domain.kubernetes.child_kinds import merge_keys_of
from aiapp.domain.kubernetes.difference import contains
from aiapp.domain.kubernetes.resources import DEPLOYMENTS, Json
from aiapp.domain.rendering.deployment import BESIDE

IN_PLACE: Final[Json] = {"maxSurge": 0, "maxUnavailable": 1}


def rolling_update(child: Json | None, template: Json, strategy: Strategy, room: Room) -> Json:
    """The `rollingUpdate` of a Deployment that gets this template.

    What was chosen for a change stays afterwards: at rest nothing is written.
    """
    match strategy.surge:
        case "Full":
            return {"maxSurge": "100%", "maxUnavailable": 0}
        case "RollingIncrease":
            return BESIDE if strategy.max_surge is None else {"maxSurge": strategy.max_surge, "maxUnavailable": 0}
        case "RollingDecrease":
            return IN_PLACE | {"maxUnavailable": strategy.max_unavailable or 1}
        case None if strategy.max_surge is not None or strategy.max_unavailable is not None:
            return {"maxSurge": strategy.max_surge or 0, "maxUnavailable": strategy.max_unavailable or 0}
        case _:
            return BESIDE if child is None else _chosen(child, template, room)


def is_rolling(child: Json | None, template: Json) -> bool:
    """Whether pods of the Deployment are of another template than this one, as far as its status has it."""
    if child is None or not wanted_pods(child):
        return False
    status = child.get("status", {})
    return status.get("updatedReplicas", 0) < status.get("replicas", 0) or _changes(child, template)


def _chosen(child: Json, template: Json, room: Room) -> Json:
    """With a pod more where there is room when the change begins; in place from when a pod waits in vain."""
    if _changes(child, template):
        return BESIDE if room.is_there else IN_PLACE
    before = rolling_update_of(child)
    beyond = max(child.get("status", {}).get("replicas", 0) - wanted_pods(child), 0)
    in_vain = room.stuck if room.places is not None else min(room.stuck, beyond)
    if not in_vain or not is_rolling(child, template):
        return before
    most = max(wanted_pods(child) - 1, 1)
    fewer = before["maxUnavailable"] if isinstance(before["maxUnavailable"], int) else 0
    return IN_PLACE | {"maxUnavailable": min(max(1 + max(in_vain - beyond, 0), fewer), most)}


def _changes(child: Json, template: Json) -> bool:
    """A Deployment that is too large to be kept in memory has no template here."""
    return not contains(child["spec"].get("template", template), template, merge_keys_of(DEPLOYMENTS))
