from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.fleet import TABLES, mindcluster, node, nodes, seen

from aiapp.api.application import Scheduling, Toleration
from aiapp.api.conditions import Reason
from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.nodes.compatibility import Verdict, verdict
from aiapp.domain.nodes.requirement import requirement, wanted_npu

CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
A2 = "pytorch_2.1.0-cann_8.0.rc3-py_3.9-euler_2.10.7-aarch64-snt9b"
CPU = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"
FIT = mindcluster("fit", "910ProB", driver="23.0.rc1")


def tolerating(key: str) -> Scheduling:
    return Scheduling(tolerations=(Toleration(key=key, operator="Exists"),))


def judged(runtime: str, *nodes: dict[str, Any], npu: Npu | None = None) -> Verdict:
    return verdict(requirement(runtime, npu, TABLES), seen(*nodes), TABLES)


@pytest.mark.parametrize(
    ("runtime", "one", "reason"),
    [
        pytest.param(CPU, node(arch="arm64"), Reason.ARCHITECTURE_MISMATCH, id="other architecture"),
        pytest.param(CANN, node(arch="arm64"), Reason.HARDWARE_MISSING, id="no NPU at all"),
        pytest.param(CANN, mindcluster("n", "910B3"), Reason.CHIP_MISMATCH, id="a newer chip"),
        pytest.param(A2, mindcluster("n", "910ProB"), Reason.CHIP_MISMATCH, id="an older chip"),
        pytest.param(CPU, mindcluster("n", "310P3", arch="amd64"), Reason.HARDWARE_MISSING, id="kept for NPU work"),
        pytest.param(
            "pytorch_1.8.0-cuda_10.2-py_3.7-ubuntu_18.04-x86_64", node(), Reason.HARDWARE_MISSING, id="no GPU"
        ),
        pytest.param(
            CANN,
            node(arch="arm64", labels={"accelerator": "nvidia-tesla-p100"}, resources={"nvidia.com/gpu": 1}),
            Reason.HARDWARE_MISSING,
            id="another vendor's accelerator",
        ),
        pytest.param(CANN, mindcluster("n", "910ProB", npus=0), Reason.NPU_RESOURCE_MISSING, id="all NPUs broken"),
        pytest.param(
            CANN, mindcluster("n", "910ProB", driver="24.1.rc3"), Reason.CANN_TOO_OLD, id="driver dropped the CANN"
        ),
        pytest.param(CANN, {**FIT, "spec": {"unschedulable": True}}, Reason.NODE_NOT_READY, id="cordoned"),
        pytest.param(
            CANN,
            {**FIT, "spec": {"taints": [{"key": "team", "value": "x", "effect": "NoSchedule"}]}},
            Reason.TAINTED,
            id="reserved for others",
        ),
    ],
)
def test_a_node_does_not_fit_for_the_first_reason_in_order(runtime: str, one: dict[str, Any], reason: Reason) -> None:
    result = judged(runtime, one)
    assert (result.verdict, result.compatible, result.reasons[0].reason) == ("Incompatible", 0, reason)


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(mindcluster("n", "910ProB"), id="no driver label"),
        pytest.param(
            node(arch="arm64", labels={"accelerator": "huawei-Ascend910"}, resources={"huawei.com/Ascend910": 8}),
            id="a chip among three",
        ),
        pytest.param(
            node(arch="arm64", labels={"ascend": "on"}, resources={"huawei.com/Ascend910": 8}), id="a hint only"
        ),
        pytest.param(mindcluster("n", "910X9", driver="23.0.rc1"), id="a chip that nobody knows yet"),
        pytest.param(mindcluster("n", "910ProB", driver="24.1.rc1"), id="a driver whose list was read by deduction"),
    ],
)
def test_what_a_node_does_not_tell_is_unknown(one: dict[str, Any]) -> None:
    result = judged(CANN, one)
    assert (result.verdict, result.reasons[0].reason) == ("Unknown", Reason.FACTS_MISSING)


def test_one_fitting_node_is_enough() -> None:
    result = judged(CANN, FIT, node("cpu-1"), node("cpu-2"), mindcluster("a2", "910B3"))
    assert (result.verdict, result.nodes, result.compatible) == ("Compatible", 4, 1)
    assert result.message == "1 of 4 nodes fits; 2 ArchitectureMismatch (cpu-1, cpu-2), 1 ChipMismatch (a2)"


def test_at_most_three_nodes_are_named_for_a_reason() -> None:
    result = judged(CANN, *(node(f"cpu-{i}") for i in range(5)))
    assert result.reasons[0].examples == ("cpu-0", "cpu-1", "cpu-2")
    assert result.message == "0 of 5 nodes fit; 5 ArchitectureMismatch (cpu-0, cpu-1, cpu-2, ...)"


@pytest.mark.parametrize(("count", "fits"), [(1, True), (3, False), (4, True), (8, True), (16, False)])
def test_a_ring_of_first_generation_chips_grants_1_2_4_or_8(count: int, fits: bool) -> None:
    result = judged(CANN, FIT, npu=Npu(count=count))
    assert (result.verdict == "Compatible") is fits


def test_a_cluster_without_nodes_cannot_be_judged() -> None:
    result = judged(CANN)
    assert (result.verdict, result.message) == ("Unknown", "the cluster has no nodes to judge by")


def test_a_name_that_says_nothing_is_unknown() -> None:
    assert judged("my-own-image", FIT).verdict == "Unknown"


def test_a_tolerated_taint_does_not_exclude() -> None:
    reserved = {**FIT, "spec": {"taints": [{"key": "team", "value": "x", "effect": "NoSchedule"}]}}
    needed = requirement(CANN, None, TABLES, tolerating("team"))
    assert verdict(needed, seen(reserved), TABLES).verdict == "Compatible"


def test_the_taint_of_the_npu_resource_is_tolerated() -> None:
    reserved = {**FIT, "spec": {"taints": [{"key": "huawei.com/Ascend910", "effect": "NoSchedule"}]}}
    assert judged(CANN, reserved).verdict == "Compatible"


def test_a_cpu_runtime_that_tolerates_the_npu_resource_fits_nodes_with_npus() -> None:
    needed = requirement(CPU, None, TABLES, tolerating("huawei.com/Ascend310P"))
    assert verdict(needed, seen(mindcluster("n", "310P3", arch="amd64")), TABLES).verdict == "Compatible"


def test_a_chip_that_is_deduced_from_the_name_refuses_no_node() -> None:
    unnamed = "mindspore_1.9.0-cann_6.0.1-py_3.7-euler_2.8.3-aarch64"
    result = judged(unnamed, mindcluster("n", "910B3", driver="22.0.4"))
    assert (result.verdict, result.reasons[0].reason) == ("Unknown", Reason.CHIP_MISMATCH)
    a3 = judged("pytorch_2.1.0-cann_8.2.rc1-py_3.9-hce_2.0.2506-aarch64-snt9c", mindcluster("n", "910B3"))
    assert a3.verdict == "Unknown"


@pytest.mark.parametrize(
    ("resource", "count", "verdict_", "reason"),
    [
        pytest.param("example.com/npu", 2, "Unknown", Reason.FACTS_MISSING, id="renamed by the site"),
        pytest.param("example.com/npu", 9, "Incompatible", Reason.NPU_COUNT_IMPOSSIBLE, id="renamed, too many"),
        pytest.param("huawei.com/Ascend910-4c", 1, "Unknown", Reason.FACTS_MISSING, id="a slice"),
        pytest.param("huawei.com/Ascend910-4c", 2, "Incompatible", Reason.NPU_COUNT_IMPOSSIBLE, id="two slices"),
        pytest.param("example.com/other", 1, "Incompatible", Reason.HARDWARE_MISSING, id="not offered"),
    ],
)
def test_a_resource_that_is_asked_for_by_name_counts(resource: str, count: int, verdict_: str, reason: Reason) -> None:
    offers = "huawei.com/Ascend910-4c" if "Ascend" in resource else "example.com/npu"
    result = judged(CANN, node(arch="arm64", resources={offers: 8}), npu=Npu(count=count, resource_name=resource))
    assert (result.verdict, result.reasons[0].reason) == (verdict_, reason)


def test_lasting_reasons_come_before_passing_ones() -> None:
    tainted = ({"key": "team", "value": "x", "effect": "NoSchedule"},)
    one = node(arch="amd64", ready=False, taints=tainted)
    assert judged(CANN, one).reasons[0].reason is Reason.ARCHITECTURE_MISMATCH
    assert judged(CPU, one).reasons[0].reason is Reason.NODE_NOT_READY


ORDER = {"Incompatible": 0, "Unknown": 1, "Compatible": 2}


@settings(deadline=None, max_examples=50)
@given(st.sampled_from([CANN, A2, CPU]), st.lists(nodes(), max_size=5), nodes())
def test_one_more_node_never_makes_it_worse(runtime: str, fleet: list[dict[str, Any]], one: dict[str, Any]) -> None:
    if fleet:
        assert ORDER[judged(runtime, *fleet, one).verdict] >= ORDER[judged(runtime, *fleet).verdict]


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from([CANN, A2, CPU]),
    st.lists(nodes(), max_size=5).flatmap(lambda fleet: st.tuples(st.just(fleet), st.permutations(fleet))),
)
def test_the_order_of_nodes_changes_nothing(
    runtime: str, fleets: tuple[list[dict[str, Any]], list[dict[str, Any]]]
) -> None:
    first, second = fleets
    assert judged(runtime, *first) == judged(runtime, *second)


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from([CANN, A2, CPU]),
    nodes(),
    st.sampled_from(["huawei.com/driver.version", "node.kubernetes.io/npu.chip.name"]),
)
def test_a_fitting_node_without_one_of_its_labels_is_at_most_unknown_and_never_refused(
    runtime: str, one: dict[str, Any], key: str
) -> None:
    before = judged(runtime, one)
    labels = {name: value for name, value in one["metadata"]["labels"].items() if name != key}
    after = judged(runtime, {**one, "metadata": {**one["metadata"], "labels": labels}})
    if runtime != CPU and before.verdict == "Compatible" and key == "huawei.com/driver.version":
        assert after.verdict == "Unknown"
    if before.verdict == "Unknown" and key == "huawei.com/driver.version":
        assert after.verdict == "Unknown"


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        pytest.param(None, Npu(count=1, resource_name="example.com/npu"), id="nothing is asked for"),
        pytest.param(Npu(count=4), Npu(count=4, resource_name="example.com/npu"), id="a number is asked for"),
        pytest.param(
            Npu(count=1, resource_name="a.b/c"), Npu(count=1, resource_name="a.b/c"), id="a name is asked for"
        ),
    ],
)
def test_a_runtime_names_the_resource_where_nobody_else_does(asked: Npu | None, wanted: Npu) -> None:
    assert wanted_npu(asked, RuntimeSpec(name=CANN, npu_resource_name="example.com/npu")) == wanted
    assert wanted_npu(asked, RuntimeSpec(name=CANN)) == asked
