"""HTTPRoutes, and what their gateways' controllers say of them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from tests.support.records import application, deployed, normal_version, observed

from aiapp.api.gateway import Gateway
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.kubernetes.naming import version_labels, workload
from aiapp.domain.records import ApplicationRecord
from aiapp.domain.rendering.route import route

EDGE = {"name": "edge", "namespace": "infra"}


def gateway(**fields: Any) -> Gateway:
    """As an application's `serving.gateway` has it."""
    return Gateway.model_validate({"parentRefs": [EDGE]} | fields)


def said(
    parent: Mapping[str, Any] = EDGE, *, accepted: str = "True", resolved: str = "True", **fields: Any
) -> dict[str, Any]:
    """What a controller says of a route at one parent."""
    conditions = [
        {"type": "Accepted", "status": accepted, "reason": "Accepted", "message": "", "observedGeneration": 1},
        {"type": "ResolvedRefs", "status": resolved, "reason": "ResolvedRefs", "message": "", "observedGeneration": 1},
    ]
    return {
        "parentRef": dict(parent),
        "controllerName": "example.com/gateway",
        "conditions": [one | fields for one in conditions],
    }


def routed(shares: Mapping[str, int], *parents: Mapping[str, Any], generation: int = 1) -> dict[str, Any]:
    """The route of the application as the cluster has it."""
    made = route("mnist", gateway(), shares, dict.fromkeys(shares, 8080))
    metadata = made["metadata"] | {"namespace": "team", "uid": "uid-route", "generation": generation}
    return made | {"metadata": metadata, "status": {"parents": list(parents)}}


def service(number: str) -> dict[str, Any]:
    """The Service of a version."""
    metadata = {"name": workload("mnist", number), "labels": version_labels("mnist", number), "uid": f"uid-s-{number}"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata | {"namespace": "team"}, "spec": {}}


def behind_gateway(
    weights: Mapping[str, int], status: Mapping[str, Any] | None = None, replicas: int = 1
) -> ApplicationRecord:
    """An application that serves these versions behind a gateway."""
    versions = [{"version": version, "weight": weight, "replicas": replicas} for version, weight in weights.items()]
    made = application(spec__serving={"versions": versions, "gateway": {"parentRefs": [EDGE]}})
    return ApplicationRecord.parse(made.raw | {"status": dict(status or {})})


def pass_over(
    app: ApplicationRecord,
    ready: Mapping[str, tuple[int, int]],
    route_: Mapping[str, Any] | None = None,
    *,
    pods: Mapping[str, int] | None = None,
    served: bool = True,
    absent: Collection[str] = (),
) -> ObservedApplication:
    """A pass over it. `ready` are pods that are ready and wanted by version, `pods` those that say it themselves.

    There are no AIApplicationVersions for what is `absent`.
    """
    serving = app.parsed.spec.serving
    numbers = {one.version for one in serving.versions} - set(absent) if serving else set()
    children = Children(
        deployments=tuple(deployed(number, ready=one, replicas=all_) for number, (one, all_) in ready.items()),
        others=(*map(service, ready), *([dict(route_)] if route_ else [])),
        ready=pods,
    )
    seen = observed(app, *map(normal_version, sorted(numbers)), children=children)
    return replace(seen, is_gateway_api_served=served)
