"""The ControllerRevision that keeps what was rendered for a rollout."""

from aiapp.domain.kubernetes.naming import KEY_LABEL, version_labels, workload
from aiapp.domain.kubernetes.resources import Json


def controller_revision(*, application: str, version: str, key: str, template: Json, revision: int) -> Json:
    """The ControllerRevision, which is immutable in the API: `data` can never be changed once it is written."""
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
