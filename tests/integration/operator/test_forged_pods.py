"""Pods that carry an application's labels, but that none of its Deployments made, tell nothing of it."""

from functools import partial

import pytest
from tests.support.kube import Object
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually

from aiapp.domain.kubernetes.naming import version_labels

FORGED = '{"reason": "ContentChanged", "message": "FORGED"}'


def forged(registry: Registry, message: str, owner: Object) -> None:
    """A pod that claims to be of the same ReplicaSet, which does not control it."""
    container = {"name": "fetch", "image": "localhost/none:1"}
    metadata = {
        "name": "forged",
        "namespace": registry.namespace,
        "labels": version_labels("mnist", "1.0.0"),
        "ownerReferences": [{key: owner[key] for key in ("apiVersion", "kind", "name", "uid")}],
    }
    spec = {"initContainers": [container], "containers": [{**container, "name": "model"}]}
    pod = registry.kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    ended = {"terminated": {"exitCode": 1, "message": message}}
    status = {"image": "x", "imageID": "", "name": "fetch", "ready": False, "restartCount": 1, "lastState": ended}
    registry.kube.patch_status(pod, {"initContainerStatuses": [status]})


@pytest.mark.parametrize("message", [pytest.param(FORGED, id="a lie"), pytest.param("[" * 4000, id="a bomb")])
def test_what_a_forged_pod_tells_is_not_told_of_the_application(registry: Registry, message: str) -> None:
    upload(registry.bucket, "mnist", package())
    registry.until(registry.version(), "Ready", "True")
    application = registry.application()
    registry.until(application, "WorkloadsAvailable", "False", "Unschedulable")
    (real,) = registry.kube.list("v1", "Pod", registry.namespace)
    forged(registry, message, real["metadata"]["ownerReferences"][0])
    registry.application(deployTimeoutSeconds=600)
    eventually(partial(_seen, registry, application, 2))
    found = registry.condition(application, "WorkloadsAvailable")
    assert found["reason"] == "Unschedulable"
    assert "forged" not in found["message"]


def _seen(registry: Registry, application: Object, generation: int) -> bool:
    return bool(registry.now(application)["status"]["observedGeneration"] == generation)
