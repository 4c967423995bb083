"""What a pod says to MindCluster's plugin for Volcano."""

from typing import Any

import pytest
from tests.support.fleet import TABLES, mindcluster, node, seen
from tests.support.verdicts import judged, requirement

from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.scheduling import Scheduling
from aiapp.domain.nodes.placement import placement
from aiapp.domain.nodes.volcano import Grouping

A1 = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
A2 = "pytorch_2.1.0-cann_8.0.rc3-py_3.9-euler_2.10.7-aarch64-snt9b"
A3 = "pytorch_2.1.0-cann_8.2.rc1-py_3.9-hce_2.0.2506-aarch64-snt9c"
DUO = "mindspore_1.9.0-cann_6.0.1-py_3.7-euler_2.9.9-x86_64-snt3p-300i"
VOLCANO = Scheduling(scheduler_name="volcano")


def grouped(
    runtime: str, *nodes: dict[str, Any], npu: Npu | None = None, scheduling: Scheduling | None = VOLCANO
) -> Grouping:
    needed = requirement(RuntimeSpec(name=runtime), npu, TABLES, scheduling)
    return placement(needed, judged(needed, seen(*nodes), TABLES), TABLES).grouping


@pytest.mark.parametrize(
    ("runtime", "one", "policy", "ring"),
    [
        pytest.param(A1, mindcluster("n", "910ProB"), "chip4-node8", "ascend-910", id="910A, 8 NPUs"),
        pytest.param(A1, mindcluster("n", "910ProB", npus=4), "chip4-node4", "ascend-910", id="910A, half a server"),
        pytest.param(A2, mindcluster("n", "910B3"), "chip8-node8", "ascend-910b", id="A2, 8 NPUs"),
        pytest.param(A2, mindcluster("n", "910B3", npus=16), "chip8-node16", "ascend-910b", id="A2 Box16"),
        pytest.param(A3, mindcluster("n", "Ascend910", npus=16), "chip2-node16", "ascend-910b", id="A3"),
        pytest.param(
            A3,
            mindcluster("n", "Ascend910", npus=16, **{"accelerator-type": "module-a3-16-super-pod"}),
            "chip2-node16",
            "ascend-910b",
            id="a pod on a super pod stands alone",
        ),
        pytest.param(
            A2,
            mindcluster("n", "910B3", npus=7) | {},
            "chip8-node8",
            "ascend-910b",
            id="A2 with a broken NPU is taken for the usual server",
        ),
        pytest.param(
            DUO, node("n", resources={"huawei.com/Ascend310P": 8}), None, "ascend-310P", id="310P knows no policy"
        ),
    ],
)
def test_the_policy_is_that_of_the_servers_which_may_fit(
    runtime: str, one: dict[str, Any], policy: str | None, ring: str
) -> None:
    found = grouped(runtime, one)
    assert found.annotations.get("huawei.com/schedule_policy") == policy
    assert found.labels == {"ring-controller.atlas": ring}


def test_the_numbers_of_the_npus_come_from_the_annotation_that_volcano_writes() -> None:
    (variable,) = grouped(A2, mindcluster("n", "910B3")).environment
    assert variable["name"] == "ASCEND_VISIBLE_DEVICES"
    assert variable["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.annotations['huawei.com/Ascend910']"}}


def test_a_slice_is_not_numbered_and_not_grouped() -> None:
    npu = Npu(count=1, resource_name="huawei.com/Ascend310P-2c")
    found = grouped(DUO, node("n", resources={"huawei.com/Ascend310P-2c": 4}), npu=npu)
    assert (found.annotations, found.environment) == ({}, ())


def test_each_replica_is_placed_by_itself() -> None:
    assert grouped(A2, mindcluster("n", "910B3")).annotations["huawei.com/schedule_minAvailable"] == "1"


@pytest.mark.parametrize(
    ("runtime", "arch", "resource"),
    [
        pytest.param(A2, "arm64", "huawei.com/Ascend910B3", id="HAMi's: Volcano writes JSON into the annotation"),
        pytest.param(A2, "arm64", "huawei.com/ascend-1980", id="the cloud's"),
        pytest.param(DUO, "amd64", "huawei.com/Ascend310P-V", id="of mixed cards"),
    ],
)
def test_npus_that_the_plugin_does_not_know_are_left_to_the_device_plugin(
    runtime: str, arch: str, resource: str
) -> None:
    needed = requirement(RuntimeSpec(name=runtime), None, TABLES, VOLCANO)
    found = placement(needed, judged(needed, seen(node("n", arch=arch, resources={resource: 8})), TABLES), TABLES)
    assert (found.resource, found.grouping) == (resource, Grouping())


@pytest.mark.parametrize("scheduling", [None, Scheduling(scheduler_name="koord-scheduler")])
def test_without_volcano_nothing_is_said(scheduling: Scheduling | None) -> None:
    assert grouped(A2, mindcluster("n", "910B3"), scheduling=scheduling) == Grouping()


def test_cpu_pods_are_not_grouped() -> None:
    assert grouped("sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64", node()) == Grouping()


def test_a_runtime_for_several_chips_is_grouped_as_the_nodes_are() -> None:
    both = RuntimeSpec(name=A2, chips=("Ascend910B", "Ascend910C"))
    needed = requirement(both, None, TABLES, VOLCANO)
    for chip, npus, policy in (("910B3", 8, "chip8-node8"), ("Ascend910", 16, "chip2-node16")):
        kinds = judged(needed, seen(mindcluster("n", chip, npus=npus)), TABLES)
        found = placement(needed, kinds, TABLES).grouping
        assert found.annotations["huawei.com/schedule_policy"] == policy
        assert found.labels == {"ring-controller.atlas": "ascend-910b"}
