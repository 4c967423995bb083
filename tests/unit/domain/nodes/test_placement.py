from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.fleet import TABLES, mindcluster, node, nodes, seen
from tests.support.verdicts import judged, requirement

from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.scheduling import Scheduling, Toleration
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.placement import Placement, beyond_labels, free_devices, placement
from aiapp.domain.nodes.requirement import Requirement

CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
A2 = "pytorch_2.1.0-cann_8.0.rc3-py_3.9-euler_2.10.7-aarch64-snt9b"
CPU = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"


def sent(needed: Requirement, fleet: NodeInventory) -> Placement:
    return placement(needed, judged(needed, fleet, TABLES), TABLES)


def placed(
    runtime: str, *nodes: dict[str, Any], npu: Npu | None = None, scheduling: Scheduling | None = None
) -> Placement:
    return sent(requirement(RuntimeSpec(name=runtime), npu, TABLES, scheduling), seen(*nodes))


def required(result: Placement) -> dict[str, Any]:
    assert result.node_affinity is not None
    terms = result.node_affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert len(terms) == 1
    return {term["key"]: (term["operator"], term.get("values")) for term in terms[0]["matchExpressions"]}


def test_a_cpu_runtime_asks_for_its_architecture_and_stays_off_nodes_with_npus() -> None:
    result = placed(CPU, node())
    assert required(result) == {
        "kubernetes.io/arch": ("In", ["amd64"]),
        "huawei.com/npu.chip.name": ("DoesNotExist", None),
        "node.kubernetes.io/npu.chip.name": ("DoesNotExist", None),
    }
    assert (result.resource, result.tolerations) == (None, ())


def test_a_cpu_runtime_stays_off_nodes_that_show_their_npus_by_other_labels() -> None:
    cce = node("cce", labels={"accelerator/huawei-npu": "ascend-310"}, resources={"huawei.com/ascend-310": 4})
    seen_only = node("nfd", labels={"feature.node.kubernetes.io/pci-1200_19e5.present": "true"})
    terms = required(placed(CPU, cce, seen_only))
    assert terms["accelerator/huawei-npu"] == ("NotIn", ["ascend-310"])
    assert terms["feature.node.kubernetes.io/pci-1200_19e5.present"] == ("NotIn", ["true"])


def test_a_cpu_runtime_that_tolerates_the_npu_resource_may_go_to_nodes_with_npus() -> None:
    wishes = Scheduling(tolerations=(Toleration(key="huawei.com/Ascend910", operator="Exists"),))
    assert required(placed(CPU, node(), scheduling=wishes)) == {"kubernetes.io/arch": ("In", ["amd64"])}


def test_a_cuda_runtime_asks_for_its_architecture_and_a_gpu() -> None:
    cuda = "pytorch_1.8.0-cuda_10.2-py_3.7-ubuntu_18.04-x86_64"
    result = placed(cuda, node(resources={"nvidia.com/gpu": 4}))
    assert required(result) == {"kubernetes.io/arch": ("In", ["amd64"])}
    assert (result.resource, result.devices) == ("nvidia.com/gpu", 1)
    assert result.tolerations == ({"key": "nvidia.com/gpu", "operator": "Exists"},)
    assert placed(cuda, npu=Npu(count=4)).devices == 4


def test_a_chip_that_only_the_server_type_tells_is_excluded_by_it() -> None:
    labels = {"accelerator": "huawei-Ascend910", "accelerator-type": "module-910b-8"}
    by_hand = node("old", arch="arm64", labels=labels, resources={"huawei.com/Ascend910": 8})
    assert required(placed(CANN, by_hand))["accelerator-type"] == ("NotIn", ["module-910b-8"])
    assert "accelerator-type" not in required(placed(CANN))


def test_a_chip_that_is_deduced_from_the_name_is_preferred_and_not_demanded() -> None:
    deduced = placed("mindspore_1.9.0-cann_6.0.1-py_3.7-euler_2.8.3-aarch64")
    assert required(deduced) == {"kubernetes.io/arch": ("In", ["arm64"])}
    assert deduced.node_affinity is not None
    assert "preferredDuringSchedulingIgnoredDuringExecution" in deduced.node_affinity


def test_nothing_is_demanded_of_nodes_when_the_runtime_says_nothing() -> None:
    assert placed("my-own-image", node()) == Placement(None)


def test_other_chips_are_excluded_and_unlabelled_nodes_are_not() -> None:
    operator, values = required(placed(CANN))["node.kubernetes.io/npu.chip.name"]
    assert operator == "NotIn"
    assert "910B3" in values
    assert "910ProB" not in values


def test_a_driver_that_does_not_serve_the_cann_is_excluded() -> None:
    result = placed(
        CANN, mindcluster("old", "910ProB", driver="23.0.rc1"), mindcluster("n", "910ProB", driver="25.5.0")
    )
    assert required(result)["huawei.com/driver.version"] == ("NotIn", ["25.5.0"])


def test_the_resource_is_the_one_that_fitting_nodes_offer() -> None:
    cce = node(
        "cce", arch="arm64", labels={"accelerator/huawei-npu": "ascend-1980"}, resources={"huawei.com/ascend-1980": 8}
    )
    assert placed(CANN, cce).resource == "huawei.com/ascend-1980"
    assert placed(CANN).resource == "huawei.com/Ascend910"
    assert placed(CANN, cce, npu=Npu(count=2, resource_name="example.com/npu")).resource == "example.com/npu"


def test_the_npu_resource_is_tolerated_as_a_taint() -> None:
    assert placed(CANN).tolerations == ({"key": "huawei.com/Ascend910", "operator": "Exists"},)


def test_the_order_of_nodes_changes_nothing() -> None:
    fleet = [
        mindcluster(f"n{i}", "910ProB", driver=driver) for i, driver in enumerate(("25.5.0", "24.1.rc3", "23.0.rc1"))
    ]
    assert placed(CANN, *fleet) == placed(CANN, *reversed(fleet))


def admits(term: dict[str, Any], labels: dict[str, str]) -> bool:
    match term["operator"]:
        case "In":
            return labels.get(term["key"]) in term["values"]
        case "NotIn":
            return labels.get(term["key"]) not in term["values"]
        case _:
            return term["key"] not in labels


def is_admitted(result: Placement, one: dict[str, Any]) -> bool:
    assert result.node_affinity is not None
    terms = result.node_affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    return all(admits(term, one["metadata"]["labels"]) for term in terms[0]["matchExpressions"])


@settings(deadline=None, max_examples=50)
@given(st.sampled_from([CANN, A2, CPU]), st.lists(nodes(), min_size=1, max_size=5))
def test_no_node_that_may_fit_is_excluded(runtime: str, fleet: list[dict[str, Any]]) -> None:
    needed, result = requirement(RuntimeSpec(name=runtime), None, TABLES), placed(runtime, *fleet)
    for one in fleet:
        (kind,) = judged(needed, seen(one), TABLES)
        if kind.verdict != "Incompatible":
            assert is_admitted(result, one)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from([CANN, A2, CPU]), st.lists(nodes(), max_size=5).flatmap(st.permutations))
def test_a_pod_template_does_not_depend_on_the_order_of_nodes(runtime: str, fleet: list[dict[str, Any]]) -> None:
    assert placed(runtime, *fleet) == placed(runtime, *reversed(fleet))


def test_a_label_that_fitting_nodes_carry_as_well_excludes_nothing() -> None:
    server = {"accelerator": "huawei-Ascend910", "accelerator-type": "module-910b-8"}
    mislabelled = mindcluster("fit", "910ProB", driver="23.0.rc1")
    mislabelled["metadata"]["labels"] |= server
    other = node("a2", arch="arm64", labels=server, resources={"huawei.com/Ascend910": 8})
    assert is_admitted(placed(CANN, mislabelled, other), mislabelled)


def preferred(result: Placement) -> list[dict[str, Any]]:
    assert result.node_affinity is not None
    found = result.node_affinity.get("preferredDuringSchedulingIgnoredDuringExecution", [])
    return [term for one in found for term in one["preference"]["matchExpressions"]]


def test_nodes_that_are_known_to_fit_are_preferred_to_those_that_may() -> None:
    known, silent = mindcluster("known", "910ProB", driver="23.0.rc1"), mindcluster("silent", "910ProB")
    driver = {"key": "huawei.com/driver.version", "operator": "In", "values": ["23.0.rc1"]}
    assert driver in preferred(placed(CANN, known, silent))
    assert driver not in preferred(placed(CANN, known))


def test_servers_that_grant_other_numbers_are_excluded_although_they_have_enough() -> None:
    card = mindcluster("card", "910ProB", driver="23.0.rc1")
    card["metadata"]["labels"]["accelerator-type"] = "card"
    half = mindcluster("half", "910ProB", driver="23.0.rc1", npus=4)
    half["metadata"]["labels"]["accelerator-type"] = "half"
    assert required(placed(CANN, card, half, npu=Npu(count=8)))["accelerator-type"] == ("NotIn", ["card"])
    assert "accelerator-type" not in required(placed(CANN, card, half))


def test_nodes_of_another_system_are_excluded_once_there_are_any() -> None:
    windows = node("w", labels={"kubernetes.io/os": "windows"})
    assert required(placed(CPU, windows))["kubernetes.io/os"] == ("NotIn", ["windows"])
    assert "kubernetes.io/os" not in required(placed(CPU, node()))


def test_a_node_without_an_architecture_label_is_let_in() -> None:
    silent = node("silent")
    del silent["metadata"]["labels"]["kubernetes.io/arch"]
    result = placed(CPU, silent, node("other", arch="riscv64"))
    assert required(result)["kubernetes.io/arch"] == ("NotIn", ["arm64", "riscv64"])
    assert is_admitted(result, silent)


def test_the_resource_is_one_of_which_nodes_have_enough() -> None:
    few = [node(f"few-{i}", arch="arm64", resources={"huawei.com/ascend-1980": 2}) for i in range(3)]
    enough = node("enough", arch="arm64", resources={"huawei.com/Ascend910": 8})
    assert placed(CANN, *few, enough, npu=Npu(count=4)).resource == "huawei.com/Ascend910"


def test_nodes_that_no_label_keeps_pods_off_are_named() -> None:
    bare = node("bare", arch="arm64", resources={"huawei.com/Ascend910": 8, "huawei.com/Ascend910B4": 8})
    needed = requirement(RuntimeSpec(name=CANN), None, TABLES)
    kinds = judged(needed, seen(bare, mindcluster("a2", "910B3")), TABLES)
    result = placement(needed, kinds, TABLES)
    found = beyond_labels(kinds, result.node_affinity, result.resource, result.devices)
    assert [kind.group.names for kind in found] == [("bare",)]


def test_a_node_with_fewer_devices_than_asked_for_is_left_to_the_scheduler() -> None:
    bare = node("bare", arch="arm64", resources={"huawei.com/Ascend910": 2, "huawei.com/Ascend910B4": 2})
    kinds = judged(requirement(RuntimeSpec(name=CANN), Npu(count=4), TABLES), seen(bare), TABLES)
    assert not beyond_labels(kinds, None, "huawei.com/Ascend910", 4)
    assert beyond_labels(kinds, None, "huawei.com/Ascend910", 2)


def test_a_node_that_is_tainted_by_another_name_of_its_resource_is_tolerated() -> None:
    taints = ({"key": "huawei.com/Ascend910", "effect": "NoSchedule"},)
    hami = node("hami", arch="arm64", resources={"huawei.com/Ascend910B3": 8}, taints=taints)
    keys = [one["key"] for one in placed(A2, hami).tolerations]
    assert keys == ["huawei.com/Ascend910B3", "huawei.com/Ascend910"]


def test_free_devices_are_counted_on_nodes_that_may_take_the_pod() -> None:
    needed = requirement(RuntimeSpec(name=CANN), None, TABLES)
    kinds = judged(needed, seen(mindcluster("a", "910ProB"), mindcluster("b", "910ProB"), node("cpu")), TABLES)
    in_use = {"a": {"huawei.com/Ascend910": 7}, "b": {"huawei.com/Ascend910": 8}}
    assert free_devices(kinds, "huawei.com/Ascend910", in_use) == (("a", 1), ("b", 0))


def test_a_runtime_for_several_chips_is_kept_off_the_others_alone() -> None:
    both = RuntimeSpec(name=A2, chips=("Ascend910B", "Ascend910C"))
    terms = required(sent(requirement(both, None, TABLES), seen(mindcluster("n", "910B3"))))
    _, others = terms["node.kubernetes.io/npu.chip.name"]
    assert {"910ProB", "310P3"} <= set(others)
    assert not {"910B3", "910C", "Ascend910"} & set(others)
