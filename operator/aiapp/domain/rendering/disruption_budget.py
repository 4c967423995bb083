"""The PodDisruptionBudget of one served version."""

from aiapp.domain.kubernetes.naming import version_labels, version_selector, workload
from aiapp.domain.kubernetes.resources import Json


def disruption_budget(application: str, version: str) -> Json:
    """Lets a drain take one pod of the version at a time; one that is not ready keeps no drain waiting."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": workload(application, version), "labels": version_labels(application, version)},
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": version_selector(application, version)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
