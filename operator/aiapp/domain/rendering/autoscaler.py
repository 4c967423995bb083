"""The HorizontalPodAutoscaler of one served version."""

from aiapp.api.autoscaling import Autoscaling, Metric
from aiapp.domain.kubernetes.naming import version_labels, workload
from aiapp.domain.kubernetes.resources import DEPLOYMENTS, Json


def autoscaler(application: str, version: str, wanted: Autoscaling) -> Json:
    """Sets the number of pods of the version's Deployment; while that has none, it rests."""
    name = workload(application, version)
    calm = wanted.cool_down_seconds
    behavior = {} if calm is None else {"behavior": {"scaleDown": {"stabilizationWindowSeconds": calm}}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "labels": version_labels(application, version)},
        "spec": {
            "scaleTargetRef": {"apiVersion": DEPLOYMENTS.api_version, "kind": DEPLOYMENTS.kind, "name": name},
            "minReplicas": wanted.min_replicas or 1,
            "maxReplicas": wanted.max_replicas,
            "metrics": [_metric(one) for one in wanted.metrics],
            **behavior,
        },
    }


def _metric(wanted: Metric) -> Json:
    if wanted.type == "Pods":
        target = {"type": "AverageValue", "averageValue": str(wanted.average_value)}
        return {"type": "Pods", "pods": {"metric": {"name": wanted.name}, "target": target}}
    utilization = {"type": "Utilization", "averageUtilization": wanted.average_utilization}
    return {"type": "Resource", "resource": {"name": wanted.type.lower(), "target": utilization}}
