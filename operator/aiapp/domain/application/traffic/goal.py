"""The shares that are wanted now: those of `spec`, or a step on the way to them. Decides nothing about time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from aiapp.api.serving import Serving
from aiapp.api.steps import RolloutProgress, RolloutState, Share
from aiapp.domain.application.observed import Children, ObservedApplication, version_of, wanted_pods
from aiapp.domain.application.traffic.interpolation import interpolate
from aiapp.domain.application.traffic.route_weights import shares_of
from aiapp.domain.application.traffic.shares import Shares, by_ready_pods, parts, weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What each version is to have now: those of `spec` in their order, then those on their way out."""

    shares: Mapping[str, int]
    """Percent of the traffic; they add up to 100, or are absent when nothing is to be served."""
    replicas: Mapping[str, int | None]
    """Pods; None: another, such as an autoscaler, says how many. 0 for a version that has no share."""
    inherited: Mapping[str, int] = field(default_factory=dict)
    """Pods that such a version begins a step with, since those that go have given them up by then."""


def goal(observed: ObservedApplication) -> Goal:
    """The goal of this pass. A rollout in steps counts as far as it is on record."""
    serving = observed.application.parsed.spec.serving
    if serving is None:
        return Goal(shares={}, replicas={})
    wanted = wish(serving)
    record = observed.application.parsed.status.rollout
    if not has_steps(serving) or (record is None and not any(pods_wanted(observed.children).values())):
        return wanted
    if record is None or split(record.to) != nonzero(wanted.shares):
        return _unmoved(observed, wanted)
    if record.state is RolloutState.COMPLETED:
        return wanted
    return _on_the_way(record, wanted, is_by_weight=route_in_force(observed) is not None)


def wish(serving: Serving) -> Goal:
    """What `spec` asks for in the end."""
    shares = weights(serving)
    replicas = {served.version: served.replicas if shares[served.version] else 0 for served in serving.versions}
    return Goal(shares=shares, replicas=replicas)


def has_steps(serving: Serving) -> bool:
    """Whether a change of shares is rolled out in steps."""
    return bool(serving.strategy.steps)


def without_a_turn(observed: ObservedApplication) -> set[str]:
    """Versions that have no share at the present step: they never served, and are not to begin on their way out."""
    serving = observed.application.parsed.spec.serving
    if serving is None or not has_steps(serving):
        return set()
    shares = goal(observed).shares
    return {version for version in pods_wanted(observed.children) if not shares.get(version)}


def split(shares: tuple[Share, ...]) -> dict[str, int]:
    """Percent by version, of those that have any."""
    return {share.version: share.weight for share in shares if share.weight}


def nonzero(shares: Mapping[str, int]) -> dict[str, int]:
    """The shares of versions that have one."""
    return {version: share for version, share in shares.items() if share}


def pods_wanted(children: Children) -> dict[str, int]:
    """Pods that each version's Deployment asks for now."""
    deployed = ((version_of(child), wanted_pods(child)) for child in children.deployments)
    return {version: number for version, number in deployed if version is not None}


def route_in_force(observed: ObservedApplication) -> Shares | None:
    """The weights of the application's route, of versions that have any; None: the traffic follows the pods."""
    route = observed.children.route if observed.is_gateway_api_served else None
    return None if route is None else nonzero(shares_of(observed.application.name, route))


def in_force(observed: ObservedApplication) -> dict[str, int]:
    """The split that is in force now: the one on record, else by the pods that are ready, else by those wanted."""
    record = observed.application.parsed.status.rollout
    if record is not None and (at := _on_record(record)) is not None:
        return at
    if (by_route := route_in_force(observed)) is not None:
        return dict(by_route)
    ready = nonzero(by_ready_pods(observed.children))
    by_wish = nonzero(parts(100, pods_wanted(observed.children)))
    return ready or by_wish or (split(record.from_) if record else {})


def _on_record(record: RolloutProgress) -> dict[str, int] | None:
    """The split of a step that was reached; None while a rollout is between two."""
    match record.state:
        case RolloutState.COMPLETED:
            return split(record.to)
        case RolloutState.PAUSED | RolloutState.AWAITING_APPROVAL:
            return nonzero(interpolate(split(record.from_), split(record.to), record.percent))
        case RolloutState.ROLLED_BACK:
            return split(record.from_)
        case _:
            return None


def _unmoved(observed: ObservedApplication, wanted: Goal) -> Goal:
    """As it is: the rollout to what is wanted is not on record yet."""
    now, pods = in_force(observed), pods_wanted(observed.children)
    shares = {v: now.get(v, 0) for v in (*wanted.shares, *pods)}
    of_others = {v for v, number in wanted.replicas.items() if number is None and shares[v]}
    return Goal(shares=shares, replicas={v: None if v in of_others else pods.get(v, 0) for v in shares})


def by_pods(observed: ObservedApplication, record: RolloutProgress) -> Shares:
    """The shares that the pods of a step give, where the traffic follows them and all their numbers are known."""
    serving = observed.application.parsed.spec.serving
    if serving is None or route_in_force(observed) is not None:
        return {}
    pods = _on_the_way(record, wish(serving), is_by_weight=False).replicas
    known = {version: number for version, number in pods.items() if number is not None}
    return parts(100, known) if len(known) == len(pods) else {}


def _on_the_way(record: RolloutProgress, wanted: Goal, *, is_by_weight: bool) -> Goal:
    percent = 0 if record.state is RolloutState.ROLLED_BACK else record.percent
    shares = interpolate(split(record.from_), wanted.shares, percent)
    begun = {share.version: share.replicas or 0 for share in record.from_}
    # What another scales is left out of the sum, and is not touched while it has a share.
    ours = {version: number for version, number in wanted.replicas.items() if number is not None}
    start = {version: number for version, number in begun.items() if version in ours or version not in wanted.replicas}
    there = interpolate(start, ours, percent)
    served = {version for version in there if shares.get(version) and max(start.get(version, 0), ours.get(version, 0))}
    leaving = {version: number for version, number in start.items() if not wanted.shares.get(version)}
    fresh = [v for v, number in wanted.replicas.items() if number is None and shares.get(v) and not begun.get(v)]
    pods = _making_way(_one_each(there, served, may_add=is_by_weight), leaving, len(fresh))
    replicas = {v: pods.get(v) if share else 0 for v, share in shares.items()}
    if record.state is not RolloutState.PROGRESSING:
        return Goal(shares=shares, replicas=replicas)
    given_up = sum(number - pods.get(v, 0) for v, number in leaving.items())
    gains = nonzero({v: max(share - split(record.from_).get(v, 0), 0) for v, share in shares.items()})
    inherited = {v: begun.get(v, 0) + n for v, n in parts(max(given_up, 0), gains).items() if n and replicas[v] is None}
    return Goal(shares=shares, replicas=replicas, inherited=inherited)


def _making_way(pods: Mapping[str, int], leaving: Mapping[str, int], fresh: int) -> dict[str, int]:
    """`fresh` versions without a number of their own begin with a pod each: of those that leave, who has most gives it.

    A small step of few pods frees none otherwise, and the new pod would wait where all devices are taken.
    """
    given = dict(pods)
    for _ in range(fresh - sum(number - given.get(v, 0) for v, number in leaving.items())):
        richest = max(leaving, key=lambda v: given.get(v, 0), default=None)
        if richest is not None and given.get(richest, 0) > 1:
            given[richest] -= 1
    return given


def _one_each(pods: Mapping[str, int], served: Collection[str], *, may_add: bool) -> dict[str, int]:
    """A version with a share needs a pod to serve it: one of the version that has most, so that the sum stays.

    Where each has one and `may_add`, a pod more; else it has to wait, for one pod of two would be half the traffic.
    """
    given = dict(pods)
    for version in [v for v in given if v in served and not given[v]]:
        richest = max(given, key=lambda v: given[v])
        if given[richest] > 1:
            given[richest] -= 1
        elif not may_add:
            continue
        given[version] = 1
    return given
