"""The Deployment of one served version."""

from typing import Final, NamedTuple

from aiapp.api.meta import RESTART_AT
from aiapp.domain.kubernetes.naming import (
    REPLICAS_ANNOTATION,
    TAKEN_OVER_ANNOTATION,
    version_labels,
    version_selector,
    workload,
)
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.volcano import of_owner

BESIDE: Final[Json] = {"maxSurge": 1, "maxUnavailable": 0}
"""A new pod comes up before an old one goes."""


class Scale(NamedTuple):
    """How many pods a Deployment has, and how they are replaced."""

    replicas: int | None
    """None: the operator does not say."""
    remembered: int | None = None
    """The number that it comes back to, where the operator only holds it at another for the time being."""
    taken_over: int | None = None
    """The number that it takes over from versions that it replaces, while they are replaced."""
    rolling_update: Json = BESIDE
    """How pods are replaced when the template changes."""


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
    kept = {REPLICAS_ANNOTATION: scale.remembered, TAKEN_OVER_ANNOTATION: scale.taken_over}
    annotations = of_owner(template) | {name: str(value) for name, value in kept.items() if value is not None}
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
            "strategy": {"type": "RollingUpdate", "rollingUpdate": scale.rolling_update},
            "template": restarted(template, restart),
        },
    }


def start_seconds(template: Json, allowed: int) -> int:
    """How long pods of the template may take to start: as `allowed`, or as long as a server needs that takes longer."""
    containers = (template.get("spec") or {}).get("containers") or ()
    probes = [probe for one in containers if (probe := one.get("startupProbe")) is not None]
    longest = max((probe["periodSeconds"] * (probe["failureThreshold"] - 1) for probe in probes), default=0)
    # A probe has whole periods: what is allowed lies within its last one, unless the probe has more.
    return allowed if longest < allowed else longest + max(probe["periodSeconds"] for probe in probes)


def restarted(template: Json, request: str | None) -> Json:
    """The template of pods that carry this request; None: that never were restarted on request."""
    if request is None:
        return template
    metadata = template["metadata"]
    annotations = {**(metadata.get("annotations") or {}), RESTART_AT: request}
    return template | {"metadata": metadata | {"annotations": annotations}}
