"""Chips and resources of NPUs that no table lists, and runtimes that name theirs."""

from typing import Any

import pytest
from tests.support.fleet import TABLES, mindcluster, node, seen
from tests.support.judging import A2, CPU, judged, tolerating
from tests.support.verdicts import requirement, verdict

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec


def test_a_runtime_that_does_not_say_its_chip_is_unknown_everywhere() -> None:
    x86 = "mindspore_1.9.0-cann_6.0.1-py_3.7-euler_2.8.3-x86_64"
    result = judged(x86, mindcluster("n", "310P3", arch="amd64", driver="22.0.4"))
    assert (result.verdict, result.reasons[0].detail) == (
        "Unknown",
        "the runtime does not state which chip the runtime is for",
    )


A5 = RuntimeSpec(name="pytorch_2.9.0-cann_9.1.0-py_3.11-openeuler_24.03-aarch64", chips=("Ascend950",))


def test_a_runtime_may_name_its_chips() -> None:
    needed = requirement(A5, None, TABLES)
    labels = {"node.kubernetes.io/npu.chip.name": "Ascend950PR", "huawei.com/driver.version": "25.1.rc1"}
    superpod = node("superpod", arch="arm64", labels=labels, resources={"huawei.com/npu": 8})
    assert verdict(needed, seen(superpod), TABLES).verdict == "Compatible"
    assert verdict(needed, seen(mindcluster("a2", "910B3")), TABLES).reasons[0].reason is Reason.CHIP_MISMATCH


def test_a_runtime_for_several_chips_fits_any_of_them() -> None:
    both = A5.model_copy(update={"chips": ("Ascend910B", "Ascend910C")})
    needed = requirement(both, None, TABLES)
    for chip in ("910B3", "Ascend910"):
        assert verdict(needed, seen(mindcluster("n", chip, driver="26.1.0")), TABLES).verdict == "Compatible"
    (mismatch,) = verdict(needed, seen(mindcluster("n", "910ProB")), TABLES).reasons
    assert mismatch.detail == "the node has 910ProB (Ascend910A), the runtime is for Ascend910B or Ascend910C"


def test_a_chip_of_a_runtime_that_no_table_knows_is_unknown_and_says_where_to_add_it() -> None:
    needed = requirement(A5.model_copy(update={"chips": ("Ascend960",)}), None, TABLES)
    (found,) = verdict(needed, seen(mindcluster("n", "910B3", driver="26.1.0")), TABLES).near_fits
    assert (found.missing, found.remedy) == (
        Reason.FACTS_MISSING,
        "add it to ConfigMap aiapp-node-facts: chips with id: Ascend960",
    )


HAMI = {"huawei.com/Ascend910B": 8}


@pytest.mark.parametrize(
    ("one", "detail", "entry"),
    [
        pytest.param(
            node("n", arch="arm64", resources=HAMI),
            "the node's resource huawei.com/Ascend910B is in no table of facts", "resources of its family in chips",
            id="a resource by the name of HAMi's own examples",
        ),
        pytest.param(
            node("n", arch="arm64", labels={"ascend": "on"}, resources=HAMI),
            "the node's resource huawei.com/Ascend910B is in no table of facts", "resources of its family in chips",
            id="with HAMi's label",
        ),
        pytest.param(
            node("n", arch="arm64", resources={"npu.accelerator/snt9-5c.1cpu.8g": 4}),
            "the node's resource npu.accelerator/snt9-5c.1cpu.8g is in no table of facts",
            "resources of its family in chips",
            id="a share by the name of the platform's flavours",
        ),
        pytest.param(
            node(
                "n", arch="arm64", labels={"node.kubernetes.io/npu.chip.name": "910B3"}, resources=HAMI
            ),
            "the node's resource huawei.com/Ascend910B is in no table of facts", "resources of its family in chips",
            id="of a chip that is known",
        ),
        pytest.param(
            mindcluster("n", "910C1", npus=16),
            "the node's chip 910C1 is in no table of facts", "names of its family in chips",
            id="a chip label of an unknown value",
        ),
    ],
)  # fmt: skip
def test_what_no_table_lists_is_unknown_and_says_what_to_add(one: dict[str, Any], detail: str, entry: str) -> None:
    result = judged(A2, {**one, "metadata": one["metadata"] | {"labels": one["metadata"]["labels"] | DRIVER}})
    assert result.verdict == "Unknown"
    assert [(r.reason, r.detail) for r in result.reasons] == [(Reason.FACTS_MISSING, detail)]
    assert [near.remedy for near in result.near_fits] == [f"add it to ConfigMap aiapp-node-facts: {entry}"]


DRIVER = {"huawei.com/driver.version": "24.1.rc3"}


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(node(resources=HAMI), id="by its resource"),
        pytest.param(node(labels={"ascend": "on"}, resources=HAMI), id="by HAMi's label"),
        pytest.param(node(labels={"accelerator": "huawei-Ascend960"}), id="by an accelerator label"),
        pytest.param(node(labels={"accelerator/huawei-npu": "ascend-snt9b23"}), id="by the cloud's label"),
    ],
)
def test_a_node_with_npus_of_an_unlisted_name_is_kept_free_of_cpu_pods(one: dict[str, Any]) -> None:
    result = judged(CPU, one)
    assert (result.verdict, result.reasons[0].reason) == ("Incompatible", Reason.HARDWARE_MISSING)


def test_a_cpu_pod_that_tolerates_an_unlisted_npu_resource_may_go_there() -> None:
    needed = requirement(RuntimeSpec(name=CPU), None, TABLES, tolerating("huawei.com/Ascend910B"))
    assert verdict(needed, seen(node(resources=HAMI)), TABLES).verdict == "Compatible"


def test_a_resource_of_another_vendor_is_no_npu() -> None:
    assert judged(CPU, node(resources={"example.com/ascend": 1, "nvidia.com/gpu": 1})).verdict == "Compatible"
