"""The traffic of each version as the status lists it: wanted and actual share, pods, and why the shares differ."""

from collections.abc import Mapping, Sequence
from typing import Final

from aiapp.api.application_status import Traffic
from aiapp.domain.application.observed import Children, ObservedApplication, ready_pods, version_of, wanted_pods
from aiapp.domain.application.traffic.goal import goal
from aiapp.domain.application.traffic.route_weights import shares_of
from aiapp.domain.application.traffic.routing import gateway_in_use
from aiapp.domain.application.traffic.shares import Shares, by_ready_pods, weights
from aiapp.domain.kubernetes.resources import Json

NOT_READY: Final = "NotReady"
STARTING: Final = "Starting"
OTHERS_NOT_READY: Final = "OthersNotReady"
LEAVING: Final = "Leaving"
IN_STEPS: Final = "InSteps"
LAST_SPLIT_KEPT: Final = "LastSplitKept"
BY_REPLICAS: Final = "ByReplicas"


def traffic_of(observed: ObservedApplication) -> list[Traffic]:
    """Served versions in the order of the spec, then those that still have pods or a share."""
    wanted = weights(observed.application.parsed.spec.serving)
    deployed = _deployed(observed.children)
    actual = actual_shares(observed)
    others = sorted({*deployed, *(version for version, share in actual.items() if share)} - set(wanted))
    rows = [_row(number, wanted, actual, deployed.get(number)) for number in (*wanted, *others)]
    by_weight = gateway_in_use(observed) is not None
    there = goal(observed).shares
    return [row.model_copy(update={"reason": _reason(row, rows, there, by_weight=by_weight)}) for row in rows]


def actual_shares(observed: ObservedApplication) -> Shares:
    """Percents by version: the route's weights where a gateway splits the traffic, else by ready pods."""
    if gateway_in_use(observed) is None:
        return by_ready_pods(observed.children)
    route = observed.children.route
    return {} if route is None else shares_of(observed.application.name, route)


def _deployed(children: Children) -> Mapping[str, Json]:
    return {version: one for one in children.deployments if (version := version_of(one)) is not None}


def _row(number: str, wanted: Shares, actual: Shares, deployment: Json | None) -> Traffic:
    return Traffic(
        version=number,
        weight=wanted.get(number, 0),
        actual_weight=actual.get(number, 0),
        replicas=0 if deployment is None else wanted_pods(deployment),
        ready=0 if deployment is None else ready_pods(deployment),
    )


def _reason(row: Traffic, rows: Sequence[Traffic], there: Shares, *, by_weight: bool) -> str | None:
    if row.actual_weight == row.weight:
        return None
    if row.actual_weight == there.get(row.version, 0):
        return IN_STEPS
    if row.ready and not by_weight:
        return BY_REPLICAS
    return _too_little(row) if row.actual_weight < row.weight else _too_much(row, rows)


def _too_little(row: Traffic) -> str:
    return STARTING if row.ready else NOT_READY


def _too_much(row: Traffic, rows: Sequence[Traffic]) -> str:
    if row.ready and any(one.weight and one.ready for one in rows):
        return OTHERS_NOT_READY if row.weight else LEAVING
    return LAST_SPLIT_KEPT
