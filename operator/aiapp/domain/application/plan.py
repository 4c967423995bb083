"""AIApplication: which objects should exist and which may go. Bring the new version up before the old one goes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from aiapp.api.application import ServedVersion, Serving
from aiapp.api.conditions import Reason
from aiapp.domain.application.rollout import (
    Absent,
    Held,
    RenderContext,
    Rendered,
    Rollout,
    Running,
    missing,
    rollout,
    unreadable,
)
from aiapp.domain.conditions import Trouble
from aiapp.domain.events import Event
from aiapp.domain.kubernetes.naming import VERSION_LABEL, owner
from aiapp.domain.kubernetes.resources import SERVICES, Json
from aiapp.domain.records import ApplicationRecord, VersionRecord
from aiapp.domain.rendering.deployment import deployment
from aiapp.domain.rendering.revision import controller_revision
from aiapp.domain.rendering.service import application_service, version_service

UNWATCHED: Final = frozenset({Reason.CREDENTIALS_DENIED, Reason.FETCH_FAILED})
"""Reasons that end with a change of something that is not watched: a Secret, a store."""
KEPT_REVISIONS: Final = 10
"""Rendered templates that are kept for history and rollback, beside those in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """What exists for the application: only objects that it owns."""

    deployments: tuple[Json, ...] = ()
    revisions: tuple[Json, ...] = ()
    others: tuple[Json, ...] = ()
    """Services and the like."""
    pods: tuple[Json, ...] = ()

    def deployment(self, version: str) -> Json | None:
        return next((d for d in self.deployments if version_of(d) == version), None)

    def service(self, version: str) -> Json | None:
        return next((o for o in self.others if o["kind"] == SERVICES.kind and version_of(o) == version), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedApplication:
    """What a pass over an application knows."""

    application: ApplicationRecord
    versions: tuple[VersionRecord, ...]
    """All versions of the application, but for those that cannot be read."""
    unreadable: frozenset[str] = frozenset()
    """Names of versions that break a rule of this operator; their own status says which."""
    children: Children
    context: RenderContext
    now: datetime
    met: datetime
    """When this process first looked at the application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPlan:
    """What to write, in this order, and what to delete after that."""

    rollouts: tuple[Rollout, ...]
    apply: tuple[Json, ...]
    delete: tuple[Json, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The Events of new templates, sent once they are written."""
        return tuple(event for one in self.rollouts if isinstance(one, Rendered) for event in _news(one))

    @property
    def must_retry(self) -> bool:
        """Whether a version is held back by something whose end no watch reports."""
        return any(isinstance(one, Held) and one.why.reason in UNWATCHED for one in self.rollouts)


def plan(observed: ObservedApplication) -> ApplicationPlan:
    """Objects for every served version that may run; the rest goes once the served ones are up."""
    serving = observed.application.parsed.spec.serving
    rollouts = _rollouts(observed, serving) if serving else ()
    return ApplicationPlan(
        rollouts=rollouts,
        apply=tuple(_owned(observed.application, obj) for obj in _wanted(observed, serving, rollouts)),
        delete=(*_retired(observed, serving), *_forgotten(observed, rollouts)),
    )


def holding(wanted: ApplicationPlan, held: Mapping[str, Trouble]) -> ApplicationPlan:
    """`wanted` without what would be made for the versions in `held`, each of which has the reason."""
    if not held:
        return wanted
    rollouts = tuple(
        Held(one.candidate, held[one.served.version])
        if isinstance(one, Running) and one.served.version in held
        else one
        for one in wanted.rollouts
    )
    return replace(wanted, rollouts=rollouts, apply=tuple(obj for obj in wanted.apply if version_of(obj) not in held))


def without_manifest(running: Running) -> Trouble:
    """The trouble of a version whose manifest is gone: its pods could not fetch anything."""
    name = running.candidate.artifact.manifest_ref.name
    message = (
        f"ConfigMap {name}, which holds the manifest of version {running.served.version}, is gone: it is written again "
        "while the store still holds what was pinned; see the version's condition SourceUnchanged"
    )
    return Trouble(Reason.FETCH_FAILED, message)


def version_of(child: Json) -> str | None:
    """The version that a child belongs to; None for what belongs to the application itself."""
    version = child["metadata"].get("labels", {}).get(VERSION_LABEL)
    return None if version is None else str(version)


def weight_of(served: ServedVersion, serving: Serving) -> int:
    """Percent of the traffic that is asked for; a single version may leave it out."""
    return served.weight if served.weight is not None else 100 // len(serving.versions)


def settled(child: Json) -> bool:
    """Whether the Deployment's controller has seen its latest spec and all pods are of it and available."""
    spec, status = child["spec"], child.get("status", {})
    wanted = spec.get("replicas", 1)
    return bool(
        is_current(child)
        and status.get("replicas", 0) == wanted
        and status.get("updatedReplicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
    )


def is_current(child: Json) -> bool:
    """Whether the status of a Deployment is of its latest spec."""
    seen, latest = child.get("status", {}).get("observedGeneration", 0), child["metadata"].get("generation", 0)
    return bool(seen >= latest)


def _rollouts(observed: ObservedApplication, serving: Serving) -> tuple[Rollout, ...]:
    by_number: Mapping[str, VersionRecord] = {record.spec.version: record for record in observed.versions}
    return tuple(_rollout(observed, serving, served, by_number.get(served.version)) for served in serving.versions)


def _rollout(
    observed: ObservedApplication, serving: Serving, served: ServedVersion, record: VersionRecord | None
) -> Rollout:
    name = f"{observed.application.name}-{served.version}"
    if name in observed.unreadable:
        return unreadable(served, name)
    if record is None:
        return missing(served, name, observed.versions)
    return rollout(served, serving, record, observed.children.revisions, observed.context)


def _wanted(observed: ObservedApplication, serving: Serving | None, rollouts: Sequence[Rollout]) -> list[Json]:
    """The objects that should exist. Revisions first: a template must be on record before any pod is made from it."""
    if serving is None:
        return []
    name = observed.application.name
    running = [one for one in rollouts if isinstance(one, Running)]
    new = [one for one in running if isinstance(one, Rendered)]
    objects = [_revision(observed, one, place) for place, one in enumerate(new)]
    for one in running:
        version = one.served.version
        service = version_service(name, version, observed.children.service(version))
        objects += [_deployment(name, one, serving), service]
    return [*objects, application_service(name)] if running or observed.children.deployments else objects


def _revision(observed: ObservedApplication, rendered: Rendered, place: int) -> Json:
    latest = max((r["revision"] for r in observed.children.revisions), default=0)
    return controller_revision(
        application=observed.application.name,
        version=rendered.served.version,
        key=rendered.candidate.key,
        template=rendered.template,
        revision=latest + 1 + place,
    )


def _deployment(application: str, running: Running, serving: Serving) -> Json:
    nothing_wanted = weight_of(running.served, serving) == 0
    return deployment(
        application=application,
        version=running.served.version,
        template=running.template,
        replicas=0 if nothing_wanted else running.served.replicas,
        deploy_timeout_seconds=serving.deploy_timeout_seconds,
    )


def _news(made: Rendered) -> Iterator[Event]:
    images = made.candidate.images
    if images is not None:
        message = f"version {made.served.version} now runs {images.now}, before {images.before}"
        yield Event("Normal", Reason.RUNTIME_IMAGE_CHANGED, message)
    if made.overruled is not None:
        message = f"version {made.served.version} is rolled out against the verdict: {made.overruled}"
        yield Event("Warning", Reason.COMPATIBILITY_OVERRULED, message)


def _owned(application: ApplicationRecord, obj: Json) -> Json:
    metadata = obj["metadata"] | {
        "namespace": application.namespace,
        "ownerReferences": [owner(application.raw, controller=True)],
    }
    return obj | {"metadata": metadata}


def _retired(observed: ObservedApplication, serving: Serving | None) -> list[Json]:
    """Versions that are no longer served: at once when nothing is served, else when the served ones are up."""
    children = observed.children
    if serving is None:
        return [*children.deployments, *children.others]
    served = {one.version for one in serving.versions}
    if not all(_up(children.deployment(version)) for version in served):
        return []
    return [
        child
        for child in (*children.deployments, *children.others)
        if (version := version_of(child)) is not None and version not in served
    ]


def _up(child: Json | None) -> bool:
    return child is not None and settled(child)


def _forgotten(observed: ObservedApplication, rollouts: Sequence[Rollout]) -> list[Json]:
    """Revisions beyond the history that is kept."""
    in_use = {one.candidate.key for one in rollouts if not isinstance(one, Absent)}
    past = [r for r in observed.children.revisions if r["metadata"]["name"].rpartition("-")[2] not in in_use]
    return sorted(past, key=lambda r: int(r["revision"]), reverse=True)[KEPT_REVISIONS:]
