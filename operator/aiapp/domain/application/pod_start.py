"""How a pod came up, phase by phase, by its own account: scheduled, prepared, started, ready. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from aiapp.api.application_status import Traffic
from aiapp.api.conditions import Reason
from aiapp.api.events import PastEvent
from aiapp.domain.application.observed import is_ready, version_of
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.moments import moment_of
from aiapp.domain.past_events import entry
from aiapp.domain.rendering.pod.engine import CONTAINER


def newest_ready(pods: Iterable[Json]) -> Mapping[str, Json]:
    """The youngest ready pod of each version: one that the last change of the version has made."""
    found: dict[str, Json] = {}
    for pod in pods:
        version = version_of(pod)
        if version is not None and is_ready(pod) and _age_key(pod) > _age_key(found.get(version)):
            found[version] = pod
    return found


def starts(
    before: Sequence[Traffic], traffic: Sequence[Traffic], pods: Mapping[str, Json], remembered: Sequence[PastEvent]
) -> list[Json]:
    """What a status is to remember of versions that have got their first ready pod, phase by phase.

    Of a pod that is remembered already nothing is told again.
    """
    were_ready = {one.version for one in before if one.ready}
    new = [one.version for one in traffic if one.ready and one.version not in were_ready]
    found = [(version, pods[version]) for version in new if version in pods]
    return [
        event
        for version, pod in found
        if not _is_known(version, pod, remembered)
        for event in start_phases(version, pod)
    ]


def start_phases(version: str, pod: Json) -> Iterator[Json]:
    """As the status has them, at the times that the pod itself gives; what it does not say is left out."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    scheduled, ready = (_condition(status, type_) for type_ in ("PodScheduled", "Ready"))
    begun, prepared = _initialized(status)
    started = _started(status)
    node = (pod.get("spec") or {}).get("nodeName", "")
    if scheduled is not None:
        yield entry("Normal", Reason.SCHEDULED, f"{version}: pod {name} goes to node {node}", scheduled)
    if begun is not None and prepared is not None:
        message = f"{version}: model fetched and environment prepared in {_seconds(begun, prepared)}"
        yield entry("Normal", Reason.ENVIRONMENT_PREPARED, message, prepared)
    if started is not None:
        since = f" {_seconds(prepared, started)} later" if prepared is not None else ""
        yield entry(
            "Normal", Reason.CONTAINER_STARTED, f"{version}: image pulled and container started{since}", started
        )
    if ready is not None:
        since = f" {_seconds(started, ready)} after its start" if started is not None else ""
        yield entry("Normal", Reason.POD_READY, f"{version}: pod {name} is ready{since}", ready)


def _is_known(version: str, pod: Json, remembered: Sequence[PastEvent]) -> bool:
    """A restarted operator, or a pod that was not ready for a while, brings nothing new."""
    start = f"{version}: pod {pod['metadata']['name']} "
    return any(one.reason == Reason.POD_READY and one.message.startswith(start) for one in remembered)


def _age_key(pod: Json | None) -> tuple[str, str]:
    return ("", "") if pod is None else (pod["metadata"].get("creationTimestamp") or "", pod["metadata"]["name"])


def _condition(status: Json, type_: str) -> datetime | None:
    """When it became True."""
    found = (one for one in status.get("conditions") or () if (one.get("type"), one.get("status")) == (type_, "True"))
    return next((moment_of(one.get("lastTransitionTime")) for one in found), None)


def _initialized(status: Json) -> tuple[datetime | None, datetime | None]:
    """From when to when its init containers ran."""
    ended = [_part(one, "terminated") for one in status.get("initContainerStatuses") or ()]
    begun = [moment for one in ended if (moment := moment_of(one.get("startedAt"))) is not None]
    over = [moment for one in ended if (moment := moment_of(one.get("finishedAt"))) is not None]
    return min(begun, default=None), max(over, default=None)


def _started(status: Json) -> datetime | None:
    containers = (one for one in status.get("containerStatuses") or () if one.get("name") == CONTAINER)
    return moment_of(_part(next(containers, {}), "running").get("startedAt"))


def _part(container: Any, state: str) -> Json:
    return (container.get("state") or {}).get(state) or {}


def _seconds(start: datetime, end: datetime) -> str:
    return f"{max(round((end - start).total_seconds()), 0)} s"
