"""What the gateways say of the application's HTTPRoute, as a condition of the application."""

from collections.abc import Iterator, Sequence
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.gateway import Gateway, ParentReference
from aiapp.domain.application.observed import ObservedApplication
from aiapp.domain.application.traffic.routing import parent_key
from aiapp.domain.conditions import Finding, fails, holds, unknown
from aiapp.domain.kubernetes.resources import HTTP_ROUTES, Json
from aiapp.domain.printable import printable

LONGEST: Final = 512
"""Characters of one gateway's words that are kept."""
_TYPES: Final = (("Accepted", Reason.ROUTE_REFUSED), ("ResolvedRefs", Reason.ROUTE_UNRESOLVED))


def route_accepted(observed: ObservedApplication, gateway: Gateway) -> Finding:
    """One condition over all Gateways that are named: the first complaint, else whether all have spoken."""
    if not observed.is_gateway_api_served:
        message = (
            f"the cluster does not serve {HTTP_ROUTES.plural}.{HTTP_ROUTES.group}/{HTTP_ROUTES.version}, or does not "
            "let the operator read them: until it does, traffic is split by ready pods"
        )
        return fails(ConditionType.ROUTE_ACCEPTED, Reason.GATEWAY_API_MISSING, message)
    route = observed.children.route
    parents = (route.get("status") or {}).get("parents") or () if route else ()
    spoken = {one: _said(one, parents, observed.application.namespace) for one in gateway.parent_refs}
    for type_, reason in _TYPES:
        if complaints := [_complaint(one, type_, c) for one, said in spoken.items() for c in _failing(said, type_)]:
            return fails(ConditionType.ROUTE_ACCEPTED, reason, "; ".join(complaints))
    if silent := [_called(one) for one, said in spoken.items() if not any(c["type"] == "Accepted" for c in said)]:
        message = f"no controller has answered for {', '.join(silent)}"
        return unknown(ConditionType.ROUTE_ACCEPTED, Reason.PENDING, message)
    return holds(ConditionType.ROUTE_ACCEPTED, f"accepted by {', '.join(map(_called, spoken))}")


def _said(wanted: ParentReference, parents: Sequence[Json], namespace: str) -> list[Json]:
    """The conditions that controllers have set for one Gateway."""
    found = (one for one in parents if _is_meant(wanted, one["parentRef"], namespace))
    return [condition for one in found for condition in one.get("conditions") or ()]


def _is_meant(wanted: ParentReference, reference: Json, namespace: str) -> bool:
    return parent_key(wanted.model_dump(by_alias=True), namespace) == parent_key(reference, namespace)


def _failing(said: Sequence[Json], type_: str) -> Iterator[Json]:
    return (one for one in said if one["type"] == type_ and one["status"] == "False")


def _complaint(parent: ParentReference, type_: str, condition: Json) -> str:
    words = printable(condition.get("message") or "", LONGEST)
    return f"{_called(parent)} says {type_}=False/{printable(condition['reason'], LONGEST)}: {words}"


def _called(parent: ParentReference) -> str:
    """As people say it, for example `Gateway infra/edge (listener https)`."""
    name = f"{parent.namespace}/{parent.name}" if parent.namespace else parent.name
    where = [f"listener {parent.section_name}"] if parent.section_name else []
    where += [f"port {parent.port}"] if parent.port else []
    return f"Gateway {name} ({', '.join(where)})" if where else f"Gateway {name}"
