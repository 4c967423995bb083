"""What has become of a change that was asked for: nothing yet, what was wanted, or a fault to mend. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from aiapp.api.conditions import ConditionType
from aiapp.api.meta import RESTART_AT, START_AT
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.kubernetes.status import condition
from aiapp.domain.records import REQUEST_CHARACTERS


class Outcome(NamedTuple):
    """How a change ended."""

    succeeded: bool
    message: str
    """The phase, or what is wrong and what to do."""


def settled(changed: Json, now: Json) -> Outcome | None:
    """Of an application or a version, after the change that made `changed` of it; None: it is under way."""
    status = now.get("status") or {}
    if not _is_seen(changed, status):
        return None
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    if (stalled := conditions.get(ConditionType.STALLED)) and stalled["status"] == "True":
        return Outcome(succeeded=False, message=stalled["message"])
    is_ready = _is_true(conditions, ConditionType.READY) and not _is_true(conditions, ConditionType.RECONCILING)
    return Outcome(succeeded=True, message=str(status.get("phase"))) if is_ready else None


def under_way(changed: Json, now: Json) -> str | None:
    """How the change goes on, for people who wait; None: nobody has looked at it yet."""
    return current_state(now) if _is_seen(changed, now.get("status") or {}) else None


def restarted(changed: Json, deployments: Sequence[Json]) -> Outcome | None:
    """Of an application whose Deployments those are, after a restart."""
    wanted = changed["metadata"]["annotations"][RESTART_AT]
    if all(_is_restarted(one, wanted) for one in deployments):
        return Outcome(succeeded=True, message="new pods")
    return None


def current_state(now: Json) -> str:
    """How it stands, for people who have waited in vain."""
    status = now.get("status") or {}
    ready = condition(status, ConditionType.READY)
    return ", ".join(filter(None, (status.get("phase"), ready.get("message")))) or "nobody has looked at it yet"


def _is_seen(changed: Json, status: Json) -> bool:
    """Whether the status speaks of the change; an annotation changes no generation."""
    metadata, serving = changed["metadata"], (changed.get("spec") or {}).get("serving") or {}
    start = (metadata.get("annotations") or {}).get(START_AT, "")[:REQUEST_CHARACTERS]
    is_timed = "autoStopAfterSeconds" in serving and not serving.get("stopped")
    return bool(
        status.get("observedGeneration", 0) >= metadata.get("generation", 1)
        and (not (start and is_timed) or status.get("lastHandledStartAt") == start)
    )


def _is_true(conditions: dict[str, Json], kind: ConditionType) -> bool:
    return bool(conditions.get(kind, {}).get("status") == "True")


def _is_restarted(deployment: Json, wanted: str) -> bool:
    annotations = deployment["spec"]["template"]["metadata"].get("annotations") or {}
    if annotations.get(RESTART_AT) != wanted:
        return False
    status, replicas = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    counts = {status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")}
    return bool(status.get("observedGeneration", 0) >= deployment["metadata"]["generation"] and counts == {replicas})
