"""The HTTPRoute of an application: one rule, whose backends are the Services of its versions with exact weights."""

from collections.abc import Mapping
from typing import Final

from aiapp.api.gateway import FilterReference, Gateway
from aiapp.domain.kubernetes.naming import application_labels, workload
from aiapp.domain.kubernetes.resources import HTTP_ROUTES, Json

ROOT: Final = "/"


def route(application: str, gateway: Gateway, shares: Mapping[str, int], ports: Mapping[str, int]) -> Json:
    """The route. `shares` are percents by version, of which one at least is above 0; 0 is written as 0.

    `ports` are those of the containers by version: a version's Service has no address, so that gateways go to the pods.
    """
    return {
        "apiVersion": HTTP_ROUTES.api_version,
        "kind": HTTP_ROUTES.kind,
        "metadata": {"name": application, "labels": application_labels(application)},
        "spec": {
            "parentRefs": [parent.model_dump(by_alias=True, exclude_none=True) for parent in gateway.parent_refs],
            **({"hostnames": list(gateway.hostnames)} if gateway.hostnames else {}),
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": gateway.path}}],
                    **({"filters": filters} if (filters := _filters(gateway)) else {}),
                    "backendRefs": [
                        _backend(application, version, ports[version], share) for version, share in shares.items()
                    ],
                }
            ],
        },
    }


def url(gateway: Gateway) -> str | None:
    """Where clients reach it, if a hostname says that. What the listener speaks is not known: `http` stands for it."""
    host = next((name for name in gateway.hostnames if not name.startswith("*")), None)
    return None if host is None else f"http://{host}{gateway.path.rstrip('/')}"


def _backend(application: str, version: str, port: int, weight: int) -> Json:
    return {"kind": "Service", "name": workload(application, version), "port": port, "weight": weight}


def _filters(gateway: Gateway) -> list[Json]:
    """The gateway's own filters, then the removal of the prefix, of which the model server knows nothing."""
    own = [{"type": "ExtensionRef", "extensionRef": _reference(one)} for one in gateway.filters]
    return own if gateway.path == ROOT else [*own, _WITHOUT_PREFIX]


def _reference(one: FilterReference) -> Json:
    return {"group": one.group, "kind": one.kind, "name": one.name}


_WITHOUT_PREFIX: Final = {
    "type": "URLRewrite",
    "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": ROOT}},
}
