"""Labels and annotations of a training job that say whose it is, and nothing of the training. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from aiapp.domain.kubernetes.naming import METRIC_PREFIX
from aiapp.domain.training.annotations import ASKING

_OF_CONTROLLERS: Final = frozenset(
    {
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "training.kubeflow.org/job-name",
        "volcano.sh/job-name",
        "volcano.sh/job-namespace",
        "jobset.sigs.k8s.io/jobset-name",
    }
)
_OF_DELIVERY: Final = frozenset(
    {
        "app.kubernetes.io/instance",
        "app.kubernetes.io/managed-by",
        "argocd.argoproj.io/instance",
        "helm.sh/chart",
    }
)
"""With these another program would take the new job for one of its own, and might delete it."""
_PREFIXES_OF_DELIVERY: Final = (
    METRIC_PREFIX,
    "argocd.argoproj.io/",
    "helm.toolkit.fluxcd.io/",
    "kustomize.toolkit.fluxcd.io/",
    "meta.helm.sh/",
)


def own(marks: Mapping[str, str]) -> dict[str, str]:
    """Labels or annotations without those of controllers, of programs that deliver manifests, and of registration."""
    foreign = {*_OF_CONTROLLERS, *_OF_DELIVERY, *ASKING}
    return {
        key: value for key, value in marks.items() if key not in foreign and not key.startswith(_PREFIXES_OF_DELIVERY)
    }


def without_controllers(value: Any) -> Any:
    """Without the labels that a job's controller gives to the templates of its pods."""
    if isinstance(value, list):
        return [without_controllers(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: without_controllers(inner) for key, inner in value.items()}
    if isinstance(metadata := found.get("metadata"), dict):
        found["metadata"] = {key: kept for key, inner in metadata.items() if (kept := _of_template(key, inner))}
    return {key: inner for key, inner in found.items() if key != "metadata" or inner}


def _of_template(key: str, value: Any) -> Any:
    if key == "labels" and isinstance(value, dict):
        return {name: text for name, text in value.items() if name not in _OF_CONTROLLERS}
    return None if key == "creationTimestamp" else value
