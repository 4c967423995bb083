import re
from pathlib import Path

import pytest

from aiapp_sandbox import profiles, simulated, startup
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.profiles import RealNode, SimulatedNode


@pytest.mark.parametrize("name", ["none", "simulated", "demo"])
def test_a_shipped_profile_can_be_read(name: str) -> None:
    assert profiles.load(name).simulated or name == "none"


def test_the_demo_has_a_real_node_of_this_machine_and_a_real_arm64_one() -> None:
    host, npu = profiles.load("demo").real
    assert host.architecture == profiles.host_architecture()
    assert npu.architecture == "arm64"
    assert npu.capacity == {"huawei.com/Ascend910": "8"}


def test_a_node_is_simulated_and_of_this_machines_architecture_unless_it_says_otherwise() -> None:
    (node,) = profiles.parse("nodes: [{name: a}]", "fleet.yaml").nodes
    assert isinstance(node, SimulatedNode)
    assert node.architecture == profiles.host_architecture()


def test_a_count_stands_for_numbered_nodes_with_the_given_facts() -> None:
    text = """
nodes:
  - name: npu
    arch: arm64
    count: 2
    labels: {chip: 910B3}
    taints: [{key: huawei.com/npu, effect: NoSchedule}]
    unschedulable: true
    capacity: {cpu: 4, huawei.com/Ascend910: 8}
"""
    (node,) = profiles.parse(text, "fleet.yaml").simulated
    first, second = simulated.manifests(node)
    assert [first["metadata"]["name"], second["metadata"]["name"]] == ["npu-1", "npu-2"]
    assert first["metadata"]["labels"]["chip"] == "910B3"
    assert first["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"
    assert first["metadata"]["labels"]["kubernetes.io/hostname"] == "npu-1"
    assert first["spec"] == {"taints": [{"key": "huawei.com/npu", "effect": "NoSchedule"}], "unschedulable": True}
    assert first["status"]["capacity"]["huawei.com/Ascend910"] == "8"
    assert first["status"]["allocatable"]["cpu"] == "4"
    assert first["status"]["allocatable"]["pods"] == "110"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("nodes: [", "fleet.yaml is not valid YAML", id="broken YAML"),
        pytest.param("nodes: [{nam: a}]", "nodes.0.simulated.nam: Extra inputs", id="an unknown key"),
        pytest.param("nodes: [{name: a, kind: fake}]", "nodes.0", id="an unknown kind"),
        pytest.param("nodes: [{name: A_B}]", "nodes.0.simulated.name", id="a name no node can have"),
        pytest.param("nodes: [{kind: real, name: a, count: 2}]", "nodes.0.real.count", id="a real node with a count"),
        pytest.param("nodes: [{name: a, count: 0}]", "nodes.0.simulated.count", id="no node at all"),
        pytest.param("nodes: [{name: a-1}, {name: a, count: 2}]", "called a-1", id="a name twice"),
        pytest.param("[1]", "fleet.yaml", id="a list"),
    ],
)
def test_a_faulty_file_is_refused_naming_the_place(text: str, message: str) -> None:
    with pytest.raises(SandboxError, match=re.escape(message)):
        profiles.parse(text, "fleet.yaml")


def test_an_unknown_profile_is_refused_naming_those_there_are() -> None:
    with pytest.raises(SandboxError, match=r"no node profile and no file 'dmo'; profiles: demo, none, real, simulated"):
        profiles.load("dmo")


def test_without_real_nodes_the_same_nodes_are_simulated() -> None:
    profile = profiles.load("demo")
    replaced = startup.all_simulated(profile)
    assert [node.name for node in replaced.nodes] == [node.name for node in profile.nodes]
    assert replaced.real == ()
    assert isinstance(profile.nodes[1], RealNode)
    assert replaced.simulated[1].labels == profile.nodes[1].labels


@pytest.mark.parametrize(
    ("profile", "services", "absent"),
    [
        pytest.param("none", (), {"kubelet", "kwok", "registry", "versitygw"}, id="only a control plane"),
        pytest.param("simulated", ("s3",), {"kubelet", "containerd", "registry"}, id="simulated nodes and S3"),
        pytest.param("demo", ("registry",), {"versitygw"}, id="real nodes and a registry"),
    ],
)
def test_only_the_programs_that_are_needed_are_looked_for(
    profile: str, services: tuple[str, ...], absent: set[str]
) -> None:
    assert not absent & set(startup.programs(profiles.load(profile), services))


def test_the_example_in_the_documentation_can_be_read() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/sandbox.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert [node.name for node in profiles.parse(example, "sandbox.md").nodes] == ["host", "a2"]
