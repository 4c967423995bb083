"""AIApplication: which objects should exist and which may go. Bring the new version up before the old one goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiapp.api.application import ServedVersion, Serving
from aiapp.domain.application.rollout import RenderContext, Rollout, missing, rollout, unreadable
from aiapp.domain.kubernetes.naming import VERSION_LABEL, owner
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import ApplicationRecord, VersionRecord
from aiapp.domain.rendering.deployment import deployment
from aiapp.domain.rendering.revision import controller_revision
from aiapp.domain.rendering.service import application_service, version_service

KEPT_REVISIONS: Final = 10
"""Rendered templates that are kept for history and rollback, beside those in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """What exists for the application: only objects that it owns."""

    deployments: tuple[Json, ...] = ()
    services: tuple[Json, ...] = ()
    revisions: tuple[Json, ...] = ()
    pods: tuple[Json, ...] = ()

    def deployment(self, version: str) -> Json | None:
        return next((d for d in self.deployments if version_of(d) == version), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a pass over an application knows."""

    application: ApplicationRecord
    versions: tuple[VersionRecord, ...]
    """All versions of the application, but for those that cannot be read."""
    unreadable: frozenset[str] = frozenset()
    """Names of versions that break a rule of this operator; their own status says which."""
    children: Children
    around: RenderContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to write, in this order, and what to delete after that."""

    rollouts: tuple[Rollout, ...]
    apply: tuple[Json, ...]
    delete: tuple[Json, ...]


def plan(observed: Observed) -> Plan:
    """Objects for every served version that may run; the rest goes once the served ones are up."""
    serving = observed.application.parsed.spec.serving
    rollouts = _rollouts(observed, serving) if serving else ()
    return Plan(
        rollouts=rollouts,
        apply=tuple(_owned(observed.application, obj) for obj in _wanted(observed, serving, rollouts)),
        delete=(*_retired(observed, serving), *_forgotten(observed, rollouts)),
    )


def version_of(child: Json) -> str | None:
    """The version that a child belongs to; None for what belongs to the application as a whole."""
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
    """Whether the status of a Deployment tells of its latest spec."""
    seen, latest = child.get("status", {}).get("observedGeneration", 0), child["metadata"].get("generation", 0)
    return bool(seen >= latest)


def _rollouts(observed: Observed, serving: Serving) -> tuple[Rollout, ...]:
    by_number: Mapping[str, VersionRecord] = {record.spec.version: record for record in observed.versions}
    return tuple(_rollout(observed, serving, served, by_number.get(served.version)) for served in serving.versions)


def _rollout(observed: Observed, serving: Serving, served: ServedVersion, record: VersionRecord | None) -> Rollout:
    name = f"{observed.application.name}-{served.version}"
    if name in observed.unreadable:
        return unreadable(served, name)
    if record is None:
        return missing(served, name, observed.versions)
    return rollout(served, serving, record, observed.children.revisions, observed.around)


def _wanted(observed: Observed, serving: Serving | None, rollouts: Sequence[Rollout]) -> list[Json]:
    """Revisions first: what was rendered must be on record before any pod is made from it."""
    if serving is None:
        return []
    name = observed.application.name
    running = [r for r in rollouts if r.template is not None]
    objects = [_revision(observed, r, place) for place, r in enumerate(running) if not r.stored]
    for r in running:
        objects += [_deployment(name, r, serving), version_service(name, r.served.version)]
    return [*objects, application_service(name)] if running or observed.children.deployments else objects


def _revision(observed: Observed, rendered: Rollout, place: int) -> Json:
    latest = max((r["revision"] for r in observed.children.revisions), default=0)
    assert rendered.key is not None
    assert rendered.template is not None
    return controller_revision(
        application=observed.application.name,
        version=rendered.served.version,
        key=rendered.key,
        template=rendered.template,
        revision=latest + 1 + place,
    )


def _deployment(application: str, running: Rollout, serving: Serving) -> Json:
    assert running.template is not None
    nothing_wanted = weight_of(running.served, serving) == 0
    return deployment(
        application=application,
        version=running.served.version,
        template=running.template,
        replicas=0 if nothing_wanted else running.served.replicas,
        deploy_timeout_seconds=serving.deploy_timeout_seconds,
    )


def _owned(application: ApplicationRecord, obj: Json) -> Json:
    metadata = obj["metadata"] | {
        "namespace": application.namespace,
        "ownerReferences": [owner(application.raw, controller=True)],
    }
    return obj | {"metadata": metadata}


def _retired(observed: Observed, serving: Serving | None) -> list[Json]:
    """What no wish asks for: at once when nothing is served, else when the served ones are up."""
    children = observed.children
    if serving is None:
        return [*children.deployments, *children.services]
    wished = {served.version for served in serving.versions}
    if not all(_up(children.deployment(version)) for version in wished):
        return []
    return [
        child
        for child in (*children.deployments, *children.services)
        if (version := version_of(child)) is not None and version not in wished
    ]


def _up(child: Json | None) -> bool:
    return child is not None and settled(child)


def _forgotten(observed: Observed, rollouts: Sequence[Rollout]) -> list[Json]:
    """Revisions beyond the history that is kept."""
    in_use = {r.key for r in rollouts}
    past = [r for r in observed.children.revisions if r["metadata"]["name"].rpartition("-")[2] not in in_use]
    return sorted(past, key=lambda r: int(r["revision"]), reverse=True)[KEPT_REVISIONS:]
