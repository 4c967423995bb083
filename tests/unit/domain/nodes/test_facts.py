from typing import Any

import pytest
from tests.support.fleet import TABLES, mindcluster, node

from aiapp.domain.nodes.facts import facts, trim

A, B, C = "Ascend910A", "Ascend910B", "Ascend910C"


@pytest.mark.parametrize(
    ("seen", "chips"),
    [
        pytest.param(node(), set(), id="a CPU node"),
        pytest.param(mindcluster("n", "910B3"), {B}, id="MindCluster tells the chip"),
        pytest.param(mindcluster("n", "910ProB"), {A}, id="MindCluster, first generation"),
        pytest.param(mindcluster("n", "910B"), {A}, id="910B without a digit is the first generation"),
        pytest.param(mindcluster("n", "Ascend910"), {C}, id="A3 as it was seen"),
        pytest.param(mindcluster("n", "910X9"), {A, B, C}, id="a chip that nobody knows yet"),
        pytest.param(
            node(labels={"huawei.com/npu.chip.name": "310P3", "node.kubernetes.io/npu.chip.name": "910B3"}),
            {"Ascend310P"},
            id="the newer key decides",
        ),
        pytest.param(
            node(labels={"accelerator": "huawei-Ascend910", "accelerator-type": "module-910b-8"}),
            {B},
            id="hand-set labels before 26.1",
        ),
        pytest.param(
            node(labels={"accelerator": "huawei-Ascend910"}, resources={"huawei.com/Ascend910": 8}),
            {A, B, C},
            id="a resource that three families share",
        ),
        pytest.param(
            node(labels={"accelerator/huawei-npu": "ascend-1980"}, resources={"huawei.com/ascend-1980": 8}),
            {A, B, C},
            id="cloud container engine",
        ),
        pytest.param(
            node(labels={"ascend": "on"}, resources={"huawei.com/Ascend910B4": 8}), {B}, id="HAMi names the chip"
        ),
        pytest.param(
            node(labels={"feature.node.kubernetes.io/pci-1200_19e5.present": "true"}),
            set(TABLES.by_id),
            id="node feature discovery sees some accelerator",
        ),
    ],
)
def test_labels_and_resources_tell_the_chip(seen: dict[str, Any], chips: set[str]) -> None:
    assert facts(seen, TABLES).kind.chips == chips


@pytest.mark.parametrize(
    ("said", "count"), [("8", 8), ("0", 0), ("1k", 1000), ("many", 0), (4, 4), ("-1", 0), ("1e300", 0), ("2k", 2000)]
)
def test_allocatable_devices_are_counted(said: object, count: int) -> None:
    one = node()
    one["status"]["allocatable"] = {"huawei.com/Ascend910": said, "memory": "8Gi", "kubernetes.io/batch-cpu": "7"}
    assert facts(one, TABLES).kind.devices == (("huawei.com/Ascend910", count),)


def test_slices_of_a_chip_tell_the_chip() -> None:
    assert facts(node(resources={"huawei.com/Ascend310P-4c.3cpu.ndvpp": 2}), TABLES).kind.chips == {"Ascend310P"}


def test_only_the_newest_key_for_the_driver_counts() -> None:
    labels = {"huawei.com/driver.version": "24.1.rc3", "huawei.com/npu.driver.version": "25.5.0.b030"}
    assert facts(node(labels=labels), TABLES).kind.driver == "25.5.0.b030"


def test_a_cordoned_node_is_not_ready() -> None:
    assert facts(node(), TABLES).kind.ready
    assert facts(node(cordoned=True), TABLES).kind.cordoned
    assert not facts(node(ready=False), TABLES).kind.ready


def test_only_taints_that_keep_pods_away_count() -> None:
    tainted = node(
        taints=(
            {"key": "dedicated", "value": "a", "effect": "NoSchedule"},
            {"key": "soft", "effect": "PreferNoSchedule"},
            {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
        )
    )
    assert [taint.key for taint in facts(tainted, TABLES).kind.taints] == ["dedicated"]


def test_a_trimmed_node_tells_the_same() -> None:
    whole = mindcluster("n", "910B3", driver="25.5.0")
    whole["status"] |= {"images": [{"names": ["x"]}], "nodeInfo": {"kernelVersion": "5.10", "architecture": "arm64"}}
    del whole["metadata"]["labels"]["kubernetes.io/arch"]
    assert facts(trim(whole), TABLES) == facts(whole, TABLES)
    assert facts(whole, TABLES).kind.architecture == "arm64"
    assert "images" not in trim(whole)["status"]


A2 = {"node.kubernetes.io/npu.chip.name": "910B3", "mind-cluster/npu-chip-memory": "64G"}


@pytest.mark.parametrize(
    ("labels", "resources", "told"),
    [
        pytest.param(
            {"accelerator": "huawei-Ascend910", "accelerator-type": "module-910b-8", "host-arch": "huawei-arm"},
            {"huawei.com/Ascend910": 8},
            {"chip": ("Ascend910B", "label accelerator-type"), "server": ("module-910b-8", "label accelerator-type")},
            id="MindCluster 5.0, labels by hand",
        ),
        pytest.param(
            A2 | {"accelerator": "huawei-Ascend910"},
            {"huawei.com/Ascend910": 8},
            {
                "model": ("910B3", "label node.kubernetes.io/npu.chip.name"),
                "memory": ("64G", "label mind-cluster/npu-chip-memory"),
            },
            id="MindCluster 7.0, the plugin tells chip and memory",
        ),
        pytest.param(
            A2 | {"huawei.com/driver.version": "25.5.0.b030"},
            {"huawei.com/Ascend910": 8},
            {"driver": ("25.5.0.b030", "label huawei.com/driver.version")},
            id="MindCluster 26.1, the plugin tells the driver",
        ),
        pytest.param(
            {
                "huawei.com/npu.chip.name": "310P3",
                "huawei.com/npu.driver.version": "26.1.0",
                "huawei.com/npu.chip.memory": "24G",
                "huawei.com/npu.chip.product-type": "card-300i-duo",
            },
            {"huawei.com/Ascend310P": 8},
            {
                "chip": ("Ascend310P", "label huawei.com/npu.chip.name"),
                "driver": ("26.1.0", "label huawei.com/npu.driver.version"),
                "memory": ("24G", "label huawei.com/npu.chip.memory"),
                "server": ("card-300i-duo", "label huawei.com/npu.chip.product-type"),
            },
            id="MindCluster after 26.1, keys of one prefix",
        ),
        pytest.param(
            {"accelerator/huawei-npu": "ascend-310"},
            {"huawei.com/ascend-310": 4},
            {"chip": ("Ascend310", "label accelerator/huawei-npu, resource huawei.com/ascend-310")},
            id="cloud container engine",
        ),
        pytest.param(
            {"os.modelarts.node/npu.firmware.driver.version": "7.7.0.9.220-25.2.1"},
            {"huawei.com/ascend-1980": 8},
            {
                "driver": ("25.2.1", "label os.modelarts.node/npu.firmware.driver.version"),
                "firmware": ("7.7.0.9.220", "label os.modelarts.node/npu.firmware.driver.version"),
            },
            id="ModelArts Lite, firmware and driver in one",
        ),
        pytest.param(
            {"ascend": "on"},
            {"huawei.com/Ascend910B4": 8, "huawei.com/Ascend910B4-memory": 262144},
            {"chip": ("Ascend910B", "resource huawei.com/Ascend910B4, resource huawei.com/Ascend910B4-memory")},
            id="HAMi, the resource names the chip",
        ),
    ],
)
def test_each_platforms_labels_tell_what_they_can_and_where_it_was_read(
    labels: dict[str, str], resources: dict[str, int], told: dict[str, tuple[str, str]]
) -> None:
    found = facts(node(arch="arm64", labels=labels, resources=resources), TABLES)
    values = {
        "chip": found.kind.family,
        "model": found.kind.model,
        "server": found.kind.server,
        "memory": found.kind.memory,
        "driver": found.kind.driver,
        "firmware": found.kind.firmware,
    }
    assert {fact: (values[fact], found.sources[fact]) for fact in told} == told


def test_a_driver_label_that_cannot_be_read_gives_way_to_one_that_can() -> None:
    labels = {"huawei.com/npu.driver.version": "unknown", "huawei.com/driver.version": "24.1.rc3"}
    assert facts(node(labels=labels), TABLES).kind.driver == "24.1.rc3"
    alone = {"huawei.com/npu.driver.version": "unknown"}
    assert facts(node(labels=alone), TABLES).kind.driver == "unknown"


def test_pressure_keeps_pods_away_and_is_told_as_a_taint() -> None:
    pressed = node(taints=({"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"},))
    assert [taint.key for taint in facts(pressed, TABLES).kind.taints] == ["node.kubernetes.io/disk-pressure"]


def test_a_label_of_the_sites_own_is_a_change_but_no_other_kind() -> None:
    before, after = (facts(node(labels={"pool": pool}), TABLES) for pool in ("a", "b"))
    assert before != after
    assert before.kind == after.kind
