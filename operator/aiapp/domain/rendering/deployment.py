"""The Deployment of one served version."""

from typing import NamedTuple

from aiapp.api.meta import RESTART_AT
from aiapp.domain.kubernetes.naming import REPLICAS_ANNOTATION, version_labels, version_selector, workload
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.volcano import of_owner


class Scale(NamedTuple):
    """How many pods a Deployment has."""

    replicas: int | None
    """None: the operator does not say."""
    remembered: int | None = None
    """The number that it comes back to, where the operator only holds it at another for the time being."""


def deployment(
    *,
    application: str,
    version: str,
    template: Json,
    scale: Scale,
    deploy_timeout_seconds: int,
    restart: str | None = None,
) -> Json:
    """The Deployment. `template` is the rollout's stored one; another value of `restart` replaces its pods."""
    number = {} if scale.replicas is None else {"replicas": scale.replicas}
    kept = {} if scale.remembered is None else {REPLICAS_ANNOTATION: str(scale.remembered)}
    annotations = of_owner(template) | kept
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": workload(application, version),
            "labels": version_labels(application, version),
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": number
        | {
            "selector": {"matchLabels": version_selector(application, version)},
            "progressDeadlineSeconds": deploy_timeout_seconds,
            "revisionHistoryLimit": 2,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": template if restart is None else _restarted(template, restart),
        },
    }


def _restarted(template: Json, request: str) -> Json:
    metadata = template["metadata"]
    annotations = {**(metadata.get("annotations") or {}), RESTART_AT: request}
    return template | {"metadata": metadata | {"annotations": annotations}}
