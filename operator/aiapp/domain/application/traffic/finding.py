"""Whether the traffic is split as `spec` asks for, and what would have to be changed where it can never be."""

from collections.abc import Iterable, Mapping, Sequence
from math import gcd

from aiapp.api.application_status import Traffic
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.serving import Serving
from aiapp.domain.application.observed import Children, ObservedApplication, version_of, wanted_pods
from aiapp.domain.application.traffic.goal import goal
from aiapp.domain.application.traffic.routing import gateway_in_use
from aiapp.domain.application.traffic.shares import Shares, parts, weights
from aiapp.domain.conditions import Finding, fails, holds, unknown


def traffic_split(observed: ObservedApplication, serving: Serving, traffic: Sequence[Traffic]) -> Finding:
    """The condition TrafficSplit."""
    if gateway_in_use(observed) is None:
        return _by_ready_pods(observed, serving, traffic)
    return _by_weight(observed, traffic)


def _by_ready_pods(observed: ObservedApplication, serving: Serving, traffic: Sequence[Traffic]) -> Finding:
    ready = {one.version: one.ready for one in traffic}
    if is_as_near_as_whole_percents(ready, {one.version: one.weight for one in traffic}):
        return holds(ConditionType.TRAFFIC_SPLIT)
    if text := unreachable(serving, _asked_for(observed.children)):
        return fails(ConditionType.TRAFFIC_SPLIT, Reason.SPLIT_UNREACHABLE, text)
    if not any(ready.values()):
        return unknown(ConditionType.TRAFFIC_SPLIT, Reason.PENDING, "no pod is ready")
    return fails(ConditionType.TRAFFIC_SPLIT, Reason.BY_REPLICAS, f"split by ready pods: {_differences(traffic)}")


def _by_weight(observed: ObservedApplication, traffic: Sequence[Traffic]) -> Finding:
    off, there = _differences(traffic), goal(observed).shares
    if not off and not any(one.ready for one in traffic):
        return unknown(ConditionType.TRAFFIC_SPLIT, Reason.PENDING, "no pod is ready")
    if not off:
        return holds(ConditionType.TRAFFIC_SPLIT)
    if not any(one.ready and there.get(one.version) for one in traffic):
        message = f"no pod of what is asked for is ready, the last split stays: {off}"
        return fails(ConditionType.TRAFFIC_SPLIT, Reason.LAST_SPLIT_KEPT, message)
    if all(one.actual_weight == there.get(one.version, 0) for one in traffic):
        message = f"the present step of the rollout has it so: {off}"
        return fails(ConditionType.TRAFFIC_SPLIT, Reason.ROLLOUT_PROGRESSING, message)
    return fails(ConditionType.TRAFFIC_SPLIT, Reason.BY_READINESS, f"the weights follow the ready pods: {off}")


def unreachable(serving: Serving, pods: Mapping[str, int]) -> str | None:
    """Why ready pods alone can never give these shares, with the numbers of pods that can; None if they can.

    `pods` counts those that the Deployments ask for, where `replicas` does not say it.
    """
    wanted = {version: weight for version, weight in weights(serving).items() if weight}
    if len(wanted) < 2:
        return None
    given = {one.version: one.replicas for one in serving.versions}
    counts = {version: _count(given[version], pods.get(version)) for version in wanted}
    if 0 in counts.values() or is_as_near_as_whole_percents(counts, wanted):
        return None
    exact = [weight // gcd(*wanted.values()) for weight in wanted.values()]
    return (
        f"{_slashed(wanted.values())} takes {_listed(exact)} replicas; {_listed(counts.values())} give "
        f"{_slashed(parts(100, counts).values())}{_nearest(wanted, counts)}; or use serving.gateway"
    )


def is_as_near_as_whole_percents(counts: Mapping[str, int], wanted: Shares) -> bool:
    """Whether the shares of these pods differ from those that are wanted by less than 1 %."""
    total = sum(counts.values())
    return total > 0 and all(abs(100 * counts.get(name, 0) - share * total) < total for name, share in wanted.items())


def _nearest(wanted: Shares, counts: Mapping[str, int]) -> str:
    """With as many pods altogether, where another distribution is nearer."""
    total = sum(counts.values())
    spread = {name: 1 + extra for name, extra in parts(total - len(wanted), _beyond_one(wanted, total)).items()}
    if spread == counts or _distance(spread, wanted) >= _distance(counts, wanted):
        return ""
    shares = _slashed(parts(100, spread).values())
    return f", the nearest with {total} pods is {_listed(spread.values())} ({shares})"


def _beyond_one(wanted: Shares, total: int) -> Mapping[str, int]:
    """By how much each share exceeds that of one pod."""
    return {name: max(share * total - 100, 0) for name, share in wanted.items()}


def _distance(counts: Mapping[str, int], wanted: Shares) -> float:
    total = sum(counts.values())
    return sum(abs(100 * counts[name] / total - share) for name, share in wanted.items())


def _asked_for(children: Children) -> Mapping[str, int]:
    return {version: wanted_pods(one) for one in children.deployments if (version := version_of(one)) is not None}


def _count(replicas: int | None, deployed: int | None) -> int:
    """Pods that are asked for; a Deployment of which nobody says how many gets one."""
    return replicas if replicas is not None else deployed if deployed is not None else 1


def _differences(traffic: Sequence[Traffic]) -> str:
    off = (f"{t.version} gets {t.actual_weight} % of {t.weight} %" for t in traffic if t.actual_weight != t.weight)
    return ", ".join(off)


def _slashed(numbers: Iterable[int]) -> str:
    return "/".join(map(str, numbers))


def _listed(numbers: Iterable[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}"
