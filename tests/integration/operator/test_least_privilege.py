"""The operator is refused nothing, and may do nothing that it does not do: by the audit log of a real API server.

`make e2e-rbac` judges what all tests of the operator made it ask in the same way.
"""

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.support.audit import audit, complaints
from tests.support.gateway_api import API, EDGE, gateway_api
from tests.support.kube import Object
from tests.support.live_jobs import end, job, permit
from tests.support.operator import Operator, running_operator
from tests.support.own_sandbox import installed, kube, s3
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox, started
from tests.support.waiting import eventually

from aiapp.domain.application.plan import KEPT_REVISIONS
from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL

__all__ = ["installed", "kube", "s3"]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In the folder of all logs, if there is one."""
    folder = os.environ.get("AUDIT_FOLDER") or tmp_path_factory.mktemp("audit")
    return Path(folder) / f"pytest-own-{os.getpid()}.log"


@pytest.fixture(scope="module")
def sandbox(log: Path) -> Iterator[Sandbox]:
    """Its API server writes an audit log."""
    with audit(log), started("pytest-own", nodes="none") as running:
        yield running


@pytest.fixture(scope="module")
def operator(sandbox: Sandbox, installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """One that would make way for another."""
    with running_operator(sandbox, tmp_path_factory, {"AIAPP_LEADER_ELECTION": "true"}) as running:
        yield running


def test_the_operator_asks_for_what_it_may_and_for_all_of_it(registry: Registry, operator: Operator, log: Path) -> None:
    upload(registry.bucket, "mnist", package())
    other = _import_fails_for_want_of_authorities(registry)
    version, application = registry.version(), registry.application(replicas=1)
    registry.until(version, "Ready", "True")
    _pod_has_fetched(registry, version)
    _job_is_looked_for(registry)
    _job_registers_itself(registry)
    registry.look_again(version, "1")
    eventually(lambda: registry.now(version)["status"].get("lastHandledReconcileAt") == "1")
    _manifests_are_released(registry, version, other)
    _revisions_are_pruned(registry)
    with gateway_api(registry.kube):
        _route_is_made_and_goes(registry)
    application = _adopted(registry, application)
    _children_go(registry, application)
    _names_are_taken(registry, application)
    assert operator.stop() == 0
    eventually(partial(_nothing_to_complain_of, log))


def _nothing_to_complain_of(log: Path) -> bool:
    """The server writes of a watch when it has noticed its end."""
    assert complaints([log]) == []
    return True


def _import_fails_for_want_of_authorities(registry: Registry) -> Object:
    bundle = {"kind": "ConfigMap", "name": "authorities"}
    registry.kube.create(_stranger(registry, "v1", "ConfigMap", "authorities", data={}))
    version = registry.version("other", obs={"caBundleRef": bundle})
    registry.until(version, "SourceResolved", "False")
    return version


def _pod_has_fetched(registry: Registry, version: Object) -> None:
    """Stands for the kubelet."""
    (pod,) = eventually(lambda: registry.kube.list("v1", "Pod", registry.namespace))
    message = json.dumps({"digest": f"sha256:{'00' * 32}"})
    ended = {"exitCode": 0, "message": message, "finishedAt": "2026-01-02T03:04:05Z", "reason": "Completed"}
    status = {"name": "fetch", "image": "x", "imageID": "x", "ready": True, "restartCount": 0}
    registry.kube.patch_status(pod, {"initContainerStatuses": [status | {"state": {"terminated": ended}}]})
    eventually(lambda: "digest" in registry.now(version)["status"]["artifact"])


def _job_is_looked_for(registry: Registry) -> None:
    version = registry.version(number="3.0.0", source={"trainingJob": {"name": "train"}})
    registry.until(version, "SourceResolved", "False", "TrainingJobNotFound")
    registry.kube.delete(version)


def _job_registers_itself(registry: Registry) -> None:
    permit(registry)
    said = {"aiapp.dev/application": "trained", "aiapp.dev/version": "auto"}
    train = job(registry, annotations=said)
    end(registry, train, "Succeeded")
    eventually(lambda: registry.find("v1", "ConfigMap", f"aiapp-registration-{train['metadata']['uid']}"))
    registry.kube.delete(
        registry.kube.get("aiapp.dev/v1alpha1", "AIApplicationVersion", "trained-0.0.1", registry.namespace)
    )
    registry.kube.delete(train)


def _manifests_are_released(registry: Registry, version: Object, other: Object) -> None:
    """As if an operator had ended between writing a manifest and saying that it is pinned."""
    alone, shared = (f"aiapp-manifest-{digit * 32}" for digit in "01")
    for name, owners in ((alone, [version]), (shared, [version, other])):
        left = _stranger(registry, "v1", "ConfigMap", name)
        references = [_reference(registry.now(one)) for one in owners]
        left["metadata"] |= {"labels": {MANAGED_BY_LABEL: MANAGED_BY}, "ownerReferences": references}
        registry.kube.create(left)
    eventually(lambda: registry.find("v1", "ConfigMap", alone) is None)
    eventually(lambda: _owners(registry, shared) == [other["metadata"]["uid"]])


def _reference(owner: Object) -> Object:
    of_it = {key: owner[key] for key in ("apiVersion", "kind")}
    return of_it | {key: owner["metadata"][key] for key in ("name", "uid")}


def _owners(registry: Registry, config_map: str) -> list[str]:
    found = registry.kube.get("v1", "ConfigMap", config_map, registry.namespace)
    return [one["uid"] for one in found["metadata"]["ownerReferences"]]


def _revisions_are_pruned(registry: Registry) -> None:
    seen: set[str] = set()

    def another() -> bool:
        known = len(seen)
        found = registry.kube.list("apps/v1", "ControllerRevision", registry.namespace)
        seen.update(one["metadata"]["name"] for one in found)
        return len(seen) > known

    for number in range(KEPT_REVISIONS + 2):
        eventually(another)
        registry.application(replicas=1, deployTimeoutSeconds=600 + number)


def _route_is_made_and_goes(registry: Registry) -> None:
    """It is made beside one of another client, changed, and deleted with the wish for it."""
    gateway: Object = {"parentRefs": [EDGE]}
    other = registry.kube.create(_stranger(registry, API, "HTTPRoute", "mnist", spec=gateway))
    application = registry.application(replicas=1, gateway=gateway)
    registry.until(application, "WorkloadsAvailable", "False", "NameTaken")
    registry.kube.delete(other)
    eventually(lambda: _hostnames(registry) == [])
    registry.application(replicas=1, gateway=gateway | {"hostnames": ["mnist.example.com"]})
    eventually(lambda: _hostnames(registry) == ["mnist.example.com"])
    registry.application(replicas=1)
    eventually(lambda: registry.find(API, "HTTPRoute", "mnist") is None)


def _hostnames(registry: Registry) -> list[str] | None:
    found = registry.find(API, "HTTPRoute", "mnist")
    return found["spec"].get("hostnames", []) if found else None


def _adopted(registry: Registry, application: Object) -> Object:
    registry.kube.delete(application, propagationPolicy="Orphan")
    eventually(lambda: registry.find("aiapp.dev/v1alpha1", "AIApplication", "mnist") is None)
    registry.application(replicas=2)
    eventually(lambda: _replicas(registry) == 2)
    again = _autoscaled(registry)
    eventually(lambda: registry.find("autoscaling/v2", "HorizontalPodAutoscaler", "mnist-1-0-0"))
    return again


def _children_go(registry: Registry, application: Object) -> None:
    """Before the application does: else the garbage collector may be first."""
    registry.kube.patch(application, {"spec": {"serving": None}})
    for api_version, kind in (("apps/v1", "Deployment"), ("autoscaling/v2", "HorizontalPodAutoscaler")):
        eventually(partial(_is_gone, registry, api_version, kind))


def _is_gone(registry: Registry, api_version: str, kind: str) -> bool:
    return registry.find(api_version, kind, "mnist-1-0-0") is None


def _names_are_taken(registry: Registry, application: Object) -> None:
    """Each by an object of another client, which the operator sees only when it asks."""
    revisions = registry.kube.list("apps/v1", "ControllerRevision", registry.namespace)
    latest = max(revisions, key=lambda one: int(one["revision"]))["metadata"]["name"]
    registry.kube.delete(application, propagationPolicy="Foreground")
    eventually(lambda: not registry.kube.list("apps/v1", "ControllerRevision", registry.namespace))
    container = {"name": "other", "image": "nowhere/none:1"}
    template = {"metadata": {"labels": {"app": "other"}}, "spec": {"containers": [container]}}
    deployment = {"replicas": 0, "selector": {"matchLabels": {"app": "other"}}, "template": template}
    for taken in (
        _stranger(registry, "apps/v1", "ControllerRevision", latest, revision=1, data={"of": "another"}),
        _stranger(registry, "apps/v1", "Deployment", "mnist-1-0-0", spec=deployment),
        _stranger(registry, "v1", "Service", "mnist", spec={"ports": [{"port": 80}]}),
        _stranger(registry, "policy/v1", "PodDisruptionBudget", "mnist-1-0-0", spec={}),
        _stranger(registry, "autoscaling/v2", "HorizontalPodAutoscaler", "mnist-1-0-0", spec=_follows("other")),
    ):
        registry.kube.create(taken)
    again = _autoscaled(registry)
    registry.until(again, "WorkloadsAvailable", "False", "NameTaken")


def _autoscaled(registry: Registry) -> Object:
    metrics = [{"type": "CPU", "averageUtilization": 80}]
    return registry.serving(versions=[{"version": "1.0.0", "autoscaling": {"maxReplicas": 2, "metrics": metrics}}])


def _follows(deployment: str) -> Object:
    return {"maxReplicas": 1, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment}}


def _replicas(registry: Registry) -> int:
    found = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    return found["spec"]["replicas"] if found else 0


def _stranger(registry: Registry, api_version: str, kind: str, name: str, **fields: object) -> Object:
    metadata = {"name": name, "namespace": registry.namespace}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
