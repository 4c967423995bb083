"""`aiapp nodes` and `aiapp fit` over a real API server with simulated nodes of several platforms."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from tests.support.aiapp import Aiapp
from tests.support.documents import application, changed
from tests.support.documents import version as version_document
from tests.support.kube import Kube
from tests.support.operator import SERVICE_ACCOUNT
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import SimulatedNode

CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
NPU = "huawei.com/Ascend910"
CHIP = "node.kubernetes.io/npu.chip.name"
DRIVER = "huawei.com/driver.version"
FLEET = (
    SimulatedNode(name="new", arch="arm64", labels={CHIP: "910ProB", DRIVER: "25.5.0"}, capacity={NPU: "8"}),
    SimulatedNode(name="right", arch="arm64", labels={CHIP: "910ProB", DRIVER: "23.0.rc1"}, capacity={NPU: "8"}),
    SimulatedNode(name="silent", arch="arm64", labels={"accelerator": "huawei-Ascend910"}, capacity={NPU: "8"}),
    SimulatedNode(name="slices", arch="amd64", capacity={"huawei.com/Ascend310P-2c": "4"}),
)


@pytest.fixture(scope="module")
def fleet(installed: None, sandbox: Sandbox) -> Iterator[None]:
    with sandbox.simulated(*FLEET):
        yield


@pytest.fixture
def aiapp(fleet: None, aiapp: Aiapp) -> Aiapp:
    """With the nodes that the tests ask about."""
    return aiapp


def pod(namespace: str) -> dict[str, Any]:
    devices = {"huawei.com/Ascend310P-2c": "1"}
    containers = [{"name": "main", "image": "x", "resources": {"limits": devices}}]
    spec = {"nodeName": "slices", "containers": containers}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "holder", "namespace": namespace}, "spec": spec}


def test_nodes_tells_each_fact_with_its_source_and_what_is_free(aiapp: Any, kube: Kube, namespace: str) -> None:
    kube.create(pod(namespace))
    eventually(lambda: kube.find("v1", "Pod", "holder", namespace))
    done = aiapp("nodes", "-o", "json")
    assert done.exit_code == 0, done.output
    shown = {node["name"]: node for node in json.loads(done.stdout)}
    assert shown["right"]["facts"]["driver"] == {"value": "23.0.rc1", "source": f"label {DRIVER}"}
    assert shown["right"]["facts"]["chip"] == {"value": ["Ascend910A"], "source": f"label {CHIP}"}
    assert shown["silent"]["facts"]["chip"]["source"] == f"label accelerator, resource {NPU}"
    assert shown["slices"]["devices"] == [
        {"resource": "huawei.com/Ascend310P-2c", "form": "slice", "allocatable": 4, "inUse": 1, "free": 3}
    ]
    assert CANN in shown["right"]["runtimes"]["compatible"]
    assert CANN in shown["silent"]["runtimes"]["unknown"]


def test_nodes_are_shown_as_a_table(aiapp: Any) -> None:
    done = aiapp("nodes")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["NODE", "new", "right", "silent", "slices"]
    wide = aiapp("nodes", "-o", "wide")
    assert f"driver by label {DRIVER}" in wide.stdout
    assert yaml.safe_load(aiapp("nodes", "-o", "yaml").stdout)[0]["name"] == "new"


def test_a_version_that_is_not_applied_is_judged_with_its_application(aiapp: Any, tmp_path: Path) -> None:
    file = tmp_path / "mnist.yaml"
    wished = changed(version_document(), spec__runtime=CANN)
    file.write_text(yaml.safe_dump(wished))
    done = aiapp("fit", "-f", str(file), "-o", "json")
    assert done.exit_code == 0, done.output
    (fit,) = json.loads(done.stdout)
    assert {node["name"]: node["verdict"] for node in fit["nodes"]} == {
        "new": "Incompatible",
        "right": "Compatible",
        "silent": "Unknown",
        "slices": "Incompatible",
    }
    assert (fit["resource"], fit["devices"]) == (NPU, 1)
    assert next(node["free"] for node in fit["nodes"] if node["name"] == "right") == 8
    wishes = changed(application(), spec__serving__scheduling={"nodeSelector": {"pool": "none"}})
    file.write_text(yaml.safe_dump_all([wished, wishes]))
    done = aiapp("fit", "-f", str(file))
    assert done.exit_code == 4
    assert "would fit with: label it so, or change serving.scheduling (right)" in done.stdout


def test_a_registered_version_is_judged(aiapp: Any, kube: Kube, namespace: str) -> None:
    kube.create(changed(version_document(), spec__runtime="pytorch_1.0-cpu-py_3.9-ubuntu_22.04-x86_64"), namespace)
    done = aiapp("fit", "mnist-1.0.0")
    assert done.exit_code == 4
    assert done.stdout.startswith("mnist-1.0.0: Incompatible, 0 of 4 nodes fit")
    assert "is not in the catalogue: judged by its name alone" in done.stderr


def test_what_is_missing_is_said(aiapp: Any, tmp_path: Path) -> None:
    file = tmp_path / "mnist.yaml"
    file.write_text(yaml.safe_dump(version_document()))
    silent = aiapp("fit", "-f", str(file))
    assert (silent.exit_code, "give --runtime NAME" in silent.stderr) == (1, True)
    file.write_text(yaml.safe_dump(changed(version_document(), spec__runtme="x")))
    assert "spec.runtme" in aiapp("fit", "-f", str(file)).stderr
    assert aiapp("fit").exit_code == 2
    assert "mnist-1.0.0" in aiapp("fit", "mnist-1.0.0").stderr


def test_without_rights_it_is_said_which_role_gives_them(aiapp: Any, sandbox: Sandbox, namespace: str) -> None:
    refused = aiapp("nodes", kubeconfig=sandbox.service_account(namespace, "default"))
    assert refused.exit_code == 1
    assert "nodes is forbidden" in refused.stderr
    assert "ClusterRole aiapp-nodes-view gives that right" in refused.stderr
    done = aiapp("nodes", kubeconfig=sandbox.service_account(*SERVICE_ACCOUNT))
    assert done.exit_code == 0


@pytest.fixture
def facts(kube: Kube) -> Iterator[Any]:
    """Writes the administrator's ConfigMap."""

    def write(text: str) -> None:
        kube.apply({**config_map, "data": {"nodes.yaml": text}})

    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "aiapp-node-facts", "namespace": "aiapp-system"},
    }
    yield write
    kube.delete(config_map)


def test_the_role_for_the_fleet_lets_one_read_the_administrators_facts(
    aiapp: Any, facts: Any, kube: Kube, sandbox: Sandbox, namespace: str
) -> None:
    facts("chips: [{id: Ascend310P, resources: [huawei.com/Ascend310P-of-the-house]}]")
    kube.create(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "aiapp-nodes-view"},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
        }
    )
    kubeconfig = sandbox.service_account(namespace, "default")

    def seen() -> Result:
        done: Result = aiapp("nodes", kubeconfig=kubeconfig)
        assert done.exit_code == 0, done.output
        return done

    assert "note:" not in eventually(seen).stderr


def test_facts_that_cannot_be_read_are_told_not_guessed(aiapp: Any, facts: Any) -> None:
    facts("labelz: {chip: [a]}")
    done = aiapp("nodes")
    assert (
        "ConfigMap aiapp-system/aiapp-node-facts, nodes.yaml: labelz: unknown key: did you mean labels?" in done.stderr
    )
    assert "by the operator by the last good ones, which it alone knows: verdicts may differ" in done.stderr
