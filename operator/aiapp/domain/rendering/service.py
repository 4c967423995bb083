"""The Services: one for the application, one for each served version."""

from aiapp.domain.kubernetes.naming import (
    application_labels,
    application_selector,
    version_labels,
    version_selector,
    workload,
)
from aiapp.domain.kubernetes.resources import Json


def application_service(application: str) -> Json:
    """Reaches the ready pods of every served version."""
    return _service(application, application_labels(application), application_selector(application))


def version_service(application: str, version: str) -> Json:
    """Reaches the ready pods of one version."""
    return _service(
        workload(application, version),
        version_labels(application, version),
        version_selector(application, version),
    )


def url(application: str, namespace: str) -> str:
    """Where predictions are answered inside the cluster."""
    return f"http://{application}.{namespace}.svc"


def _service(name: str, labels: Json, selector: Json) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "type": "ClusterIP",
            "selector": selector,
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}],
        },
    }
