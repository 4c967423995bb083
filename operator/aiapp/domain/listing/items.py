"""Applications and versions as a list shows them, read from the stored objects without validating them: a list may
hold a thousand, and one that breaks a rule must not hide the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.kubernetes.status import condition
from aiapp.domain.moments import LAST, moment_of

Number = tuple[int, ...]
Place = tuple[str, str]
"""Namespace and application."""
NO_NUMBER: Final[Number] = (-1,)


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One version. Sizes are in bytes; None is what is not known."""

    namespace: str
    name: str
    """Of the object: application and number."""
    application: str
    version: str
    display_name: str | None
    description: str | None
    labels: Mapping[str, str]
    """Its own and its application's, of which its own count first."""
    created: datetime
    phase: str | None
    """Importing, Normal, Waiting or Failed; None before the operator has seen it."""
    reason: str | None
    """Of its condition Ready, and so is the message."""
    message: str | None
    source_type: str | None
    engine: str | None
    """The package's model_type; Image for a container image."""
    architecture: str | None
    """Class of a model that is weights alone."""
    runtime: str | None
    bytes: int | None
    size: str | None
    """The same with a unit."""
    verdict: str | None
    compatible_nodes: int | None
    nodes: int | None
    weight: int | None
    """Percent of the traffic that is asked for; None: not served."""
    actual_weight: int | None
    replicas: int | None
    ready: int | None
    used_by: tuple[str, ...]
    """Applications that name it in spec.serving."""

    @property
    def number(self) -> Number:
        """For ordering: 1.10.0 is newer than 1.9.0."""
        return number_of(self.version)


@dataclass(frozen=True, slots=True)
class ListedApplication:
    """One application with its versions, the newest number first."""

    namespace: str
    name: str
    exists: bool
    """Whether there is an AIApplication: versions may be registered before it."""
    display_name: str | None
    description: str | None
    labels: Mapping[str, str]
    created: datetime
    """Of the application; where there is none, of its first version."""
    phase: str | None
    """Running, Deploying, Concerning, Failed, Stopping, Stopped, Waiting or Managed."""
    reason: str | None
    message: str | None
    served: str | None
    """Versions with their shares, in one line."""
    url: str | None
    replicas: int | None
    ready: int | None
    versions: tuple[ListedVersion, ...] = field(default=())

    @property
    def place(self) -> Place:
        return self.namespace, self.name


def number_of(version: str) -> Number:
    """A version number for ordering; what is none comes first."""
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else NO_NUMBER


def listed(applications: Iterable[Json], versions: Iterable[Json]) -> tuple[ListedApplication, ...]:
    """All of them, by namespace and name; versions without an application are listed under its name."""
    known = {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in applications}
    of: defaultdict[Place, list[Json]] = defaultdict(list)
    for version in versions:
        of[version["metadata"]["namespace"], version["spec"].get("application", "")].append(version)
    return tuple(_application(place, known.get(place), of[place]) for place in sorted({*known, *of}))


def _application(place: Place, raw: Json | None, versions: Iterable[Json]) -> ListedApplication:
    metadata, spec, status = (_part(raw or {}, name) for name in ("metadata", "spec", "status"))
    labels, ready = metadata.get("labels") or {}, condition(status, "Ready")
    traffic = {one["version"]: one for one in status.get("traffic") or ()}
    own = [_version(version, labels, traffic) for version in versions]
    own.sort(key=lambda one: one.number, reverse=True)
    return ListedApplication(
        namespace=place[0],
        name=place[1],
        exists=raw is not None,
        display_name=spec.get("displayName"),
        description=spec.get("description"),
        labels=labels,
        created=_created(metadata) if raw is not None else min(one.created for one in own),
        phase=status.get("phase"),
        reason=ready.get("reason"),
        message=ready.get("message"),
        served=status.get("served"),
        url=status.get("url"),
        replicas=status.get("replicas"),
        ready=status.get("readyReplicas"),
        versions=tuple(own),
    )


def _version(raw: Json, labels: Mapping[str, str], traffic: Mapping[str, Json]) -> ListedVersion:
    metadata, spec, status = raw["metadata"], raw["spec"], _part(raw, "status")
    model, verdict, artifact = (_part(status, name) for name in ("model", "compatibility", "artifact"))
    ready, share = condition(status, "Ready"), traffic.get(spec.get("version", ""), {})
    return ListedVersion(
        namespace=metadata["namespace"],
        name=metadata["name"],
        application=spec.get("application", ""),
        version=spec.get("version", ""),
        display_name=spec.get("displayName"),
        description=spec.get("description"),
        labels={**labels, **(metadata.get("labels") or {})},
        created=_created(metadata),
        phase=status.get("phase"),
        reason=ready.get("reason"),
        message=ready.get("message"),
        source_type=_part(status, "source").get("type"),
        engine=model.get("type") or ("Image" if "image" in status else None),
        architecture=_part(model, "weights").get("architecture"),
        runtime=_part(status, "runtime").get("name"),
        bytes=artifact.get("bytes"),
        size=artifact.get("size"),
        verdict=verdict.get("verdict"),
        compatible_nodes=verdict.get("compatible"),
        nodes=verdict.get("nodes"),
        weight=share.get("weight"),
        actual_weight=share.get("actualWeight"),
        replicas=share.get("replicas"),
        ready=share.get("ready"),
        used_by=tuple(status.get("usedBy") or ()),
    )


def _part(raw: Json, name: str) -> Json:
    return raw.get(name) or {}


def _created(metadata: Json) -> datetime:
    return moment_of(metadata.get("creationTimestamp")) or LAST
