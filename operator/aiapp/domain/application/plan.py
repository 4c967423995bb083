"""AIApplication: which objects should exist and which may go."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiapp.api.artifact import PackageArtifact
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
from aiapp.domain.application.scaling import Resize, Scaling, scaling
from aiapp.domain.application.stop import Stop, resting, stop_of, stopped, woken
from aiapp.domain.application.traffic.goal import without_a_turn
from aiapp.domain.application.traffic.routing import gateway_in_use, routed, with_service
from aiapp.domain.conditions import Trouble
from aiapp.domain.events import Event
from aiapp.domain.kubernetes.naming import owner
from aiapp.domain.kubernetes.resources import DEPLOYMENTS, SERVICES, Json
from aiapp.domain.records import ApplicationRecord, VersionRecord
from aiapp.domain.rendering.deployment import Scale, deployment, start_seconds
from aiapp.domain.rendering.revision import controller_revision
from aiapp.domain.rendering.route import route
from aiapp.domain.rendering.service import application_service, direct_port, endpoint, version_service

UNWATCHED: Final = frozenset(
    {Reason.CREDENTIALS_DENIED, Reason.FETCH_FAILED, Reason.EXEML_NOT_REGISTERED, Reason.EXEML_UNAVAILABLE}
)
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
    resize: tuple[Resize, ...] = ()
    """Written after what is in `apply`."""
    grow: tuple[Json, ...] = ()
    """Deployments that get more pods, into the room that others have left by then."""
    delete: tuple[Json, ...]
    scaling: Scaling = field(default_factory=Scaling)
    """The numbers of pods that all that comes from."""
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
    """Objects for every served version that may run; what else there is goes as the served ones come up."""
    serving = observed.application.parsed.spec.serving
    rollouts = _rollouts(observed, serving) if serving else ()
    if (stop := stop_of(observed)) is not None:
        return _stopped(observed, rollouts, stop)
    return _serving(observed, rollouts)


def _serving(observed: ObservedApplication, rollouts: tuple[Rollout, ...]) -> ApplicationPlan:
    serving = observed.application.parsed.spec.serving
    numbers = scaling(observed, serving, rollouts) if serving else Scaling()
    wanted = _wanted(observed, serving, rollouts, numbers)
    shrinking = {version for one in numbers.resize if (version := version_of(one.deployment)) is not None}
    leaving_now = retired(observed, numbers.gone, shrinking)
    decided = {version_of(obj) for obj in (*wanted, *leaving_now)} | shrinking
    decided |= without_a_turn(observed)
    kept = [obj for obj in woken(observed) if version_of(obj) not in decided]
    running = [one.served.version for one in rollouts if isinstance(one, Running)]
    apply = (*wanted, *kept, *_route(observed, leaving_now, numbers.yielding))
    objects = [_owned(observed.application, obj) for obj in apply]
    gateway = GATEWAY_SECONDS if is_unfinished(observed, running) else None
    return ApplicationPlan(
        rollouts=rollouts,
        apply=tuple(obj for obj in objects if not _grows(observed, obj)),
        resize=tuple(one for one in numbers.resize if one.deployment not in leaving_now),
        grow=tuple(obj for obj in objects if _grows(observed, obj)),
        delete=(*leaving_now, *needless(observed.children, running, wanted), *_forgotten(observed, rollouts)),
        scaling=numbers,
        again_after=_earliest(seconds_left(observed), numbers.look_again, gateway),
    )


def _stopped(observed: ObservedApplication, rollouts: Sequence[Rollout], stop: Stop) -> ApplicationPlan:
    return ApplicationPlan(
        rollouts=tuple(resting(one, stop) for one in rollouts),
        apply=tuple(_owned(observed.application, obj) for obj in stopped(observed)),
        delete=tuple(_forgotten(observed, rollouts)),
        stop=stop,
    )


def holding(observed: ObservedApplication, wanted: ApplicationPlan, held: Mapping[str, Trouble]) -> ApplicationPlan:
    """The plan when nothing may be made for the versions in `held`, each of which has the reason."""
    if not held:
        return wanted
    rollouts = tuple(
        Held(one.candidate, held[one.served.version])
        if isinstance(one, Running) and one.served.version in held
        else one
        for one in wanted.rollouts
    )
    return _serving(observed, rollouts)


def without_manifest(running: Running, artifact: PackageArtifact) -> Trouble:
    """The trouble of a version whose manifest is gone: its pods could not fetch anything."""
    name = artifact.manifest_ref.name
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
        return missing(served, name, observed.outlines)
    return rollout(served, serving, record, observed.children.revisions, observed.context)


def _wanted(
    observed: ObservedApplication, serving: Serving | None, rollouts: Sequence[Rollout], numbers: Scaling
) -> list[Json]:
    """The objects that should exist. Revisions first: a template must be on record before any pod is made from it."""
    if serving is None:
        return []
    name = observed.application.name
    running = [one for one in rollouts if isinstance(one, Running)]
    new = [one for one in running if isinstance(one, Rendered)]
    objects = [_revision(observed, one, place) for place, one in enumerate(new)]
    for one in running:
        version = one.served.version
        service = version_service(name, version, endpoint(one.template), observed.children.service(version))
        objects += [_deployment(observed, one, serving, numbers.scales[version]), service]
        objects += beside(name, one.served, serving, observed.children)
    schemes = _schemes(running, observed.children.deployments)
    return [*objects, application_service(name, schemes)] if schemes else objects


def _schemes(running: Sequence[Running], deployments: Sequence[Json]) -> set[str]:
    """What pods serve that are wanted, and those that are there."""
    templates = [one.template for one in running] + [one["spec"].get("template", {}) for one in deployments]
    return {endpoint(template).scheme for template in templates}


def _earliest(*seconds: float | None) -> float | None:
    return min((one for one in seconds if one is not None), default=None)


def _route(observed: ObservedApplication, leaving: Sequence[Json], yielding: str | None) -> Iterator[Json]:
    """The HTTPRoute, if there is a gateway and any Service that it could send requests to.

    A Service that is only made now is not among its backends yet: it has no ready pods, and might be refused.
    """
    serving, gateway = observed.application.parsed.spec.serving, gateway_in_use(observed)
    if serving is None or gateway is None:
        return
    gone = {version_of(one) for one in leaving if one["kind"] == SERVICES.kind}
    if shares := routed(observed, serving, with_service(observed.children) - gone, yielding):
        services = {version: observed.children.service(version) for version in shares}
        ports = {version: direct_port(service) for version, service in services.items() if service is not None}
        yield route(observed.application.name, gateway, shares, ports)


def _revision(observed: ObservedApplication, rendered: Rendered, place: int) -> Json:
    latest = max((r["revision"] for r in observed.children.revisions), default=0)
    return controller_revision(
        application=observed.application.name,
        version=rendered.served.version,
        key=rendered.candidate.key,
        template=rendered.template,
        revision=latest + 1 + place,
    )


def _grows(observed: ObservedApplication, obj: Json) -> bool:
    child = observed.children.deployment(version_of(obj) or "") if obj["kind"] == DEPLOYMENTS.kind else None
    return child is not None and obj["spec"].get("replicas", 0) > wanted_pods(child)


def _deployment(observed: ObservedApplication, running: Running, serving: Serving, scale: Scale) -> Json:
    version = running.served.version
    return deployment(
        application=observed.application.name,
        version=version,
        template=running.template,
        scale=scale,
        deploy_timeout_seconds=start_seconds(running.template, serving.deploy_timeout_seconds),
        restart=restart(observed.application, observed.children.deployment(version)),
    )


def _news(rendered: Rendered) -> Iterator[Event]:
    images = rendered.candidate.images
    if images is not None:
        message = f"version {rendered.served.version} now runs {images.now}, before {images.before}"
        yield Event("Normal", Reason.RUNTIME_IMAGE_CHANGED, message)
    if rendered.overruled is not None:
        message = f"version {rendered.served.version} is rolled out against the verdict: {rendered.overruled}"
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
