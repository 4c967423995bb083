"""The split that a route has: the last one that could be served, for as long as it exists."""

from aiapp.domain.application.observed import ObservedApplication
from aiapp.domain.application.traffic.shares import Shares
from aiapp.domain.kubernetes.naming import version_behind
from aiapp.domain.kubernetes.resources import Json


def last_split(observed: ObservedApplication) -> Shares:
    """The route's weights; while there is none, the shares that the status has."""
    route = observed.children.route
    if route is not None:
        return shares_of(observed.application.name, route)
    return {one.version: one.actual_weight for one in observed.application.parsed.status.traffic}


def shares_of(application: str, route: Json) -> Shares:
    """The weights of a route by version. A weight that is left out is 1, as the Gateway API has it."""
    rules = route["spec"].get("rules") or ()
    backends = (backend for rule in rules[:1] for backend in rule.get("backendRefs") or ())
    found = {version_behind(application, backend["name"]): backend.get("weight", 1) for backend in backends}
    return {version: int(weight) for version, weight in found.items() if version is not None}
