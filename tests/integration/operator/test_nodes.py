"""Nodes: what is said before a pod exists, waiting that ends by itself, and what runs when nodes go."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.packages import SERVICE, Registry, for_engine, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.domain.runtimes.name import object_name
from aiapp_sandbox.profiles import SimulatedNode, Taint

CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
NPU = "huawei.com/Ascend910"
CHIP = "node.kubernetes.io/npu.chip.name"
DRIVER = "huawei.com/driver.version"
NODE_FACTS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aiapp-node-facts"}}


@dataclass
class Nodes:
    """Simulated nodes that go with the test."""

    sandbox: Sandbox
    kube: Kube

    def add(self, name: str, chip: str, driver: str, **more: str) -> None:
        labels = {CHIP: chip, DRIVER: driver} | more
        taint = Taint(key=NPU, effect="NoSchedule")
        self.sandbox.simulate(
            SimulatedNode(name=name, arch="arm64", labels=labels, capacity={NPU: "8"}, taints=(taint,))
        )

    def remove(self, name: str) -> None:
        self.kube.delete({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})


@pytest.fixture
def nodes(sandbox: Sandbox, kube: Kube) -> Iterator[Nodes]:
    with sandbox.simulated():
        yield Nodes(sandbox, kube)


@pytest.fixture
def runtime(kube: Kube, registry: Registry) -> Iterator[Object]:
    """The catalogue's MindSpore runtime for the 910A has an image."""
    found = kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", object_name(CANN))
    kube.patch(found, {"spec": {"image": "localhost/mindspore:1", "lifecycle": "Recommended"}})
    yield found
    kube.patch(found, {"spec": {"image": None, "lifecycle": "Recommended"}})


@pytest.fixture
def version(registry: Registry, runtime: Object) -> Object:
    upload(registry.bucket, "mnist", for_engine("MindSpore", "net.ckpt"))
    return registry.version(runtime=CANN)


@pytest.fixture
def volcano(sandbox: Sandbox, tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """Starts Kubernetes' own scheduler under Volcano's name: shows that pods are complete, not how Volcano decides."""
    configuration = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": str(sandbox.kubeconfig)},
        "leaderElection": {"leaderElect": False},
        "profiles": [{"schedulerName": "volcano"}],
    }
    file = tmp_path / "volcano.json"
    file.write_text(json.dumps(configuration))

    @contextmanager
    def running() -> Iterator[None]:
        command = [str(sandbox.record.binaries["kube-scheduler"]), f"--config={file}", "--secure-port=0"]
        with (tmp_path / "volcano.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                yield
            finally:
                process.kill()

    return running


def compatibility(registry: Registry, version: Object) -> Object:
    found: Object = registry.now(version).get("status", {}).get("compatibility", {})
    return found


def verdict(registry: Registry, version: Object) -> str:
    return str(compatibility(registry, version).get("verdict"))


def details(registry: Registry, version: Object) -> str:
    return str(compatibility(registry, version).get("reasons"))


def told(registry: Registry, namespace: str) -> set[str]:
    """Reasons of the Events there."""
    return {event["reason"] for event in registry.kube.list("v1", "Event", namespace)}


def test_a_version_that_fits_nowhere_waits_and_goes_on_when_a_node_comes(
    registry: Registry, version: Object, nodes: Nodes
) -> None:
    nodes.add("a2", "910B3", "25.5.0")
    application = registry.application(replicas=1)
    waiting = registry.until(application, "WorkloadsAvailable", "False", "WaitingForNodes")
    assert "1 ChipMismatch (a2)" in waiting["message"]
    assert registry.find("apps/v1", "Deployment", "mnist-1-0-0") is None
    nodes.add("train", "910ProB", "23.0.rc1")
    registry.until(application, "Ready", "True", "Running")
    assert registry.condition(application, "NodesAvailable")["status"] == "True"
    eventually(lambda: verdict(registry, version) == "Compatible")
    (pod,) = registry.kube.list("v1", "Pod", registry.namespace)
    assert pod["spec"]["nodeName"] == "train"


@pytest.mark.usefixtures("runtime")
def test_an_offline_model_goes_to_npus_by_its_template(registry: Registry, nodes: Nodes) -> None:
    upload(registry.bucket, "mnist-om", {"model.om": b"offline"})
    version = registry.of_template("arm-ascend", {"model": "mnist-om/"})
    lacking = registry.until(version, "Ready", "False", "ServiceCodeMissing")
    assert "customize_service.py" in lacking["message"]
    upload(registry.bucket, "mnist-om", {"customize_service.py": SERVICE.encode()})
    registry.look_again(version, "now")
    registry.until(version, "Ready", "True", "Normal")
    assert registry.now(version)["status"]["source"]["template"]["deploymentTypes"] == ["RealTime"]
    nodes.add("train", "910ProB", "23.0.rc1")
    registry.until(registry.application(replicas=1), "Ready", "True", "Running")
    (pod,) = registry.kube.list("v1", "Pod", registry.namespace)
    assert pod["spec"]["nodeName"] == "train"
    assert pod["spec"]["containers"][0]["resources"]["limits"][NPU] == "1"
    fetch = pod["spec"]["initContainers"][0]["args"]
    assert fetch[fetch.index("--uri") + 1] == f"obs://{registry.bucket.name}/"


def test_warn_rolls_out_against_a_driver_and_the_scheduler_binds_the_pod_there(
    registry: Registry, version: Object, nodes: Nodes
) -> None:
    nodes.add("old", "910ProB", "25.5.0")
    eventually(lambda: verdict(registry, version) == "Incompatible")
    application = registry.application(replicas=1, compatibility="Warn")
    registry.until(application, "Ready", "True", "Running")
    (pod,) = registry.kube.list("v1", "Pod", registry.namespace)
    assert pod["spec"]["nodeName"] == "old"
    assert "CannTooOld (old" in registry.condition(application, "NodesAvailable")["message"]
    eventually(lambda: "CompatibilityOverruled" in told(registry, registry.namespace))


def test_what_would_mend_a_node_is_in_the_status(registry: Registry, version: Object, nodes: Nodes) -> None:
    nodes.add("old", "910ProB", "25.5.0")
    eventually(lambda: verdict(registry, version) == "Incompatible")
    said = compatibility(registry, version)
    assert said["reasons"][0]["detail"] == (
        "driver 25.5.0 serves CANN 8.0.RC3 or newer since 25.3.rc1, the runtime has 6.3.0"
    )
    assert said["nearFits"] == [
        {"missing": "CannTooOld", "nodes": 1, "examples": ["old"], "remedy": "a runtime with another CANN"}
    ]


def test_what_runs_goes_on_when_its_last_node_is_cordoned_and_says_so(
    registry: Registry, version: Object, nodes: Nodes
) -> None:
    nodes.add("train", "910ProB", "23.0.rc1")
    application = registry.application(replicas=1)
    registry.until(application, "Ready", "True")
    before = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    registry.kube.patch(nodes.kube.get("v1", "Node", "train"), {"spec": {"unschedulable": True}})
    lost = registry.until(application, "NodesAvailable", "False", "WaitingForNodes")
    assert "1 NodeNotReady (train)" in lost["message"]
    after = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    assert before is not None
    assert after is not None
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert registry.condition(application, "Ready")["status"] == "True"


def test_a_pod_that_waits_for_devices_of_others_goes_on_when_they_are_freed(
    registry: Registry, version: Object, nodes: Nodes
) -> None:
    nodes.add("train", "910ProB", "23.0.rc1")
    holder = registry.kube.create(_holder(registry.namespace))
    eventually(lambda: registry.kube.get("v1", "Pod", "holder", registry.namespace)["spec"].get("nodeName"))
    application = registry.application(replicas=1)
    waiting = registry.until(application, "WorkloadsAvailable", "False", "WaitingForNodes")
    assert waiting["message"] == f"version 1.0.0: 1 node fits, it has not 1 free of {NPU} (free: train 0)"
    assert registry.now(application)["status"]["phase"] == "Waiting"
    registry.kube.delete(holder, gracePeriodSeconds=0)
    registry.until(application, "Ready", "True")


def test_a_pod_for_volcano_is_bound_by_it_where_it_fits_and_its_replica_set_names_the_policy_too(
    registry: Registry, version: Object, nodes: Nodes, volcano: Callable[[], AbstractContextManager[None]]
) -> None:
    nodes.add("a2", "910B3", "25.5.0")
    nodes.add("train", "910ProB", "23.0.rc1")
    application = registry.application(replicas=1, scheduling={"schedulerName": "volcano"})
    with volcano():
        registry.until(application, "Ready", "True", "Running")
    (pod,) = registry.kube.list("v1", "Pod", registry.namespace)
    assert (pod["spec"]["schedulerName"], pod["spec"]["nodeName"]) == ("volcano", "train")
    (owner,) = registry.kube.list("apps/v1", "ReplicaSet", registry.namespace)
    told = [one["metadata"]["annotations"].get("huawei.com/schedule_policy") for one in (pod, owner)]
    assert told == ["chip4-node8", "chip4-node8"]


def test_a_pod_that_volcano_does_not_even_try_waits_for_nodes(
    registry: Registry, version: Object, nodes: Nodes, volcano: Callable[[], AbstractContextManager[None]]
) -> None:
    nodes.add("train", "910ProB", "23.0.rc1")
    holder = registry.kube.create(_holder(registry.namespace))
    eventually(lambda: registry.kube.get("v1", "Pod", "holder", registry.namespace)["spec"].get("nodeName"))
    application = registry.application(replicas=1, scheduling={"schedulerName": "volcano"})
    pod = eventually(lambda: _of_version(registry))
    said = {"type": "PodScheduled", "status": "False", "reason": "Undetermined", "message": "queue is full"}
    registry.kube.patch_status(pod, {"conditions": [said]})
    waiting = registry.until(application, "WorkloadsAvailable", "False", "WaitingForNodes")
    assert f"it has not 1 free of {NPU}" in waiting["message"]
    registry.kube.delete(holder, gracePeriodSeconds=0)
    with volcano():
        registry.until(application, "Ready", "True")


def test_where_devices_are_not_counted_the_scheduler_alone_says_that_none_is_free(
    registry: Registry, version: Object, nodes: Nodes, operator: Operator
) -> None:
    nodes.add("train", "910ProB", "23.0.rc1")
    registry.kube.create(_holder(registry.namespace))
    eventually(lambda: registry.kube.get("v1", "Pod", "holder", registry.namespace)["spec"].get("nodeName"))
    operator.kill()
    uncounting = replace(operator, environment={"AIAPP_COUNT_DEVICES": "false"}).start()
    try:
        application = registry.application(replicas=1)
        registry.until(version, "RuntimeCompatible", "True", "Compatible")
        eventually(lambda: f"Insufficient {NPU}" in registry.condition(application, "WorkloadsAvailable")["message"])
        assert "free of" not in registry.condition(application, "WorkloadsAvailable")["message"]
    finally:
        uncounting.kill()
        operator.start()


def test_an_administrators_facts_count_and_a_mistake_in_them_changes_nothing(
    registry: Registry, version: Object, runtime: Object, nodes: Nodes
) -> None:
    nodes.sandbox.simulate(SimulatedNode(name="site", arch="arm64", labels={"site/chip": "first"}, capacity={NPU: "8"}))
    eventually(lambda: verdict(registry, version) == "Unknown")
    good = "labels: {chip: [site/chip]}\nchips: [{id: Ascend910A, names: [first]}]\nignored_labels: [accelerator]\n"
    config_map = registry.kube.create(
        NODE_FACTS
        | {"metadata": {"name": "aiapp-node-facts", "namespace": "aiapp-system"}, "data": {"nodes.yaml": good}}
    )
    try:
        eventually(lambda: "driver" in details(registry, version))
        registry.kube.patch(config_map, {"data": {"nodes.yaml": "labels: {chips: [site/chip]}"}})
        eventually(lambda: "labels.chips" in _node_facts(registry, runtime).get("message", ""))
        assert _node_facts(registry, runtime)["status"] == "False"
        eventually(lambda: "NodeFactsInvalid" in told(registry, "aiapp-system"))
        assert "driver" in details(registry, version)
    finally:
        registry.kube.delete(config_map)
    eventually(lambda: _node_facts(registry, runtime) == {})


def test_a_runtime_that_is_removed_leaves_what_runs_and_names_another_one(
    registry: Registry, version: Object, runtime: Object, nodes: Nodes
) -> None:
    nodes.add("train", "910ProB", "23.0.rc1")
    application = registry.application(replicas=1)
    registry.until(application, "Ready", "True")
    registry.until(version, "RuntimeSupported", "True")
    registry.kube.patch(runtime, {"spec": {"lifecycle": "Removed", "image": "localhost/mindspore:2"}})
    registry.until(version, "RuntimeSupported", "False", "RuntimeRemoved")
    assert registry.now(version)["status"]["runtime"]["lifecycle"] == "Removed"
    assert registry.condition(version, "Ready")["status"] == "True"
    told = "runs localhost/mindspore:1; the next rollout takes the runtime's current image, localhost/mindspore:2"
    eventually(lambda: told in registry.condition(application, "WorkloadsAvailable")["message"])
    deployment = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    assert deployment is not None
    assert deployment["metadata"]["generation"] == 1
    refused = registry.version(number="1.1.0", runtime=CANN)
    registry.until(refused, "RuntimeResolved", "False", "RuntimeRemoved")


def _holder(namespace: str) -> Object:
    devices = {NPU: "8"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "holder", "namespace": namespace},
        "spec": {
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": "main", "image": "x", "resources": {"requests": devices, "limits": devices}}],
        },
    }


def _of_version(registry: Registry) -> Object:
    names = [pod["metadata"]["name"] for pod in registry.kube.list("v1", "Pod", registry.namespace)]
    assert names != ["holder"]
    found: Object = registry.kube.get("v1", "Pod", next(n for n in names if n != "holder"), registry.namespace)
    return found


def _node_facts(registry: Registry, runtime: Object) -> Object:
    found = registry.kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", runtime["metadata"]["name"])
    conditions = found.get("status", {}).get("conditions", ())
    return next((c for c in conditions if c["type"] == "NodeFactsValid"), {})
