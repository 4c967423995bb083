"""Which children of versions that are no longer served may go: not before the served ones are up, nor under traffic."""

from collections.abc import Collection

from aiapp.domain.application.observed import ObservedApplication, ready_pods, version_of, wanted_pods
from aiapp.domain.application.traffic.routing import gateway_in_use, is_drained, with_service
from aiapp.domain.kubernetes.resources import DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS, HTTP_ROUTES, SERVICES, Json


def retired(observed: ObservedApplication, gone: Collection[str], shrinking: Collection[str]) -> list[Json]:
    """Everything at once when nothing is served; else what belongs to versions that have no part in serving any more.

    `gone` are the versions for whose pods others are ready; those in `shrinking` are on the way there, where an
    autoscaler must not say another number.
    """
    children = observed.children
    serving = observed.application.parsed.spec.serving
    if serving is None:
        return [*children.deployments, *children.others]
    former = (one for one in (*children.deployments, *children.others) if version_of(one) in gone)
    routes = [one for one in children.others if one["kind"] == HTTP_ROUTES.kind and serving.gateway is None]
    autoscalers = [
        one
        for one in children.others
        if one["kind"] == HORIZONTAL_POD_AUTOSCALERS.kind and version_of(one) in set(shrinking) - set(gone)
    ]
    return [*(one for one in former if _may_go(observed, one)), *routes, *autoscalers]


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
    if child["kind"] == DEPLOYMENTS.kind and wanted_pods(child) == 0 and not ready_pods(child):
        return True
    if not is_drained(observed, version):
        return False
    return child["kind"] != SERVICES.kind or version not in (observed.children.ready or ())
