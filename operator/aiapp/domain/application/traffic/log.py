"""The log of the traffic: which shares moved from where to where, when and why. Bounded; at rest it stays as it is."""

from collections.abc import Mapping, Sequence
from typing import Final

from aiapp.api.application_status import Traffic, TrafficChange
from aiapp.api.steps import RolloutProgress, RolloutState
from aiapp.domain.application.observed import ObservedApplication
from aiapp.domain.application.traffic.shares import Shares

KEPT: Final = 20
SPEC_CHANGED: Final = "spec changed"
PODS_CHANGED: Final = "the number of ready pods changed"
_BECAME_READY: Final = "became ready"
_LOST_READINESS: Final = "lost readiness"
_BY_PODS: Final = (_BECAME_READY, _LOST_READINESS, PODS_CHANGED)


def traffic_log(observed: ObservedApplication, traffic: Sequence[Traffic]) -> tuple[TrafficChange, ...]:
    """The log as it is, with one entry more if the shares are others than the status has."""
    status = observed.application.parsed.status
    before, after = _shares(status.traffic), _shares(traffic)
    if before == after:
        return status.traffic_log
    change = TrafficChange(
        time=observed.now.replace(microsecond=0),
        before=before,
        after=after,
        cause=_cause(observed, traffic),
        generation=observed.application.generation,
    )
    return _bounded((change, *status.traffic_log))


def _bounded(log: tuple[TrafficChange, ...]) -> tuple[TrafficChange, ...]:
    """Pods that come and go for hours must not push out what people have done."""
    if len(log) <= KEPT:
        return log
    oldest = next((place for place in range(len(log) - 1, 0, -1) if log[place].cause.endswith(_BY_PODS)), len(log) - 1)
    return (*log[:oldest], *log[oldest + 1 :])


def _shares(traffic: Sequence[Traffic]) -> Shares:
    """Of what can answer: the weight of a version without ready pods gives nobody an answer."""
    return {one.version: one.actual_weight for one in traffic if one.actual_weight and one.ready}


def _cause(observed: ObservedApplication, traffic: Sequence[Traffic]) -> str:
    """Pods first: what a new spec asks for moves traffic only when pods are ready for it."""
    status = observed.application.parsed.status
    before = {one.version: one.ready for one in status.traffic}
    now = {one.version: one.ready for one in traffic}
    if came := _whose(now, before):
        return f"{came} {_BECAME_READY}"
    if went := _whose(before, now):
        return f"{went} {_LOST_READINESS}"
    if status.observed_generation != observed.application.generation:
        return SPEC_CHANGED
    return _step(status.rollout) or PODS_CHANGED


def _step(rollout: RolloutProgress | None) -> str | None:
    """The step of a rollout that is under way."""
    if rollout is None or rollout.state is RolloutState.COMPLETED:
        return None
    return "rolled back" if rollout.state is RolloutState.ROLLED_BACK else f"step {rollout.step} of {rollout.steps}"


def _whose(some: Mapping[str, int], none: Mapping[str, int]) -> str:
    """The versions that have ready pods in the first and not in the second."""
    return ", ".join(version for version, ready in some.items() if ready and not none.get(version))
