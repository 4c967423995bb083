"""What would mend a node that does not fit."""

import pytest
from tests.support.fleet import TABLES, mindcluster, node, seen
from tests.support.judging import CANN, CPU, FIT, judged
from tests.support.verdicts import requirement, verdict

from aiapp.api.conditions import Reason
from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.scheduling import Scheduling

NEAR = {
    "tight": mindcluster("tight", "910ProB", driver="23.0.rc1", npus=2),
    "silent": mindcluster("silent", "910ProB"),
    "new": mindcluster("new", "910ProB", driver="25.5.0"),
    "held": {**FIT, "spec": {"taints": [{"key": "team", "value": "x", "effect": "NoSchedule"}]}},
    "drained": {**FIT, "spec": {"unschedulable": True}},
    "empty": mindcluster("empty", "910ProB", driver="23.0.rc1", npus=0),
    "renamed": node(
        "renamed",
        arch="arm64",
        labels={"node.kubernetes.io/npu.chip.name": "910ProB", "huawei.com/driver.version": "23.0.rc1"},
        resources={"huawei.com/Ascend910-4c": 2},
    ),
}


@pytest.mark.parametrize(
    ("name", "missing", "remedy"),
    [
        ("tight", Reason.NPU_COUNT_IMPOSSIBLE, "at most 2 for a pod"),
        ("silent", Reason.FACTS_MISSING, "label it with huawei.com/driver.version"),
        ("new", Reason.CANN_TOO_OLD, "a runtime with another CANN"),
        ("held", Reason.TAINTED, "serving.scheduling.tolerations for team=x:NoSchedule"),
        ("drained", Reason.NODE_NOT_READY, "kubectl uncordon"),
        ("empty", Reason.NPU_RESOURCE_MISSING, "its device plugin has to offer healthy NPUs"),
        ("renamed", Reason.NPU_RESOURCE_MISSING, "npu.resourceName huawei.com/Ascend910-4c"),
    ],
)
def test_a_node_that_misses_by_one_thing_says_what_would_mend_it(name: str, missing: Reason, remedy: str) -> None:
    result = judged(CANN, NEAR[name], npu=Npu(count=4))
    assert [(near.missing, near.remedy) for near in result.near_fits] == [(missing, remedy)]


def test_a_node_that_misses_by_two_things_is_no_near_fit() -> None:
    assert judged(CANN, mindcluster("n", "910B3", driver="25.5.0")).near_fits == ()


def test_near_fits_are_counted_by_their_remedy_and_bounded() -> None:
    old = [mindcluster(f"old-{i}", "910B3", driver="24.1.0") for i in range(5)]
    result = judged("pytorch_2.7.1-cann_8.5.0-py_3.11-hce_2.0-aarch64-snt9b", *old)
    assert result.near_fits[0].examples == ("old-0", "old-1", "old-2")
    assert (result.near_fits[0].nodes, result.near_fits[0].remedy) == (5, "driver 25.0.RC1 or newer")
    taints = ({"key": f"team-{i}", "value": "", "effect": "NoSchedule"} for i in range(20))
    many = judged(CPU, *(node(f"n{i}", taints=(taint,)) for i, taint in enumerate(taints)))
    assert len(many.near_fits) == 8


def test_a_selector_that_no_node_carries_is_said_and_one_label_would_mend_it() -> None:
    wishes = Scheduling(node_selector={"pool": "npu", "zone": "a"})
    needed = requirement(RuntimeSpec(name=CANN), None, TABLES, wishes)
    other = mindcluster("other", "910ProB", driver="23.0.rc1", zone="a")
    result = verdict(needed, seen(other), TABLES)
    assert (result.verdict, result.reasons[0].reason) == ("Incompatible", Reason.SELECTOR_MISMATCH)
    assert result.reasons[0].detail == "serving.scheduling asks for pool=npu"
    labelled = mindcluster("pool", "910ProB", driver="23.0.rc1", zone="a", pool="npu")
    assert verdict(needed, seen(other, labelled), TABLES).compatible == 1


def test_what_is_told_of_a_node_is_bounded() -> None:
    taints = tuple({"key": f"site.example/{'x' * 60}-{i}", "value": "", "effect": "NoSchedule"} for i in range(50))
    result = judged(CPU, node(taints=taints))
    assert len(result.reasons[0].detail) == len(result.near_fits[0].remedy) == 300
