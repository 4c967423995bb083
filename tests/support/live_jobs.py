"""Jobs of a real Job controller without a kubelet: the test says how a job's pod ends."""

from collections.abc import Mapping
from typing import Any

from tests.support.accounts import bound
from tests.support.kube import Object
from tests.support.packages import Registry
from tests.support.waiting import eventually


def job(
    registry: Registry,
    name: str = "train",
    *,
    folder: str = "run-7",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **spec: Any,
) -> Object:
    """A Job of the test's namespace, which says by its environment that it writes to that folder of the bucket."""
    uri = f"obs://{registry.bucket.name}/{folder}/"
    container = {"name": "train", "image": "r/train:1", "env": [{"name": "train_url", "value": uri}]}
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    made = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": dict(labels or {}), "annotations": dict(annotations or {})},
        "spec": {"backoffLimit": 0, "template": template, **spec},
    }
    return registry.kube.create(made, registry.namespace)


def permit(registry: Registry) -> Object:
    """The ServiceAccount of the namespace's jobs may create versions."""
    return bound(registry.kube, registry.namespace, "aiapp-register")


def pod_of(registry: Registry, obj: Object) -> Object:
    """The pod that the Job controller made for it."""
    selector = f"batch.kubernetes.io/controller-uid={obj['metadata']['uid']}"

    def pod() -> Object:
        own = registry.kube.list("v1", "Pod", registry.namespace, labelSelector=selector)
        assert own
        return own[0]

    return eventually(pod)


def ran(phase: str, digest: str | None = None, message: str = "") -> Object:
    """The status of a pod in that phase, which has run the image of that digest. `message`: its last words."""
    ended = {"terminated": {"exitCode": 0 if phase == "Succeeded" else 1, "message": message}}
    state = {"running": {}} if phase == "Running" else ended
    one = {"name": "train", "image": "r/train:1", "imageID": f"r/train@{digest}", "state": state}
    rest = {"ready": False, "restartCount": 0}
    return {"phase": phase} | ({"containerStatuses": [one | rest]} if digest else {})


def end_pod(registry: Registry, obj: Object, phase: str, digest: str | None = None, message: str = "") -> None:
    """Its pod ends in that phase, having run the image of that digest."""
    registry.kube.patch(pod_of(registry, obj), {"status": ran(phase, digest, message)}, subresource="status")


def end(registry: Registry, obj: Object, phase: str, digest: str | None = None) -> None:
    """The same, and the Job controller draws its conclusions."""
    end_pod(registry, obj, phase, digest)
    wanted = {"Succeeded": "Complete", "Failed": "Failed"}[phase]
    eventually(lambda: wanted in [c["type"] for c in registry.now(obj)["status"].get("conditions", ())])
