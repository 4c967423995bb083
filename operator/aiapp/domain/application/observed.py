"""What a pass over an application knows: the object, its versions, and what exists for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiapp.domain.application.candidate import RenderContext
from aiapp.domain.application.outline import VersionOutline
from aiapp.domain.kubernetes.naming import TAKEN_OVER_ANNOTATION, VERSION_LABEL
from aiapp.domain.kubernetes.resources import HTTP_ROUTES, SERVICES, Json
from aiapp.domain.records import ApplicationRecord, VersionRecord
from aiapp.domain.rendering.deployment import BESIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """What exists for the application: only objects that it owns."""

    deployments: tuple[Json, ...] = ()
    revisions: tuple[Json, ...] = ()
    others: tuple[Json, ...] = ()
    """Services and the like."""
    pods: tuple[Json, ...] = ()
    """Those whose state tells of a trouble."""
    unfinished: int = 0
    """Pods of whatever state that have not ended, so that they may hold devices."""
    ready: Mapping[str, int] | None = None
    """How many pods are ready by version, for each version that has any; None: not counted."""
    newest_ready: Mapping[str, Json] = field(default_factory=dict)
    """The youngest ready pod of each version that has any."""

    def deployment(self, version: str) -> Json | None:
        return next((d for d in self.deployments if version_of(d) == version), None)

    @property
    def route(self) -> Json | None:
        """The application's HTTPRoute."""
        return next((o for o in self.others if o["kind"] == HTTP_ROUTES.kind), None)

    @property
    def entrance(self) -> Json | None:
        """The application's own Service."""
        return next((o for o in self.others if o["kind"] == SERVICES.kind and version_of(o) is None), None)

    def service(self, version: str) -> Json | None:
        return next((o for o in self.others if o["kind"] == SERVICES.kind and version_of(o) == version), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedApplication:
    """What a pass over an application knows."""

    application: ApplicationRecord
    versions: tuple[VersionRecord, ...]
    """Those that are to be served or have a Deployment, but for what cannot be read."""
    unreadable: frozenset[str] = frozenset()
    """Names of those of them that break a rule of this operator; their own status says which."""
    outlines: tuple[VersionOutline, ...]
    """Of all versions of the application that can be read."""
    children: Children
    context: RenderContext
    is_gateway_api_served: bool = False
    """Whether the operator can read and write HTTPRoutes."""
    now: datetime
    met: datetime
    """When this process first looked at the application."""


def version_of(child: Json) -> str | None:
    """The version that a child belongs to; None for what belongs to the application itself."""
    version = child["metadata"].get("labels", {}).get(VERSION_LABEL)
    return None if version is None else str(version)


def settled(child: Json) -> bool:
    """Whether the Deployment's controller has seen its latest spec and all pods are of it and available."""
    status = child.get("status", {})
    wanted = wanted_pods(child)
    return bool(
        is_current(child)
        and status.get("replicas", 0) == wanted
        and status.get("updatedReplicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
    )


def is_up(child: Json | None, number: int | None) -> bool:
    """Whether a Deployment has that many pods, all of its latest spec and available; None: as many as it asks for."""
    return has_number(child, number) and (child is None or settled(child))


def has_number(child: Json | None, number: int | None) -> bool:
    """Whether a Deployment asks for that many pods; None: any number."""
    return number == 0 if child is None else number in (None, wanted_pods(child))


def is_current(child: Json) -> bool:
    """Whether the status of a Deployment is of its latest spec."""
    seen, latest = child.get("status", {}).get("observedGeneration", 0), child["metadata"].get("generation", 0)
    return bool(seen >= latest)


def ready_pods(child: Json) -> int:
    """How many pods of a Deployment are ready."""
    return int(child.get("status", {}).get("readyReplicas", 0))


def ready_by_version(pods: Iterable[Json]) -> Mapping[str, int]:
    """How many of the pods are ready and stay, for each version that has any."""
    ready: dict[str, int] = {}
    for pod in pods:
        if (version := version_of(pod)) is not None:
            ready[version] = ready.get(version, 0) + is_ready(pod)
    return ready


def is_ready(pod: Json) -> bool:
    """Whether a pod is ready and stays."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return "deletionTimestamp" not in pod["metadata"] and any(
        one["type"] == "Ready" and one["status"] == "True" for one in conditions
    )


def wanted_pods(child: Json) -> int:
    """How many pods a Deployment asks for."""
    return int(child["spec"].get("replicas", 1))


def taken_over_pods(child: Json | None) -> int:
    """How many pods a Deployment is to take over from versions that it replaces; 0: from none."""
    annotations = {} if child is None else child["metadata"].get("annotations") or {}
    text = str(annotations.get(TAKEN_OVER_ANNOTATION, ""))
    return int(text) if text.isascii() and text.isdigit() else 0


def rolling_update_of(child: Json) -> Json:
    """How a Deployment replaces its pods."""
    return child["spec"].get("strategy", {}).get("rollingUpdate") or BESIDE


def is_unfinished(pod: Json) -> bool:
    """Whether a pod has not ended, so that it may hold devices."""
    return pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}
