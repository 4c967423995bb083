"""Names and labels of everything that is created. Pure text."""

import re
from collections.abc import Mapping
from typing import Final

from aiapp.domain.kubernetes.resources import Json

MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
MANAGED_BY: Final = "aiapp-operator"
APPLICATION_LABEL: Final = "aiapp.dev/application"
VERSION_LABEL: Final = "aiapp.dev/version"
APPLIED_ANNOTATION: Final = "aiapp.dev/applied"
"""Digest of what was applied: when it differs, something was added, changed or removed in what should exist."""
KEY_LABEL: Final = "aiapp.dev/rollout"
"""Of a ControllerRevision: the key of the rollout whose template it holds."""
BYTES_ANNOTATION: Final = "aiapp.dev/manifest-bytes"
"""Of a ConfigMap: how much of a manifest's payload it holds."""
REPLICAS_ANNOTATION: Final = "aiapp.dev/replicas"
"""Of a Deployment that the operator holds at another number of pods: the one that it comes back to."""
TAKEN_OVER_ANNOTATION: Final = "aiapp.dev/taken-over-pods"
"""Of a Deployment: how many pods it takes over from versions that it replaces, while they are replaced."""
JOB_UID_LABEL: Final = "aiapp.dev/training-job-uid"
"""Of a version that a training job registered by itself, and of the record of that: the job's uid."""
JOB_SUCCEEDED_ANNOTATION: Final = "aiapp.dev/training-job-succeeded"
"""Of such a version: when its job started and ended, as the operator saw that it had succeeded."""
POLICY_ANNOTATION: Final = "huawei.com/schedule_policy"
"""Of a workload: how Volcano's NPU plugin places its pods."""
DATASET_PREFIX: Final = "dataset.aiapp.dev/"
"""Annotation `dataset.aiapp.dev/NAME: WHERE[@sha256:...]`, of a training job or a version."""
METRIC_PREFIX: Final = "metric.aiapp.dev/"
"""Annotation `metric.aiapp.dev/NAME: NUMBER` of a training job: the quality of its model."""
REVISION_KEYS: Final = ("mlflow.source.git.commit", "org.opencontainers.image.revision")
REPOSITORY_KEYS: Final = ("mlflow.source.git.repoURL", "org.opencontainers.image.source")
BRANCH_KEYS: Final = ("mlflow.source.git.branch",)
RUN_KEYS: Final = ("mlflow.run_id", "mlflow.runId")
ORIGIN_ANNOTATIONS: Final = frozenset({*REVISION_KEYS, *REPOSITORY_KEYS, *BRANCH_KEYS, *RUN_KEYS})
"""Labels and annotations of others that say where something comes from."""
PINNED_LABEL_PREFIX: Final = "version.aiapp.dev/"

_OF_A_PIN: Final = re.compile(r"aiapp-(manifest|image)-[0-9a-f]{32}(?=\Z|-)")


def workload(application: str, version: str) -> str:
    """Name of a served version's Deployment and Service; dots are illegal in a Service's name."""
    return f"{application}-{version.replace('.', '-')}"


def version_behind(application: str, workload_name: str) -> str | None:
    """The version whose Deployment and Service have that name; None for another name."""
    number = workload_name.removeprefix(f"{application}-")
    return number.replace("-", ".") if number != workload_name else None


def manifest_config_map(pin: str) -> str:
    """Name of the ConfigMap that holds the manifest: by content, so that equal pins share one."""
    return f"aiapp-manifest-{pin.removeprefix('sha256:')[:32]}"


def digest_config_map(pin: str) -> str:
    """Name of the ConfigMap that records the content digest of the manifest with that pin."""
    return f"{manifest_config_map(pin)}-digest"


def image_config_map(digest: str) -> str:
    """Name of the ConfigMap that records that versions are pinned to the image with that digest."""
    return f"aiapp-image-{digest.removeprefix('sha256:')[:32]}"


def pin_behind(config_map: str) -> str | None:
    """Name of the ConfigMap that stands for a pin: the first of the manifest that a ConfigMap of ours is a part or the
    digest of, or the one of an image.
    """
    found = _OF_A_PIN.match(config_map)
    return found[0] if found else None


def kind_of_pin(config_map: str) -> str | None:
    """`manifest` or `image`, of a ConfigMap that stands for a pin."""
    found = _OF_A_PIN.match(config_map)
    return found[1] if found else None


def pinned_label(version: str) -> str:
    """The label by which a ConfigMap of ours names an AIApplicationVersion that is pinned to it; its value is a uid."""
    return f"{PINNED_LABEL_PREFIX}{version}"


def pinned_versions(labels: Mapping[str, str]) -> Mapping[str, str]:
    """The versions that labels name in that way, with the uid that each had when it was pinned."""
    start = len(PINNED_LABEL_PREFIX)
    return {label[start:]: uid for label, uid in labels.items() if label.startswith(PINNED_LABEL_PREFIX)}


def application_labels(application: str) -> Json:
    """Labels of what belongs to the application, and to none of its versions."""
    return {
        "app.kubernetes.io/name": application,
        "app.kubernetes.io/instance": application,
        "app.kubernetes.io/component": "inference",
        "app.kubernetes.io/part-of": application,
        MANAGED_BY_LABEL: MANAGED_BY,
        APPLICATION_LABEL: application,
    }


def version_labels(application: str, version: str) -> Json:
    """Labels of what belongs to one served version."""
    return application_labels(application) | {
        "app.kubernetes.io/instance": workload(application, version),
        "app.kubernetes.io/version": version,
        VERSION_LABEL: version,
    }


def application_selector(application: str) -> Json:
    return {APPLICATION_LABEL: application}


def version_selector(application: str, version: str) -> Json:
    return {APPLICATION_LABEL: application, VERSION_LABEL: version}


def is_managed(obj: Json) -> bool:
    """Whether the operator made it."""
    labels = obj["metadata"].get("labels") or {}
    return bool(labels.get(MANAGED_BY_LABEL) == MANAGED_BY)


def owner(obj: Json, *, controller: bool) -> Json:
    """An owner reference to a custom resource, for example for a child's `metadata.ownerReferences`."""
    reference = {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": obj["metadata"]["name"],
        "uid": obj["metadata"]["uid"],
    }
    return reference | {"controller": True, "blockOwnerDeletion": True} if controller else reference
