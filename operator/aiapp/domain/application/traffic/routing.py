"""Traffic through the Gateway API: the split that the application's HTTPRoute gets, and what its route says now."""

from collections.abc import Collection, Iterator
from typing import Any

from aiapp.api.gateway import Gateway
from aiapp.api.serving import Serving
from aiapp.domain.application.observed import (
    Children,
    ObservedApplication,
    ready_pods,
    taken_over_pods,
    version_of,
    wanted_pods,
)
from aiapp.domain.application.traffic.goal import goal
from aiapp.domain.application.traffic.route_weights import last_split, shares_of
from aiapp.domain.application.traffic.shares import Shares
from aiapp.domain.application.traffic.split import Pods, split
from aiapp.domain.kubernetes.resources import SERVICES, Json


def gateway_in_use(observed: ObservedApplication) -> Gateway | None:
    """The gateway by which the traffic is split; None where none is asked for, or the cluster has no Gateway API."""
    serving = observed.application.parsed.spec.serving
    return serving.gateway if serving and observed.is_gateway_api_served else None


def routed(
    observed: ObservedApplication, serving: Serving, reachable: Collection[str], yielding: str | None = None
) -> Shares:
    """The split that the route should have among the versions that have a Service; `yielding` counts as not ready."""
    aim = goal(observed)
    versions = _in_order(serving, reachable)
    pods = {version: _pods(observed.children, version, aim.replicas.get(version, 0)) for version in versions}
    if yielding in pods:
        pods[yielding] = Pods(0, pods[yielding].wanted)
    return split(aim.shares, pods, last_split(observed))


def with_service(children: Children) -> set[str]:
    """The versions that have a Service."""
    services = (version_of(one) for one in children.others if one["kind"] == SERVICES.kind)
    return {version for version in services if version is not None}


def pods_for_traffic(observed: ObservedApplication, version: str, aim: int, total: int) -> int:
    """How many pods the version needs for what gateways may still send it beyond `aim`, its share of the goal.

    `total` are the pods that all of the traffic is meant for. 0: it has no more than its share.
    """
    route, child = observed.children.route, observed.children.deployment(version)
    if gateway_in_use(observed) is None or route is None or child is None or total == 0:
        return 0
    if not _all_know(route):
        return wanted_pods(child)
    share = shares_of(observed.application.name, route).get(version, 0)
    return max(share * total // 100, 1) if share > aim else 0


def is_moving(observed: ObservedApplication, serving: Serving) -> bool:
    """Whether the route is to get other weights than it has, or a gateway has not taken up those that it has."""
    route = observed.children.route
    if gateway_in_use(observed) is None or route is None:
        return False
    wanted = routed(observed, serving, with_service(observed.children))
    return not _all_know(route) or dict(wanted) != dict(shares_of(observed.application.name, route))


def is_drained(observed: ObservedApplication, version: str) -> bool:
    """Whether no gateway sends anything to the version any more: its weight is 0, and they have taken that up."""
    route = observed.children.route
    return route is not None and not shares_of(observed.application.name, route).get(version) and _all_know(route)


def _all_know(route: Json) -> bool:
    """Whether all gateways have taken up the route as it is."""
    return all(_is_taken_up(parent, route) for parent in _parents(route))


def _parents(route: Json) -> Iterator[Json]:
    """What controllers say of the Gateways that the route names; of others they may have left something."""
    namespace = route["metadata"]["namespace"]
    named = {parent_key(one, namespace) for one in route["spec"].get("parentRefs") or ()}
    found = (route.get("status") or {}).get("parents") or ()
    return (one for one in found if parent_key(one["parentRef"], namespace) in named)


def parent_key(reference: Json, namespace: str) -> tuple[Any, ...]:
    """What tells parents of a route in that namespace apart."""
    place = reference.get("namespace") or namespace, reference["name"]
    return (*place, reference.get("sectionName"), reference.get("port"))


def _is_taken_up(parent: Json, route: Json) -> bool:
    """Whether a gateway's controller speaks of the route as it is. One that never spoke sends nothing to anybody."""
    spoken = [int(one.get("observedGeneration", 0)) for one in parent.get("conditions") or ()]
    return not spoken or max(spoken) >= int(route["metadata"].get("generation", 0))


def _pods(children: Children, version: str, number: int | None) -> Pods:
    """Ready are those that both the Deployment and the pods themselves say: so a loss counts at once."""
    deployment = children.deployment(version)
    if deployment is None:
        return Pods(0, 0)
    meant = number if number is not None else taken_over_pods(deployment)
    ready = ready_pods(deployment)
    own = ready if children.ready is None else children.ready.get(version, 0)
    return Pods(min(ready, own), max(wanted_pods(deployment), meant))


def _in_order(serving: Serving, reachable: Collection[str]) -> list[str]:
    """In the order of the spec, then those that leave."""
    served = [one.version for one in serving.versions]
    return [*(version for version in served if version in reachable), *sorted(set(reachable) - set(served))]
