from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.support.fleet import LABELS, TABLES, mindcluster, node, nodes, seen
from tests.support.judging import A2, CANN, CPU, FIT, judged, tolerating
from tests.support.verdicts import requirement, verdict

from aiapp.api.conditions import Reason
from aiapp.api.meta import Npu, Resources
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.scheduling import NodeAffinity, NodeDemand, Scheduling, Toleration
from aiapp.domain.nodes.facts import facts
from aiapp.domain.nodes.runtime_requirement import wanted_npu


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


@pytest.mark.parametrize(
    ("toleration", "word"),
    [
        pytest.param(Toleration(key="team", value="x"), "Compatible", id="the same value"),
        pytest.param(Toleration(key="team", operator="Exists"), "Compatible", id="any value"),
        pytest.param(Toleration(operator="Exists"), "Compatible", id="everything"),
        pytest.param(Toleration(key="team", value="y"), "Incompatible", id="another value"),
        pytest.param(Toleration(key="team"), "Incompatible", id="only the empty value"),
        pytest.param(
            Toleration(key="team", operator="Exists", effect="NoExecute"), "Incompatible", id="another effect"
        ),
    ],
)
def test_a_taint_is_tolerated_as_the_scheduler_decides_it(toleration: Toleration, word: str) -> None:
    tainted = {**FIT, "spec": {"taints": [{"key": "team", "value": "x", "effect": "NoSchedule"}]}}
    needed = requirement(RuntimeSpec(name=CANN), None, TABLES, Scheduling(tolerations=(toleration,)))
    assert verdict(needed, seen(tainted), TABLES).verdict == word


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
    assert (result.verdict, result.message) == (
        "Unknown",
        "no nodes to judge by: the cluster has none, or the operator may not list them",
    )


def test_a_name_that_says_nothing_is_unknown() -> None:
    assert judged("my-own-image", FIT).verdict == "Unknown"


def test_a_tolerated_taint_does_not_exclude() -> None:
    reserved = {**FIT, "spec": {"taints": [{"key": "team", "value": "x", "effect": "NoSchedule"}]}}
    needed = requirement(RuntimeSpec(name=CANN), None, TABLES, tolerating("team"))
    assert verdict(needed, seen(reserved), TABLES).verdict == "Compatible"


def test_the_taint_of_the_npu_resource_is_tolerated() -> None:
    reserved = {**FIT, "spec": {"taints": [{"key": "huawei.com/Ascend910", "effect": "NoSchedule"}]}}
    assert judged(CANN, reserved).verdict == "Compatible"


def test_a_cpu_runtime_that_tolerates_the_npu_resource_fits_nodes_with_npus() -> None:
    needed = requirement(RuntimeSpec(name=CPU), None, TABLES, tolerating("huawei.com/Ascend310P"))
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


def test_the_message_says_which_driver_a_cann_asks_for() -> None:
    old = mindcluster("old", "910B3", driver="24.1.0")
    message = judged("pytorch_2.7.1-cann_8.5.0-py_3.11-hce_2.0-aarch64-snt9b", old).message
    told = "CANN 8.5.0 asks for driver 25.0.RC1 or newer, the node has 24.1.0"
    assert message == f"0 of 1 nodes fit; 1 CannTooNew (old: {told})"


@pytest.mark.parametrize(
    ("labels", "npus", "count", "fits"),
    [
        pytest.param({"chip": "910ProB", "server": "half"}, 4, 4, True, id="half a server of rings grants all it has"),
        pytest.param({"chip": "910ProB", "server": "module"}, 8, 6, False, id="a ring grants no 6"),
        pytest.param({"chip": "910ProB", "server": "card"}, 8, 4, False, id="a 300T card grants 2 at most"),
        pytest.param({"chip": "910B3", "server": "module-910b-8"}, 8, 7, True, id="an A2 server grants any number"),
        pytest.param({"chip": "910B3", "server": "module-910b-16"}, 16, 10, True, id="a Box16 grants 10"),
        pytest.param({"chip": "910B3"}, 16, 9, False, id="no A2 grants 9"),
        pytest.param({"chip": "Ascend910"}, 16, 3, False, id="an A3 grants no odd number but 1"),
        pytest.param({"chip": "Ascend910"}, 16, 6, True, id="an A3 grants even numbers"),
    ],
)
def test_servers_grant_their_own_numbers(labels: dict[str, str], npus: int, count: int, fits: bool) -> None:
    keys = {"chip": "node.kubernetes.io/npu.chip.name", "server": "accelerator-type"}
    one = node(
        "n", arch="arm64", labels={keys[k]: v for k, v in labels.items()}, resources={"huawei.com/Ascend910": npus}
    )
    token = {"910ProB": "snt9", "910B3": "snt9b", "Ascend910": "snt9c"}[labels["chip"]]
    found = judged(f"pytorch_2.1.0-cann_8.0.rc3-py_3.9-euler_2.10.7-aarch64-{token}", one, npu=Npu(count=count))
    impossible = Reason.NPU_COUNT_IMPOSSIBLE in {count.reason for count in found.reasons}
    assert impossible is not fits


CUDA = "pytorch_1.8.0-cuda_10.2-py_3.7-ubuntu_18.04-x86_64"


def test_gpus_are_asked_for_by_number() -> None:
    gpus = node(resources={"nvidia.com/gpu": 2})
    assert judged(CUDA, gpus).verdict == "Compatible"
    assert judged(CUDA, gpus, npu=Npu(count=4)).reasons[0].reason is Reason.NPU_COUNT_IMPOSSIBLE


def test_gpus_may_be_asked_for_among_the_other_resources() -> None:
    assert wanted_npu(None, None, Resources(limits={"nvidia.com/gpu": 2})) == Npu(
        count=2, resource_name="nvidia.com/gpu"
    )
    assert wanted_npu(None, None, Resources(limits={"cpu": 2})) is None


@pytest.mark.parametrize(
    ("demand", "asked"),
    [
        ({"key": "pool", "operator": "In", "values": ("npu", "spare")}, "pool=npu or spare"),
        ({"key": "zone", "operator": "NotIn", "values": ("a",)}, "zone other than a"),
        ({"key": "pool", "operator": "Exists"}, "pool"),
        ({"key": "zone", "operator": "DoesNotExist"}, "no zone"),
    ],
)
def test_required_affinity_counts_like_a_selector(demand: dict[str, Any], asked: str) -> None:
    wishes = Scheduling(node_affinity=NodeAffinity(required=(NodeDemand(**demand),)))
    needed = requirement(RuntimeSpec(name=CANN), None, TABLES, wishes)
    other = mindcluster("other", "910ProB", driver="23.0.rc1", zone="a")
    result = verdict(needed, seen(other), TABLES)
    assert (result.reasons[0].reason, result.reasons[0].detail) == (
        Reason.SELECTOR_MISMATCH,
        f"serving.scheduling asks for {asked}",
    )
    fitting = mindcluster("fits", "910ProB", driver="23.0.rc1", pool="npu")
    assert verdict(needed, seen(other, fitting), TABLES).compatible == 1


def test_a_node_of_another_system_does_not_fit() -> None:
    windows = node(labels={"kubernetes.io/os": "windows"})
    assert judged(CPU, windows).reasons[0].reason is Reason.OPERATING_SYSTEM_MISMATCH


def test_a_pod_that_tolerates_everything_may_go_to_a_cordoned_node() -> None:
    everything = Scheduling(tolerations=(Toleration(operator="Exists"),))
    needed = requirement(RuntimeSpec(name=CANN), None, TABLES, everything)
    assert verdict(needed, seen({**FIT, "spec": {"unschedulable": True}}), TABLES).verdict == "Compatible"


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


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([CANN, A2]), nodes(), st.sampled_from(sorted(LABELS)))
def test_what_is_unknown_of_a_node_is_not_known_better_without_a_label_that_overrules_no_other(
    runtime: str, one: dict[str, Any], key: str
) -> None:
    labels = {name: value for name, value in one["metadata"]["labels"].items() if name != key}
    less = {**one, "metadata": {**one["metadata"], "labels": labels}}
    before, after = facts(one, TABLES).kind, facts(less, TABLES).kind
    assume(after.driver in {None, before.driver} and (before.chips <= after.chips or not after.chips))
    if judged(runtime, one).verdict == "Unknown":
        assert judged(runtime, less).verdict == "Unknown"


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
