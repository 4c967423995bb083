"""The status of an application whose plan was carried out: traffic, conditions, phase. Never decides what to write."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from aiapp.api.application_status import Traffic
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.serving import Serving
from aiapp.api.steps import RolloutProgress
from aiapp.domain.application.advice import advised
from aiapp.domain.application.auto_stop import term
from aiapp.domain.application.beside import at_a_loss
from aiapp.domain.application.history import history
from aiapp.domain.application.observed import (
    ObservedApplication,
    is_current,
    ready_pods,
    settled,
    version_of,
    wanted_pods,
)
from aiapp.domain.application.plan import ApplicationPlan
from aiapp.domain.application.pod_diagnosis import conditions, is_unschedulable, trouble
from aiapp.domain.application.pod_start import starts
from aiapp.domain.application.rollout import Absent, Held, Rendered, Rollout, Running, Stored
from aiapp.domain.application.serving_compatibility import no_room, nodes_available
from aiapp.domain.application.split_words import split_in_words
from aiapp.domain.application.stop import Stop, is_down
from aiapp.domain.application.traffic.acceptance import route_accepted
from aiapp.domain.application.traffic.advance import NOTHING, Advance
from aiapp.domain.application.traffic.finding import traffic_split
from aiapp.domain.application.traffic.listing import traffic_of
from aiapp.domain.application.traffic.log import traffic_log
from aiapp.domain.application.traffic.progress import GIVEN_UP
from aiapp.domain.application.traffic.rollout_words import rollout_completed
from aiapp.domain.application.traffic.routing import gateway_in_use
from aiapp.domain.application.versions import listed
from aiapp.domain.artifact.verification import deviation
from aiapp.domain.conditions import STALLING, Finding, State, Trouble, fails, holds, summarize
from aiapp.domain.events import Event, changes
from aiapp.domain.images.unused import unused_in_serving
from aiapp.domain.kubernetes.naming import APPLICATION_LABEL
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import VersionRecord
from aiapp.domain.rendering import route, service

Phase = Literal["Running", "Deploying", "Concerning", "Failed", "Stopping", "Stopped", "Waiting", "Managed"]
READY_DEPENDENTS: Final = (
    ConditionType.VERSIONS_RESOLVED,
    ConditionType.WORKLOADS_AVAILABLE,
    ConditionType.ROUTE_ACCEPTED,
    ConditionType.ROLLOUT_COMPLETED,
)
IN_STEPS: Final = frozenset(
    {Reason.ROLLOUT_PROGRESSING, Reason.ROLLOUT_PAUSED, Reason.AWAITING_APPROVAL, Reason.CHECK_UNANSWERED}
)
"""Reasons of a rollout in steps that is under way."""
NOT_NORMAL: Final = frozenset({Reason.VERSION_NOT_FOUND, Reason.VERSION_NOT_READY})
UNDER_WAY: Final = frozenset({Reason.DEPLOYING, Reason.PENDING})
AT_REST: Final = frozenset({Reason.SCALED_TO_ZERO, Reason.STOPPED, Reason.AUTO_STOPPED})
"""Reasons of an application that has no pods because it was asked to."""
QUICK_SECONDS: Final = 3.0
"""A new application reports only after this long that it waits for its version."""
SILENT_SECONDS: Final = 30.0
"""The same while its versions report nothing either, as when hundreds are registered at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Status, conditions and Events of an application."""

    phase: Phase
    findings: tuple[Finding, ...]
    status: Json
    """The status but for the conditions."""
    events: tuple[Event, ...]
    past: tuple[Json, ...]
    """What `status.events` is to remember beside the Events: how the first pods of versions came up."""
    retry_after: float | None
    """Seconds until it is worth saying all that; None: now."""

    @property
    def ready(self) -> Finding:
        return next(f for f in self.findings if f.type is ConditionType.READY)


def assess(
    observed: ObservedApplication,
    plan: ApplicationPlan,
    trouble: Trouble | None = None,
    ahead: Advance = NOTHING,
) -> Assessment:
    """`observed` holds the children as they are after the plan; `trouble` is why not all of it was carried out.

    `ahead` is how far a rollout in steps is now.
    """
    serving = observed.application.parsed.spec.serving
    traffic, before = traffic_of(observed), observed.application.parsed.status
    found = _findings(observed, plan, trouble, serving, traffic, ahead) if serving else _managed()
    findings = advised(found, observed.application.name)
    ready = next(f for f in findings if f.type is ConditionType.READY)
    phase = phase_of(ready, pods=sum(t.ready for t in traffic)) if serving else "Managed"
    return Assessment(
        phase=phase,
        findings=tuple(findings),
        status=_status(observed, phase, traffic, serving)
        | _rollout(ahead.record)
        | {"history": history(observed.application, ready, observed.now)},
        events=tuple(changes(before.conditions, findings)),
        past=tuple(starts(before.traffic, traffic, observed.children.newest_ready, before.events)),
        retry_after=_patience(observed, ready),
    )


def noteworthy_pods(
    pods: Iterable[Json],
    deployments: Iterable[Json],
    versions: Iterable[VersionRecord],
    checked: Collection[str] = (),
) -> list[Json]:
    """The pods that would show in the status, if one of the Deployments made them: none in a calm rollout.

    And all of the versions in `checked`.
    """
    deployed = {version_of(deployment): deployment for deployment in deployments}
    artifacts = {record.spec.version: record.package for record in versions}
    return [
        pod
        for pod in pods
        if (version := version_of(pod)) is not None
        and (child := deployed.get(version)) is not None
        and (
            version in checked
            or trouble(child, [pod]) is not None
            or deviation(child, [pod], artifacts.get(version)) is not None
        )
    ]


def _patience(observed: ObservedApplication, ready: Finding) -> float | None:
    """Seconds until a new application reports that it waits for its version: most are imported soon."""
    if not observed.application.is_new or ready.reason not in NOT_NORMAL:
        return None
    patience = SILENT_SECONDS if _is_silent(observed) else QUICK_SECONDS
    left = patience - (observed.now - observed.met).total_seconds()
    return left if left > 0 else None


def _is_silent(observed: ObservedApplication) -> bool:
    """Whether every version that is to be served exists and was not reported on yet: its report brings the next."""
    serving = observed.application.parsed.spec.serving
    new = {record.spec.version for record in observed.versions if record.is_new}
    return serving is not None and all(served.version in new for served in serving.versions)


def _managed() -> list[Finding]:
    return [holds(ConditionType.READY, "nothing is served", Reason.MANAGED)]


def _findings(
    observed: ObservedApplication,
    plan: ApplicationPlan,
    refused: Trouble | None,
    serving: Serving,
    traffic: Sequence[Traffic],
    ahead: Advance,
) -> list[Finding]:
    available = _workloads_available(observed, plan, refused)
    completed = [rollout_completed(ahead.record, ahead.silence)] if ahead.record else []
    needs_a_person = ahead.record is not None and ahead.record.state in GIVEN_UP
    found = [
        _versions_resolved(plan),
        *(completed if needs_a_person else ()),  # before what is only its consequence
        available,
        _nodes_available(plan),
        traffic_split(observed, serving, traffic),
        *([route_accepted(observed, serving.gateway)] if serving.gateway else []),
        *([plan.scaling.surging] if plan.scaling.surging else []),
        *(() if needs_a_person else completed),
    ]
    dependents = READY_DEPENDENTS if plan.stop is None else (ConditionType.WORKLOADS_AVAILABLE,)
    return summarize(found, dependents, available.reason, available.message)


def _versions_resolved(plan: ApplicationPlan) -> Finding:
    absent = [one.why for one in plan.rollouts if isinstance(one, Absent)]
    if absent:
        return fails(ConditionType.VERSIONS_RESOLVED, absent[0].reason, "; ".join(t.message for t in absent))
    return holds(ConditionType.VERSIONS_RESOLVED)


def _workloads_available(observed: ObservedApplication, plan: ApplicationPlan, refused: Trouble | None) -> Finding:
    if plan.stop is not None and refused is None:
        return _stopped(observed, plan.stop)
    why = refused or _held(plan) or _pods(observed, plan)
    if why is not None:
        message = f"{why.message}{_goes_on(observed)}"
        return fails(ConditionType.WORKLOADS_AVAILABLE, why.reason, message)
    if all(wanted_pods(d) == 0 for d in observed.children.deployments):
        message = "no pods are wanted: every served version has replicas: 0"
        return holds(ConditionType.WORKLOADS_AVAILABLE, message, Reason.SCALED_TO_ZERO)
    new = [one for one in plan.rollouts if isinstance(one, Rendered)]
    overruled = [f"{one.served.version}: {one.overruled}" for one in new if one.overruled]
    ready = sum(ready_pods(d) for d in observed.children.deployments)
    note = f"; rolled out against the verdict: {'; '.join(overruled)}" if overruled else ""
    note += "".join(f"; {text}" for r in plan.rollouts if (text := _image_note(r)))
    note += "".join(f"; {text}" for r in plan.rollouts if (text := _unused(r, observed)))
    note += "".join(f"; {text}" for text in at_a_loss(observed.children))
    pods = "1 pod" if ready == 1 else f"{ready} pods"
    return holds(ConditionType.WORKLOADS_AVAILABLE, f"{pods} ready{note}", Reason.RUNNING)


def _stopped(observed: ObservedApplication, stop: Stop) -> Finding:
    if is_down(observed.children):
        return holds(ConditionType.WORKLOADS_AVAILABLE, stop.message, stop.reason)
    left = observed.children.unfinished
    message = f"its pods are ending: {left} left" if left else "its Deployments are being scaled to 0"
    return fails(ConditionType.WORKLOADS_AVAILABLE, Reason.STOPPING, message)


def _goes_on(observed: ObservedApplication) -> str:
    """Which versions serve that are no longer wanted, and why: the new ones are not up."""
    serving = observed.application.parsed.spec.serving
    wanted = {served.version for served in serving.versions} if serving else set()
    ready = {version_of(d): d for d in observed.children.deployments if ready_pods(d)}
    left = sorted(version for version in ready if version is not None and version not in wanted)
    return f"; {', '.join(left)} {'goes' if len(left) == 1 else 'go'} on serving meanwhile" if left else ""


def _nodes_available(plan: ApplicationPlan) -> Finding:
    return nodes_available(
        [
            (one.served.version, one.candidate.compatibility, one.template if isinstance(one, Running) else None)
            for one in plan.rollouts
            if not isinstance(one, Absent)
        ]
    )


def _image_note(rollout: Rollout) -> str:
    """What runs keeps its image until something else makes a new rollout."""
    if not isinstance(rollout, Stored) or rollout.candidate.images is None:
        return ""
    before, now = rollout.candidate.images
    return f"{rollout.served.version} runs {before}; the next rollout takes the runtime's current image, {now}"


def _unused(rollout: Rollout, observed: ObservedApplication) -> str:
    """What the application says to a model server that is not there."""
    serving = observed.application.parsed.spec.serving
    if serving is None or not isinstance(rollout, Running) or not rollout.candidate.brings_server:
        return ""
    found = unused_in_serving(rollout.served, serving)
    return f"version {rollout.served.version}: {found}" if found else ""


def _held(plan: ApplicationPlan) -> Trouble | None:
    return next((one.why for one in plan.rollouts if isinstance(one, Absent | Held)), None)


def _pods(observed: ObservedApplication, plan: ApplicationPlan) -> Trouble | None:
    for rollout in (one for one in plan.rollouts if isinstance(one, Running)):
        child = observed.children.deployment(rollout.served.version)
        if child is None:
            return Trouble(Reason.DEPLOYING, f"version {rollout.served.version} is being deployed")
        pods = [pod for pod in observed.children.pods if version_of(pod) == rollout.served.version]
        if (odd := deviation(child, pods, rollout.candidate.record.package)) is not None:
            return odd
        if not settled(child):
            return _no_room(observed, rollout, pods) or trouble(child, pods) or _progress(child)
    growing = [(version, one) for version, one in plan.scaling.pods.items() if one.wanted > one.now]
    words = [f"version {version}: {one.ready} of {one.wanted} pods ready" for version, one in growing]
    return Trouble(Reason.DEPLOYING, "; ".join(words)) if words else None


def _no_room(observed: ObservedApplication, rollout: Running, pods: Sequence[Json]) -> Trouble | None:
    """Pods that wait for devices of others are no fault of theirs, however long it takes."""
    if not any(map(is_unschedulable, pods)):
        return None
    compatibility, in_use = rollout.candidate.compatibility, observed.context.in_use
    message = no_room(rollout.served.version, compatibility, rollout.template, in_use)
    return Trouble(Reason.WAITING_FOR_NODES, message) if message else None


def _progress(child: Json) -> Trouble:
    wanted, name = wanted_pods(child), child["metadata"]["name"]
    message = f"deployment {name}: {ready_pods(child)} of {wanted} pods ready"
    progressing = conditions(child).get("Progressing", {})
    complete = is_current(child) and progressing.get("reason") == "NewReplicaSetAvailable"
    return Trouble(Reason.REPLICAS_UNAVAILABLE if complete else Reason.DEPLOYING, message)


def phase_of(ready: Finding, *, pods: int) -> Phase:
    """The summary for people of an application that is to serve; `pods` of it are ready."""
    if ready.state is State.TRUE:
        return "Stopped" if ready.reason in AT_REST else "Running"
    if ready.reason is Reason.STOPPING:
        return "Stopping"
    if ready.reason in IN_STEPS:
        return "Deploying"
    if ready.reason is Reason.REPLICAS_UNAVAILABLE or (pods and ready.reason not in UNDER_WAY):
        return "Concerning"
    if ready.reason in NOT_NORMAL or ready.reason is Reason.WAITING_FOR_NODES:
        return "Waiting"
    return "Failed" if ready.reason in STALLING else "Deploying"


def _status(observed: ObservedApplication, phase: Phase, traffic: Sequence[Traffic], serving: Serving | None) -> Json:
    application = observed.application
    log = traffic_log(observed, traffic)
    return {
        "observedGeneration": application.generation,
        "phase": phase,
        **listed(observed, traffic),
        "traffic": [t.model_dump(by_alias=True, exclude_none=True) for t in traffic],
        **({"trafficLog": [one.model_dump(by_alias=True, mode="json") for one in log]} if log else {}),
        "served": _served(traffic),
        "replicas": sum(t.replicas for t in traffic),
        "readyReplicas": sum(t.ready for t in traffic),
        "selector": f"{APPLICATION_LABEL}={application.name}",
        **(limit.status if (limit := term(observed)) else {}),
        **({"url": _url(observed)} if serving else {}),
    }


def _rollout(record: RolloutProgress | None) -> Json:
    return {} if record is None else {"rollout": record.model_dump(by_alias=True, mode="json", exclude_none=True)}


def _url(observed: ObservedApplication) -> str:
    application, gateway = observed.application, gateway_in_use(observed)
    outside = route.url(gateway) if gateway else None
    return outside or service.url(application.name, application.namespace, observed.children.entrance)


def _served(traffic: Sequence[Traffic]) -> str:
    return split_in_words((t.version, t.actual_weight) for t in traffic) or "none"
