"""How a person intervenes in a rollout in steps: lets its step go on, or takes the rollout back. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import ValidationError

from aiapp.api.steps import APPROVE, RolloutProgress, RolloutState
from aiapp.domain.application.traffic.goal import split
from aiapp.domain.application.traffic.progress import GIVEN_UP, token
from aiapp.domain.kubernetes.resources import Json

WAITING: Final = frozenset({RolloutState.PAUSED, RolloutState.AWAITING_APPROVAL})
_POINTER: Final = f"/metadata/annotations/{APPROVE.replace('~', '~0').replace('/', '~1')}"


class NotAwaitedError(ValueError):
    """The rollout waits for no such intervention; the text says where it stands."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A step that a person lets go on."""

    record: RolloutProgress
    patch: Sequence[Json]
    """The annotation, as a JSON patch."""

    @property
    def again(self) -> bool:
        """Whether the step failed and is to be tried once more."""
        return self.record.state in GIVEN_UP


def rollout_of(application: Json) -> RolloutProgress | None:
    """The rollout in the status of an AIApplication; None without one that this program understands."""
    found = (application.get("status") or {}).get("rollout")
    try:
        return None if found is None else RolloutProgress.model_validate(found)
    except ValidationError:
        return None


def approval(application: Json) -> Approval:
    """Of the step that a rollout stands at. Raises `NotAwaitedError`."""
    record = _under_way(application)
    if record.state not in (*WAITING, *GIVEN_UP):
        raise NotAwaitedError(f"{_named(application)}: {record.summary}: there is nothing to approve yet")
    metadata = application["metadata"]
    if metadata.get("annotations"):
        return Approval(record, [{"op": "add", "path": _POINTER, "value": token(record)}])
    lock = {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]}
    first = {"op": "add", "path": "/metadata/annotations", "value": {APPROVE: token(record)}}
    return Approval(record, [lock, first])


def taken_back(application: Json) -> Json:
    """The `spec.serving` that asks for the split of before the rollout. Raises `NotAwaitedError`."""
    record, serving = _under_way(application), (application.get("spec") or {}).get("serving")
    if not serving:
        raise NotAwaitedError(f"{_named(application)} serves nothing")
    before = split(record.from_)
    if before == split(record.to):
        raise NotAwaitedError(f"{_named(application)} goes back already: {record.summary}")
    known = {one["version"]: one for one in serving["versions"]}
    pods = {share.version: share.replicas for share in record.from_}
    entries = _asked_before(application, before) or [known.get(version) or _entry(version, pods) for version in before]
    back: Json = serving | {"versions": [_weighted(entry, before) for entry in entries]}
    return back


def _under_way(application: Json) -> RolloutProgress:
    record = rollout_of(application)
    if record is None or record.state is RolloutState.COMPLETED:
        raise NotAwaitedError(f"{_named(application)} has no rollout in steps under way")
    return record


def _named(application: Json) -> str:
    return f"application {application['metadata']['name']}"


def _asked_before(application: Json, before: Mapping[str, int]) -> list[Json] | None:
    """The entries of these versions as they were when they were last asked for in these shares, from the history."""
    for past in (application.get("status") or {}).get("history") or ():
        versions = (orjson.loads(past["serving"]) if past.get("serving") else {}).get("versions") or []
        if {one["version"]: one.get("weight", 100) for one in versions if one.get("weight", 100)} == before:
            return list(versions)
    return None


def _entry(version: str, pods: Mapping[str, int | None]) -> Json:
    number = pods[version]
    return {"version": version} | ({} if number is None else {"replicas": number})


def _weighted(entry: Json, before: Mapping[str, int]) -> Json:
    return {key: value for key, value in entry.items() if key != "weight"} | {"weight": before.get(entry["version"], 0)}
