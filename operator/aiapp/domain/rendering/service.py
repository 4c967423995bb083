"""The Services: one for the application, with a cluster IP, and a headless one for each served version.

Cluster IPs are the API server's bottleneck: it hands them out under one lock. Only an application's address needs one.
"""

from typing import Any, Final

from aiapp.domain.kubernetes.naming import (
    application_labels,
    application_selector,
    version_labels,
    version_selector,
    workload,
)
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.pod.engine import PORT

HEADLESS: Final = "None"
"""As `spec.clusterIP`: the name resolves to the pods themselves, so that the port is theirs."""


def application_service(application: str) -> Json:
    """Reaches the ready pods of every served version."""
    return _service(
        application, application_labels(application), application_selector(application), ports=[_port("http", 80)]
    )


def version_service(application: str, version: str, existing: Json | None = None) -> Json:
    """Reaches the ready pods of one version.

    `existing`, made by an earlier release, may have a cluster IP. That cannot be changed, so it keeps its address and
    port and is given the port of a headless one beside it.
    """
    labels, selector = version_labels(application, version), version_selector(application, version)
    if existing is not None and _has_cluster_ip(existing):
        ports = [_port("http", 80), _port("http-direct", PORT)]
        return _service(workload(application, version), labels, selector, ports=ports)
    ports = [_port("http", PORT)]
    return _service(workload(application, version), labels, selector, ports=ports, clusterIP=HEADLESS)


def url(application: str, namespace: str) -> str:
    """Where predictions are answered inside the cluster."""
    return f"http://{application}.{namespace}.svc"


def _has_cluster_ip(service: Json) -> bool:
    return bool(service["spec"].get("clusterIP", HEADLESS) != HEADLESS)


def _service(name: str, labels: Json, selector: Json, **spec: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels},
        "spec": {"type": "ClusterIP", "selector": selector, **spec},
    }


def _port(name: str, port: int) -> Json:
    return {"name": name, "port": port, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
