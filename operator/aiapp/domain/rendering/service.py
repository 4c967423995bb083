"""The Services: one for the application, with a cluster IP, and a headless one for each served version.

Cluster IPs are the API server's bottleneck: it hands them out under one lock. Only an application's address needs one.
"""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

from aiapp.domain.kubernetes.naming import (
    application_labels,
    application_selector,
    version_labels,
    version_selector,
    workload,
)
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.pod.engine import CONTAINER, PORT

HEADLESS: Final = "None"
"""As `spec.clusterIP`: the name resolves to the pods themselves, so that the port is theirs."""


class Endpoint(NamedTuple):
    """Where the container of a pod serves."""

    scheme: str
    """`http` or `https`: also the name of the port, by which Services find it in each pod, whatever its number."""
    port: int


MODEL_SERVER: Final = Endpoint("http", PORT)
_SCHEMES: Final = {"http": 80, "https": 443}
"""What pods may serve, and the port of an application's Service for it."""


def endpoint(template: Json) -> Endpoint:
    """Where pods of the template serve; the model server's, if the template says nothing of it."""
    containers = (template.get("spec") or {}).get("containers") or ()
    ports = [port for one in containers if one.get("name") == CONTAINER for port in one.get("ports") or ()]
    found = (Endpoint(port["name"], port["containerPort"]) for port in ports if port.get("name") in _SCHEMES)
    return next(found, MODEL_SERVER)


def application_service(application: str, schemes: Collection[str] = (MODEL_SERVER.scheme,)) -> Json:
    """Reaches the ready pods of every served version, each by what it serves: one port for HTTP, one for HTTPS."""
    ports = [_port(scheme, number, scheme) for scheme, number in _SCHEMES.items() if scheme in schemes]
    return _service(application, application_labels(application), application_selector(application), ports=ports)


def version_service(
    application: str, version: str, served: Endpoint = MODEL_SERVER, existing: Json | None = None
) -> Json:
    """Reaches the ready pods of one version.

    `existing`, made by an earlier release, may have a cluster IP. That cannot be changed, so it keeps its address and
    port and is given the port of a headless one beside it.
    """
    labels, selector = version_labels(application, version), version_selector(application, version)
    if existing is not None and _has_cluster_ip(existing):
        ports = [
            _port(served.scheme, _SCHEMES[served.scheme], served.scheme),
            _port(f"{served.scheme}-direct", served.port, served.scheme),
        ]
        return _service(workload(application, version), labels, selector, ports=ports)
    ports = [_port(served.scheme, served.port, served.scheme)]
    return _service(workload(application, version), labels, selector, ports=ports, clusterIP=HEADLESS)


def direct_port(version: Json) -> int:
    """The port of a version's Service that is the pods' own."""
    ports = version["spec"].get("ports") or ()
    return int(ports[-1]["port"]) if ports else MODEL_SERVER.port


def url(application: str, namespace: str, existing: Json | None) -> str:
    """Where predictions are answered inside the cluster: over HTTP, unless the application's Service has only HTTPS."""
    schemes = {port.get("name") for port in existing["spec"].get("ports") or ()} if existing else ()
    scheme = "https" if "https" in schemes and "http" not in schemes else "http"
    return f"{scheme}://{application}.{namespace}.svc"


def _has_cluster_ip(service: Json) -> bool:
    return bool(service["spec"].get("clusterIP", HEADLESS) != HEADLESS)


def _service(name: str, labels: Json, selector: Json, **spec: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels},
        "spec": {"type": "ClusterIP", "selector": selector, **spec},
    }


def _port(name: str, port: int, scheme: str) -> Json:
    """By its name the port is found in the pods; the scheme tells gateways how to speak to it."""
    return {"name": name, "port": port, "targetPort": scheme, "protocol": "TCP", "appProtocol": scheme}
