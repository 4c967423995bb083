"""Which children of versions that are no longer served may go: not before the served ones are up, nor under traffic."""

from collections.abc import Collection, Iterable

from aiapp.domain.application.observed import ObservedApplication, settled, version_of, wanted_pods
from aiapp.domain.application.traffic.goal import goal
from aiapp.domain.application.traffic.routing import gateway_in_use, is_drained, with_service
from aiapp.domain.kubernetes.resources import DEPLOYMENTS, HTTP_ROUTES, SERVICES, Json


def retired(observed: ObservedApplication, wanted: Iterable[Json]) -> list[Json]:
    """Everything at once when nothing is served; else what no longer has a part in serving.

    In a rollout in steps that is not before its share has ended. `wanted` are the objects that should exist.
    """
    children = observed.children
    serving = observed.application.parsed.spec.serving
    if serving is None:
        return [*children.deployments, *children.others]
    served = {one.version for one in serving.versions}
    made = {version_of(obj): obj for obj in wanted if obj["kind"] == DEPLOYMENTS.kind}
    up = all(_is_up(children.deployment(version), made.get(version)) for version in served)
    of_versions = [one for one in (*children.deployments, *children.others) if version_of(one) is not None]
    shares = goal(observed).shares
    former = [one for one in of_versions if (v := version_of(one)) not in served and not shares.get(v or "")]
    routes = [one for one in children.others if one["kind"] == HTTP_ROUTES.kind and serving.gateway is None]
    return [*(one for one in former if up and _may_go(observed, one)), *routes]


def is_unfinished(observed: ObservedApplication, running: Collection[str]) -> bool:
    """Whether a version that runs is to come into a route, or one that is no longer served is to leave it."""
    serving = observed.application.parsed.spec.serving
    if serving is None or gateway_in_use(observed) is None:
        return False
    served = {one.version for one in serving.versions}
    return not with_service(observed.children).issuperset(running) or any(
        version_of(d) not in served for d in observed.children.deployments
    )


def _may_go(observed: ObservedApplication, child: Json) -> bool:
    """Where a gateway has the route: everything when it sends them nothing more, but the Service when they are gone."""
    version = version_of(child)
    if gateway_in_use(observed) is None or version is None:
        return True
    if not is_drained(observed, version):
        return False
    return child["kind"] != SERVICES.kind or version not in (observed.children.ready or ())


def _is_up(child: Json | None, wanted: Json | None) -> bool:
    """Whether its pods are up, and are as many as they will be once the plan is carried out."""
    if child is None or not settled(child):
        return False
    return wanted is None or wanted["spec"].get("replicas", wanted_pods(child)) == wanted_pods(child)
