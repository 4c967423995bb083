"""The Deployment of one served version."""

from aiapp.domain.kubernetes.naming import version_labels, version_selector, workload
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.volcano import of_owner


def deployment(
    *, application: str, version: str, template: Json, replicas: int | None, deploy_timeout_seconds: int
) -> Json:
    """The Deployment. `template` is the rollout's stored one; `replicas` None leaves the number to others."""
    scale = {} if replicas is None else {"replicas": replicas}
    annotations = of_owner(template)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": workload(application, version),
            "labels": version_labels(application, version),
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": scale
        | {
            "selector": {"matchLabels": version_selector(application, version)},
            "progressDeadlineSeconds": deploy_timeout_seconds,
            "revisionHistoryLimit": 2,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": template,
        },
    }
