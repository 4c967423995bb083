"""What the fleet looks like to Prometheus."""

from typing import Any

from tests.support.fleet import TABLES, mindcluster, node, seen

from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.monitoring import definitions as of
from aiapp.domain.monitoring.definitions import Definition
from aiapp.domain.monitoring.fleet import fleet_samples, runtime_fits, runtime_samples

NPU = "huawei.com/Ascend910"
CANN = "mindspore_2.2.10-cann_7.0.0-py_3.9-euler_2.10.7-aarch64-snt9b"
CPU = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"
FLEET = seen(
    mindcluster("n1", "910B3", driver="24.1.rc3"),
    mindcluster("n2", "910B3", driver="24.1.rc3"),
    mindcluster("old", "910ProB", driver="23.0.rc1"),
    node("cpu", cordoned=True),
)
USED = {"n1": {NPU: 6}, "old": {NPU: 1}, "gone": {NPU: 8}}


def values(samples: Any, definition: Definition) -> dict[tuple[str, ...], float]:
    return {labels: value for of_, labels, value in samples if of_ is definition}


def test_npus_are_added_up_by_chip_and_resource() -> None:
    samples = list(fleet_samples(FLEET, TABLES, USED))
    offered = values(samples, of.NPUS)
    assert sum(offered.values()) == 24
    assert {labels[1] for labels in offered} == {NPU}
    assert sorted(values(samples, of.NPUS_USED).values()) == [1, 6]


def test_nodes_are_counted_by_architecture_chip_and_readiness() -> None:
    nodes = values(fleet_samples(FLEET, TABLES, USED), of.NODES)
    assert nodes["amd64", "none", "false"] == 1
    assert (
        sum(number for (architecture, _, ready), number in nodes.items() if (architecture, ready) == ("arm64", "true"))
        == 3
    )


def test_where_nobody_counts_what_pods_hold_nothing_is_said_of_it() -> None:
    fits = runtime_fits([RuntimeSpec(name=CANN)], FLEET, TABLES)
    samples = [*fleet_samples(FLEET, TABLES, None), *runtime_samples(fits, None)]
    assert values(samples, of.NPUS_USED) == values(samples, of.RUNTIME_NPUS_FREE) == {}


def test_a_runtime_tells_on_how_many_nodes_it_fits_and_how_many_npus_are_free_there() -> None:
    samples = list(runtime_samples(runtime_fits([RuntimeSpec(name=CANN)], FLEET, TABLES), USED))
    fitting = values(samples, of.RUNTIME_NODES)[CANN, "Compatible"]
    assert fitting == 2
    assert values(samples, of.RUNTIME_NPUS) == {(CANN,): 16}
    assert values(samples, of.RUNTIME_NPUS_FREE) == {(CANN,): 10}


def test_a_runtime_without_npus_tells_its_nodes_alone() -> None:
    samples = list(runtime_samples(runtime_fits([RuntimeSpec(name=CPU)], FLEET, TABLES), USED))
    assert values(samples, of.RUNTIME_NODES)[CPU, "Incompatible"] == 4
    assert values(samples, of.RUNTIME_NPUS) == {}
