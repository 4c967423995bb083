"""What happened to versions, applications and their pods: from their statuses, and from Events of Kubernetes. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiapp.api.events import LONGEST_EVENT
from aiapp.domain.details.phases import EventPhase, phase_of
from aiapp.domain.kubernetes.label_selector import Selector
from aiapp.domain.kubernetes.naming import MANAGED_BY, workload
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.domain.listing.items import listed
from aiapp.domain.moments import moment_of
from aiapp.domain.printable import printable

_OF_A_WORKLOAD: Final = re.compile(r"(-[a-z0-9]{6,10}(-[a-z0-9]{5})?)?")
"""What follows a Deployment's name in those of its ReplicaSets and pods."""
_CHILDREN: Final = frozenset({"Deployment", "ReplicaSet", "Pod", "HorizontalPodAutoscaler"})


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """An event of one object, from its status or from Kubernetes."""

    time: datetime
    """When; of what happened several times, when it last did."""
    first_time: datetime | None
    """When it first did; None where it happened once."""
    namespace: str
    kind: str
    name: str
    """Of the object that it happened to."""
    phase: EventPhase
    type: str
    """Normal or Warning."""
    reason: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class Subject:
    """An application and those of its versions that are asked about. Names of others may begin alike."""

    application: str | None
    """The object itself; None: only the versions."""
    versions: frozenset[str]
    """Names of AIApplicationVersions."""
    workloads: frozenset[str]
    """Names of Deployments."""

    def has(self, kind: str, name: str) -> bool:
        """Whether the object of that kind and name belongs to it."""
        if kind == APPLICATIONS.kind:
            return name == self.application
        if kind == VERSIONS.kind:
            return name in self.versions
        return kind in _CHILDREN and any(
            name.startswith(one) and _OF_A_WORKLOAD.fullmatch(name, len(one)) for one in self.workloads
        )


def subject(application: str, numbers: Iterable[str], *, whole: bool) -> Subject:
    """Of these versions of an application, and of the application itself where it is asked for as a `whole`."""
    known = frozenset(numbers)
    return Subject(
        application=application if whole else None,
        versions=frozenset(f"{application}-{number}" for number in known),
        workloads=frozenset(workload(application, number) for number in known),
    )


def labelled_subjects(
    applications: Iterable[Json], versions: Iterable[Json], labels: Selector
) -> Mapping[str, list[Subject]]:
    """What has these labels, by namespace: applications themselves, and the versions that fit."""
    found: defaultdict[str, list[Subject]] = defaultdict(list)
    for one in listed(applications, versions):
        numbers = [version.version for version in one.versions if labels(version.labels)]
        found[one.namespace].append(subject(one.name, numbers, whole=labels(one.labels)))
    return found


def remembered_events(raw: Json) -> Iterator[TimelineEvent]:
    """What the status of one of our objects remembers, the oldest first: much of it happened in one second."""
    metadata, kind = raw["metadata"], raw["kind"]
    for one in reversed((raw.get("status") or {}).get("events") or ()):
        if (time := moment_of(one["time"])) is not None:
            yield TimelineEvent(
                time=time,
                first_time=moment_of(one.get("firstTime")),
                namespace=metadata["namespace"],
                kind=kind,
                name=metadata["name"],
                phase=phase_of(kind, one["reason"]),
                type=one["type"],
                reason=one["reason"],
                message=one["message"],
                count=one["count"],
            )


def kubernetes_event(raw: Json) -> TimelineEvent | None:
    """An Event of the API server; None for one without a time."""
    about, series = raw["involvedObject"], raw.get("series") or {}
    times = (series.get("lastObservedTime"), raw.get("lastTimestamp"), raw.get("eventTime"), raw.get("firstTimestamp"))
    time = next((found for one in times if one and (found := moment_of(one)) is not None), None)
    if time is None:
        return None
    first = moment_of(raw.get("firstTimestamp") or raw.get("eventTime"))
    kind, reason = about.get("kind") or "", raw.get("reason") or ""
    return TimelineEvent(
        time=time,
        first_time=first if first != time else None,
        namespace=raw["metadata"]["namespace"],
        kind=kind,
        name=about.get("name") or "",
        phase=phase_of(kind, reason),
        type=raw.get("type") or "Normal",
        reason=reason,
        message=raw.get("message") or "",
        count=series.get("count") or raw.get("count") or 1,
    )


def timeline(objects: Iterable[Json], events: Iterable[Json], about: Subject | None) -> list[TimelineEvent]:
    """All of it, the newest last; what the operator both remembers and has sent as an Event is told once.

    `about` None: everything of ours, and Events of what the operator made.
    """
    past = [one for raw in objects for one in remembered_events(raw)]
    told = {_key(one) for one in past}
    sent = (
        one for raw in events if (one := kubernetes_event(raw)) is not None and not (_is_own(raw) and _key(one) in told)
    )
    found = (one for one in (*past, *sent) if about is None or about.has(one.kind, one.name))
    return sorted(found, key=lambda one: (one.time, one.kind, one.name))


def _is_own(event: Json) -> bool:
    source = event.get("reportingComponent") or (event.get("source") or {}).get("component")
    return bool(source == MANAGED_BY)


def _key(event: TimelineEvent) -> tuple[str, str, str, str, str]:
    return event.namespace, event.kind, event.name, event.reason, printable(event.message, LONGEST_EVENT)
