"""Children that lost their owner are taken back while their pods go on running."""

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import partial
from subprocess import CompletedProcess

from tests.support.kube import Object
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually

KINDS = (("apps/v1", "ControllerRevision"), ("apps/v1", "Deployment"), ("v1", "Service"), ("v1", "ConfigMap"))
Kubectl = Callable[..., CompletedProcess[str]]
OURS = "app.kubernetes.io/managed-by=aiapp-operator"


def children(registry: Registry, kinds: Iterable[tuple[str, str]] = KINDS) -> list[Object]:
    return [
        child
        for api_version, kind in kinds
        for child in registry.kube.list(api_version, kind, registry.namespace, labelSelector=OURS)
    ]


def uids(objects: Iterable[Object]) -> set[str]:
    return {str(obj["metadata"]["uid"]) for obj in objects}


def pods(registry: Registry) -> set[str]:
    return uids(registry.kube.list("v1", "Pod", registry.namespace))


def served(registry: Registry) -> Object:
    """An application whose pod exists."""
    upload(registry.bucket, "mnist", package())
    registry.until(registry.version(), "Ready", "True")
    application = registry.application()
    eventually(partial(pods, registry))
    return application


def owned_by(registry: Registry, application: Object) -> bool:
    """Whether all children are the application's, and its alone as far as they have a controller."""
    uid = registry.now(application)["metadata"]["uid"]
    found = [child["metadata"].get("ownerReferences", []) for child in children(registry)]
    assert all(uid in {owner["uid"] for owner in owners} for owners in found), found
    assert all({o["uid"] for o in owners if o.get("controller")} <= {uid} for owners in found), found
    return True


def test_an_application_that_is_deleted_without_its_children_and_applied_again_goes_on_with_its_pods(
    registry: Registry,
) -> None:
    application = served(registry)
    running, made = pods(registry), uids(children(registry))
    registry.kube.delete(application, propagationPolicy="Orphan")
    eventually(lambda: registry.find("aiapp.dev/v1alpha1", "AIApplication", "mnist") is None)
    again = registry.application()
    eventually(partial(owned_by, registry, again))
    registry.until(again, "WorkloadsAvailable", "False", "Unschedulable")
    assert (pods(registry), uids(children(registry))) == (running, made)
    eventually(lambda: any("Deployment mnist-1-0-0" in event["message"] for event in taken_back(registry)))


def taken_back(registry: Registry) -> list[Object]:
    """The Events that say so."""
    return registry.kube.list("v1", "Event", registry.namespace, fieldSelector="reason=TakenBack")


def test_children_whose_owners_a_person_removed_are_taken_back(registry: Registry) -> None:
    application = served(registry)
    running = pods(registry)
    for child in children(registry):
        registry.kube.patch(child, {"metadata": {"ownerReferences": None}})
    eventually(partial(owned_by, registry, application))
    registry.until(application, "WorkloadsAvailable", "False", "Unschedulable")
    assert pods(registry) == running


def test_a_restored_namespace_is_taken_over_without_a_second_rollout(registry: Registry, kubectl: Kubectl) -> None:
    """As backup tools restore: every object new, without owner references and status; custom resources last."""
    application = served(registry)
    version = registry.kube.get("aiapp.dev/v1alpha1", "AIApplicationVersion", "mnist-1.0.0", registry.namespace)
    saved = [restorable(deepcopy(one)) for one in (*children(registry), version, registry.now(application))]
    registry.kube.delete(application)
    registry.kube.delete(version)
    eventually(lambda: not children(registry) and not pods(registry))
    kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": saved}))
    restored = registry.now(application)
    eventually(partial(owned_by, registry, restored))
    registry.until(restored, "WorkloadsAvailable", "False", "Unschedulable")
    assert len(registry.kube.list("apps/v1", "ControllerRevision", registry.namespace, labelSelector=OURS)) == 1


def restorable(obj: Object) -> Object:
    """Without what the API server gives an object, and what pods and clusters hand out anew."""
    metadata = {
        key: obj["metadata"][key] for key in ("name", "namespace", "labels", "annotations") if key in obj["metadata"]
    }
    obj["metadata"] = metadata
    obj.pop("status", None)
    for field in ("clusterIP", "clusterIPs"):
        obj.get("spec", {}).pop(field, None)
    return obj
