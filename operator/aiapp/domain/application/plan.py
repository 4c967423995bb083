"""AIApplication: which objects should exist and which may go. Bring the new version up before the old one goes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.api.serving import ServedVersion, Serving
from aiapp.domain.application.auto_stop import seconds_left
from aiapp.domain.application.beside import beside, needless
from aiapp.domain.application.observed import ObservedApplication, version_of, wanted_pods
from aiapp.domain.application.restart import restart
from aiapp.domain.application.retirement import is_unfinished, retired
from aiapp.domain.application.rollout import (
    Absent,
    Held,
    Rendered,
    Rollout,
    Running,
    missing,
    rollout,
    unreadable,
)
from aiapp.domain.application.scale import remembered, scale
from aiapp.domain.application.scaling import leaving, replicas
from aiapp.domain.application.stop import Stop, resting, stop_of, stopped, woken
from aiapp.domain.application.traffic.goal import Goal, goal
from aiapp.domain.application.traffic.routing import gateway_in_use, keeps_pods, routed, with_service
from aiapp.domain.conditions import Trouble
from aiapp.domain.events import Event
from aiapp.domain.kubernetes.naming import owner
from aiapp.domain.kubernetes.resources import SERVICES, Json
from aiapp.domain.records import ApplicationRecord, VersionRecord
from aiapp.domain.rendering.deployment import Scale, deployment
from aiapp.domain.rendering.revision import controller_revision
from aiapp.domain.rendering.route import route
from aiapp.domain.rendering.service import application_service, version_service

UNWATCHED: Final = frozenset({Reason.CREDENTIALS_DENIED, Reason.FETCH_FAILED})
"""Reasons that end with a change of something that is not watched: a Secret, a store."""
GATEWAY_SECONDS: Final = 5.0
"""How often is looked at a route that some version is to enter or to leave, if nothing that happens calls for it."""
KEPT_REVISIONS: Final = 10
"""Rendered templates that are kept for history and rollback, beside those in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPlan:
    """What to write, in this order, and what to delete after that."""

    rollouts: tuple[Rollout, ...]
    apply: tuple[Json, ...]
    delete: tuple[Json, ...]
    stop: Stop | None = None
    """Why nothing is served for the time being."""
    again_after: float | None = None
    """Seconds until the clock alone makes another plan of it."""

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
    if (stop := stop_of(observed)) is not None:
        return _stopped(observed, rollouts, stop)
    wanted = _wanted(observed, serving, rollouts)
    leaving_now = retired(observed, wanted)
    decided = {version_of(obj) for obj in (*wanted, *leaving_now)}
    kept = [obj for obj in woken(observed) if version_of(obj) not in decided]
    running = [one.served.version for one in rollouts if isinstance(one, Running)]
    apply = (*wanted, *kept, *_route(observed, leaving_now))
    return ApplicationPlan(
        rollouts=rollouts,
        apply=tuple(_owned(observed.application, obj) for obj in apply),
        delete=(*leaving_now, *needless(observed.children, running, wanted), *_forgotten(observed, rollouts)),
        again_after=_earliest(seconds_left(observed), GATEWAY_SECONDS if is_unfinished(observed, running) else None),
    )


def _stopped(observed: ObservedApplication, rollouts: Sequence[Rollout], stop: Stop) -> ApplicationPlan:
    return ApplicationPlan(
        rollouts=tuple(resting(one, stop) for one in rollouts),
        apply=tuple(_owned(observed.application, obj) for obj in stopped(observed)),
        delete=tuple(_forgotten(observed, rollouts)),
        stop=stop,
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
    there = goal(observed)
    running = [one for one in rollouts if isinstance(one, Running)]
    new = [one for one in running if isinstance(one, Rendered)]
    objects = [_revision(observed, one, place) for place, one in enumerate(new)]
    for one in running:
        version = one.served.version
        service = version_service(name, version, observed.children.service(version))
        number = _replicas(observed, version, there, serving)
        scaled = scale(one.served.replicas, number, observed.children.deployment(version))
        objects += [_deployment(observed, version, one.template, serving, scaled), service]
        objects += beside(name, one.served, serving, observed.children)
    for version, template in leaving(there, observed.children, serving):
        number = _replicas(observed, version, there, serving)
        came_from = remembered(observed.children.deployment(version))
        scaled = Scale(came_from if number is None else number)
        objects.append(_deployment(observed, version, template, serving, scaled))
    return [*objects, application_service(name)] if running or observed.children.deployments else objects


def _replicas(observed: ObservedApplication, version: str, there: Goal, serving: Serving) -> int | None:
    """As many as now while a gateway may still send it what fewer pods were not meant for."""
    number, child = replicas(version, there, observed.children, serving), observed.children.deployment(version)
    if number is None or child is None or number >= wanted_pods(child):
        return number
    return wanted_pods(child) if keeps_pods(observed, version, there.shares.get(version, 0)) else number


def _earliest(*seconds: float | None) -> float | None:
    return min((one for one in seconds if one is not None), default=None)


def _route(observed: ObservedApplication, leaving: Sequence[Json]) -> Iterator[Json]:
    """The HTTPRoute, if there is a gateway and any Service that it could send requests to.

    A Service that is only made now is not among its backends yet: it has no ready pods, and might be refused.
    """
    serving, gateway = observed.application.parsed.spec.serving, gateway_in_use(observed)
    if serving is None or gateway is None:
        return
    gone = {version_of(one) for one in leaving if one["kind"] == SERVICES.kind}
    if shares := routed(observed, serving, with_service(observed.children) - gone):
        yield route(observed.application.name, gateway, shares)


def _revision(observed: ObservedApplication, rendered: Rendered, place: int) -> Json:
    latest = max((r["revision"] for r in observed.children.revisions), default=0)
    return controller_revision(
        application=observed.application.name,
        version=rendered.served.version,
        key=rendered.candidate.key,
        template=rendered.template,
        revision=latest + 1 + place,
    )


def _deployment(observed: ObservedApplication, version: str, template: Json, serving: Serving, scale: Scale) -> Json:
    return deployment(
        application=observed.application.name,
        version=version,
        template=template,
        scale=scale,
        deploy_timeout_seconds=serving.deploy_timeout_seconds,
        restart=restart(observed.application, observed.children.deployment(version)),
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


def _forgotten(observed: ObservedApplication, rollouts: Sequence[Rollout]) -> list[Json]:
    """Revisions beyond the history that is kept."""
    in_use = {one.candidate.key for one in rollouts if not isinstance(one, Absent)}
    past = [r for r in observed.children.revisions if r["metadata"]["name"].rpartition("-")[2] not in in_use]
    return sorted(past, key=lambda r: int(r["revision"]), reverse=True)[KEPT_REVISIONS:]
