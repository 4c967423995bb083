"""The operator killed at every moment at which it can do harm: the end state is always the same."""

import json
import socket
from dataclasses import replace
from typing import Any

import pytest
from tests.support.killing import Proxied, fresh, proxied
from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Bucket
from tests.support.waiting import eventually

__all__ = ["proxied"]

OUTCOMES = {"AIApplicationVersion": "Normal", "AIApplication": "ScaledToZero"}
"""What each status remembers in the end; what else it does depends on where the operator was killed."""
MASKED = {
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "createdAt",
    "created",
    "lastTransitionTime",
    "rolledOutAt",
    "time",
    "events",
    "namespace",
    "managedFields",
    "aiapp.dev/applied",
    "version.aiapp.dev/mnist-1.0.0",
}
VERSION = ("aiapp.dev/v1alpha1", "AIApplicationVersion")
KINDS = (
    ("aiapp.dev/v1alpha1", "AIApplication"),
    VERSION,
    ("apps/v1", "Deployment"),
    ("apps/v1", "ControllerRevision"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
)


def masked(value: Any) -> Any:
    """Without what differs from run to run."""
    if isinstance(value, dict):
        return {key: masked(inner) for key, inner in value.items() if key not in MASKED}
    return [masked(inner) for inner in value] if isinstance(value, list) else value


def end_state(registry: Registry) -> list[Object]:
    """Everything the operator is responsible for."""
    found = [obj for kind in KINDS for obj in registry.kube.list(*kind, registry.namespace)]
    for obj in (one for one in found if one["kind"] in OUTCOMES):
        assert OUTCOMES[obj["kind"]] in {event["reason"] for event in obj["status"]["events"]}
    kept = [masked(_settled(obj)) for obj in found if obj["metadata"]["name"] != "kube-root-ca.crt"]
    return list(json.loads(json.dumps(kept).replace(registry.namespace, "NAMESPACE")))


def _settled(obj: Object) -> Object:
    """Without what other controllers and the cluster's addresses bring."""
    obj = dict(obj)
    if obj["kind"] in {"Deployment", "Service"}:
        obj.pop("status", None)
    if obj["kind"] == "Service":
        obj["spec"] = {k: v for k, v in obj["spec"].items() if not k.startswith("clusterIP")}
    if obj["kind"] == "Deployment":
        obj["metadata"] = {k: v for k, v in obj["metadata"].items() if k not in {"annotations", "generation"}}
    return obj


def registered(registry: Registry) -> Object:
    """Without pods, whose random names would differ from run to run."""
    registry.version()
    return registry.application(replicas=0)


def converged(registry: Registry, application: Object) -> list[Object]:
    registry.until(application, "VersionsResolved", "True")
    registry.until(application, "Ready", "True")
    eventually(lambda: "usedBy" in registry.kube.list(*VERSION, registry.namespace)[0]["status"])  # what comes last
    return end_state(registry)


@pytest.mark.timeout(900)
def test_a_kill_at_any_write_changes_nothing_in_the_end(
    proxied: Proxied, kube: Kube, bucket: Bucket, runtime_image: str
) -> None:
    assert runtime_image
    upload(bucket, "mnist", package())

    def begun() -> tuple[Registry, Object]:
        registry = fresh(kube, bucket)
        return registry, registered(registry)

    reference = fresh(kube, bucket)
    proxied.start(reference)
    expected = converged(reference, registered(reference))
    eventually(lambda: len([w for w in proxied.proxy.written if "/events" in w]) >= 3)
    for number, registry, application in proxied.killed_at_each_write(begun):
        assert converged(registry, application) == expected, f"killed at write {number}"


def test_a_kill_in_the_middle_of_an_import_only_delays_it(operator: Operator, registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    version = registry.version()
    eventually(lambda: registry.condition(version, "Ready")["status"] == "Unknown")
    operator.restart()
    registry.until(version, "Ready", "True")


def test_sigterm_ends_it_at_once_while_a_store_hangs(operator: Operator, registry: Registry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        registry.version(obs={"endpoint": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        asked, _ = silent.accept()
        process = operator.process
        assert process is not None
        process.terminate()
        assert process.wait(timeout=5) == 0
        asked.close()
    operator.process = None
    operator.start()


def test_an_upgrade_of_operator_runtime_or_fleet_restarts_nothing(operator: Operator, registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    registry.version()
    application = registry.application(replicas=0)
    registry.until(application, "Ready", "True")
    before = _template(registry)
    runtime = registry.kube.get(
        "aiapp.dev/v1alpha1", "InferenceRuntime", "sklearn-1.6.1-cpu-py-3.11-ubuntu-22.04-x86-64"
    )
    registry.kube.patch(runtime, {"spec": {"image": "localhost/another:2"}})
    operator.kill()
    upgraded = replace(operator, environment={"AIAPP_IMAGE": "localhost/aiapp-operator:9.9.9"})
    upgraded.start()
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n-{registry.namespace}"}}
    registry.kube.create(node)
    registry.look_again(application, "now")
    eventually(lambda: upgraded.metric("controller_runtime_reconcile_total", controller="AIApplication") > 0)
    registry.kube.delete(node)
    assert _template(registry) == before
    registry.application("mnist", replicas=0, scheduling={"nodeSelector": {"pool": "a"}})
    eventually(lambda: _template(registry)["spec"].get("nodeSelector") == {"pool": "a"})
    assert _template(registry)["spec"]["containers"][0]["image"] == "localhost/another:2"
    assert _template(registry)["spec"]["initContainers"][0]["image"] == "localhost/aiapp-operator:9.9.9"
    registry.kube.patch(runtime, {"spec": {"image": "localhost/aiapp-runtime-cpu:1"}})
    upgraded.kill()
    operator.start()


def _template(registry: Registry) -> Object:
    found = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    assert found is not None
    return dict(found["spec"]["template"])
