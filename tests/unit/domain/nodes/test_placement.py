from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.fleet import TABLES, mindcluster, node, nodes, seen

from aiapp.api.application import Scheduling, Toleration
from aiapp.api.meta import Npu
from aiapp.domain.nodes.compatibility import judged
from aiapp.domain.nodes.fleet import Fleet
from aiapp.domain.nodes.placement import Placement, placement
from aiapp.domain.nodes.requirement import Requirement, requirement

CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
A2 = "pytorch_2.1.0-cann_8.0.rc3-py_3.9-euler_2.10.7-aarch64-snt9b"
CPU = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"


def sent(needed: Requirement, fleet: Fleet) -> Placement:
    return placement(needed, judged(needed, fleet, TABLES), TABLES)


def placed(
    runtime: str, *nodes: dict[str, Any], npu: Npu | None = None, scheduling: Scheduling | None = None
) -> Placement:
    return sent(requirement(runtime, npu, TABLES, scheduling), seen(*nodes))


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


def test_a_cuda_runtime_asks_for_its_architecture_only() -> None:
    cuda = "pytorch_1.8.0-cuda_10.2-py_3.7-ubuntu_18.04-x86_64"
    assert required(placed(cuda, node())) == {"kubernetes.io/arch": ("In", ["amd64"])}


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
    needed, result = requirement(runtime, None, TABLES), placed(runtime, *fleet)
    for one in fleet:
        (kind,) = judged(needed, seen(one), TABLES)
        if kind.word != "Incompatible":
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
