from typing import Any

from tests.support.fleet import TABLES, mindcluster, node, seen

from aiapp.api.meta import Npu
from aiapp.domain.nodes.compatibility import requirement
from aiapp.domain.nodes.placement import Placement, placement

CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
CPU = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"


def placed(runtime: str, *nodes: dict[str, Any], npu: Npu | None = None) -> Placement:
    return placement(requirement(runtime, npu, TABLES), seen(*nodes), TABLES)


def required(result: Placement) -> dict[str, Any]:
    assert result.node_affinity is not None
    terms = result.node_affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert len(terms) == 1
    return {term["key"]: (term["operator"], term.get("values")) for term in terms[0]["matchExpressions"]}


def test_a_cpu_runtime_asks_for_its_architecture_and_for_no_device() -> None:
    result = placed(CPU, node())
    assert required(result) == {"kubernetes.io/arch": ("In", ["amd64"])}
    assert (result.npu_resource, result.tolerations) == (None, ())


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
    assert placed(CANN, cce).npu_resource == "huawei.com/ascend-1980"
    assert placed(CANN).npu_resource == "huawei.com/Ascend910"
    assert placed(CANN, cce, npu=Npu(count=2, resource_name="example.com/npu")).npu_resource == "example.com/npu"


def test_the_npu_resource_is_tolerated_as_a_taint() -> None:
    assert placed(CANN).tolerations == ({"key": "huawei.com/Ascend910", "operator": "Exists"},)


def test_the_order_of_nodes_changes_nothing() -> None:
    fleet = [
        mindcluster(f"n{i}", "910ProB", driver=driver) for i, driver in enumerate(("25.5.0", "24.1.rc3", "23.0.rc1"))
    ]
    assert placed(CANN, *fleet) == placed(CANN, *reversed(fleet))
