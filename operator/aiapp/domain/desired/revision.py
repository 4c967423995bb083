"""The ControllerRevision that keeps what was rendered for a rollout, and the key it is found by."""

import hashlib
import json
from typing import Final

from aiapp.api.application import ServedVersion, Serving
from aiapp.api.version import VersionSpec, VersionStatus
from aiapp.domain.naming import version_labels, workload
from aiapp.domain.resources import Json

KEY_LABEL: Final = "aiapp.dev/rollout"


def rollout_key(served: ServedVersion, serving: Serving, version: VersionSpec, status: VersionStatus) -> str:
    """A hash of the spec fields that reach the pod template: not weight, replicas, fleet, runtime image or operator.

    While it holds, the stored template is applied as it is, so that none of those restarts what runs.
    """
    chosen = {
        "version": served.version,
        "pin": status.artifact.pin if status.artifact else None,
        "source": version.source.model_dump(by_alias=True, exclude_none=True, mode="json"),
        "container": version.container.model_dump(by_alias=True, exclude_none=True, mode="json")
        if version.container
        else None,
        "runtime": status.runtime.name if status.runtime else None,
        "served": served.model_dump(
            by_alias=True, exclude_none=True, mode="json", include={"resources", "env", "npu", "workers"}
        ),
        "scheduling": serving.scheduling.model_dump(by_alias=True, exclude_none=True, mode="json")
        if serving.scheduling
        else None,
        "deployTimeoutSeconds": serving.deploy_timeout_seconds,
    }
    canonical = json.dumps(chosen, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def controller_revision(*, application: str, version: str, key: str, template: Json, revision: int) -> Json:
    """Immutable in the API: `data` can never be changed once it is written."""
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{workload(application, version)}-{key}",
            "labels": version_labels(application, version) | {KEY_LABEL: key},
        },
        "revision": revision,
        "data": template,
    }
