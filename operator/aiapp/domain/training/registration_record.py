"""The ConfigMap that says that a training job has registered itself: it lives and goes with the job. Pure.

A person may delete the version and keep the job: without the record the job would register itself again.
"""

from typing import Final

from aiapp.domain.kubernetes.naming import JOB_UID_LABEL, MANAGED_BY, MANAGED_BY_LABEL, owner
from aiapp.domain.kubernetes.resources import Json

COMPONENT: Final = "registration"
PREFIX: Final = "aiapp-registration-"


def registration_record(job: Json, version: str) -> Json:
    """The record of `job`, which owns it. `version`: name of the version that it is."""
    metadata = job["metadata"]
    labels = {
        MANAGED_BY_LABEL: MANAGED_BY,
        "app.kubernetes.io/component": COMPONENT,
        JOB_UID_LABEL: metadata["uid"],
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": record_name(metadata["uid"]),
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": [owner(job, controller=False)],
        },
        "immutable": True,
        "data": {"version": version},
    }


def record_name(uid: str) -> str:
    """Name of the record of the job with that uid."""
    return f"{PREFIX}{uid}"
