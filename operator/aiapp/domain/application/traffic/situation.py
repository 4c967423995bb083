"""What a pass sees of a rollout in steps, gathered from the objects. Decides nothing about it."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from aiapp.api.serving import Serving
from aiapp.api.steps import APPROVE, MOST_SHARES, RolloutProgress, RolloutState, Share
from aiapp.domain.application.observed import ObservedApplication, has_number, is_up, version_of
from aiapp.domain.application.traffic import step_health
from aiapp.domain.application.traffic.checks import PASSED, Check, Verdict, checks
from aiapp.domain.application.traffic.goal import (
    Goal,
    goal,
    in_force,
    nonzero,
    pods_wanted,
    route_in_force,
    split,
    wish,
)
from aiapp.domain.application.traffic.progress import REACHED, Situation
from aiapp.domain.application.traffic.stops import Stops
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import ApplicationRecord


def situation(observed: ObservedApplication, serving: Serving, verdict: Verdict | None) -> Situation:
    """`observed` has the children as they are after the pass, `verdict` is that of the checks if they were asked."""
    record = observed.application.parsed.status.rollout
    pods = _pods(observed, record)
    return Situation(
        wish=nonzero(wish(serving).shares),
        stops=Stops.of(serving.strategy.steps or ()),
        on_failure=serving.strategy.on_failure,
        present=_present(observed),
        at_rest=_is_at_rest(observed, wish(serving)),
        reached=is_reached(observed, goal(observed), record),
        verdict=verdict if serving.strategy.checks.prometheus else PASSED,
        fault=_fault(observed, serving, record, pods),
        approved=str((observed.application.raw["metadata"].get("annotations") or {}).get(APPROVE, "")),
        now=observed.now,
        begin=step_health.begin(pods, observed.now),
        new_id=_new_id(observed),
    )


def checked_versions(application: ApplicationRecord) -> Collection[str]:
    """The versions whose pods are looked at one by one, since a rollout in steps gives them traffic."""
    record = application.parsed.status.rollout
    return () if record is None or record.state is RolloutState.COMPLETED else gaining(record)


def gaining(record: RolloutProgress) -> set[str]:
    """The versions whose share grows: those that a rollout is about, and whose pods are checked."""
    before = split(record.from_)
    return {version for version, share in split(record.to).items() if share > before.get(version, 0)}


def step_checks(observed: ObservedApplication, offered: Mapping[str, str]) -> tuple[Check, ...]:
    """The checks at the end of the present step."""
    application, record = observed.application, observed.application.parsed.status.rollout
    serving = application.parsed.spec.serving
    if serving is None or record is None:
        return ()
    place = (application.namespace, application.name)
    return checks(serving.strategy.checks.prometheus, sorted(gaining(record)), place, offered)


def overdue_at(observed: ObservedApplication, serving: Serving, record: RolloutProgress) -> float | None:
    """Seconds until a pod that is not ready yet has taken too long."""
    ends = step_health.due(_pods(observed, record), since=record.since, timeout=_timeout(serving))
    return None if ends is None else (ends - observed.now).total_seconds()


def is_reached(observed: ObservedApplication, there: Goal, record: RolloutProgress | None) -> bool:
    """Whether each version has its number of pods, and those that gain have all of them ready and their weight.

    The others need not: a rollout may well lead away from pods that are broken.
    """
    rising, children, route = gaining(record) if record else set(), observed.children, route_in_force(observed)
    if route is not None and any(route.get(version, 0) < there.shares.get(version, 0) for version in rising):
        return False
    gone = (number for version, number in pods_wanted(children).items() if not there.shares.get(version))
    return not any(gone) and all(
        is_up(children.deployment(version), there.replicas[version])
        and pods_wanted(children).get(version, 0) >= there.inherited.get(version, 0)
        if version in rising
        else has_number(children.deployment(version), there.replicas[version])
        for version, share in there.shares.items()
        if share
    )


def _is_at_rest(observed: ObservedApplication, wanted: Goal) -> bool:
    """Whether pods and weights are those of the wish; where others say how many pods, any number is."""
    pods, route = pods_wanted(observed.children), route_in_force(observed)
    if route is not None and route != nonzero(wanted.shares):
        return False
    return {v for v, number in pods.items() if number} == set(nonzero(wanted.shares)) and all(
        number in (None, pods.get(version, 0)) for version, number in wanted.replicas.items()
    )


def _present(observed: ObservedApplication) -> tuple[Share, ...]:
    pods = pods_wanted(observed.children)
    if not any(pods.values()):
        return ()
    found = sorted(in_force(observed).items(), key=lambda one: one[1], reverse=True)[:MOST_SHARES]
    return tuple(Share(version=version, weight=share, replicas=pods.get(version, 0)) for version, share in found)


def _pods(observed: ObservedApplication, record: RolloutProgress | None) -> list[Json]:
    versions = gaining(record) if record else set()
    return [pod for pod in observed.children.pods if version_of(pod) in versions]


def _fault(
    observed: ObservedApplication, serving: Serving, record: RolloutProgress | None, pods: Sequence[Json]
) -> str | None:
    if record is None or record.state not in (*REACHED, RolloutState.PROGRESSING):
        return None
    was_ready = record.state in REACHED
    return step_health.fault(pods, since=record.since, was_ready=was_ready, timeout=_timeout(serving), now=observed.now)


def _timeout(serving: Serving) -> timedelta:
    return timedelta(seconds=serving.deploy_timeout_seconds)


def _new_id(observed: ObservedApplication) -> str:
    """Another one each time, for any two that a person could mistake for each other."""
    text = f"{observed.application.uid}/{observed.application.generation}/{observed.now.isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]
