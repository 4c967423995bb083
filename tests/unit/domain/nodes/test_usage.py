"""What pods hold, as the scheduler counts it."""

from typing import Any

import pytest
from tests.support.fleet import TABLES, mindcluster, seen

from aiapp.domain.nodes.usage import devices_of, form, free, trim, used

NPU = "huawei.com/Ascend910"


def container(count: int, resource: str = NPU, **more: Any) -> dict[str, Any]:
    return {"resources": {"limits": {resource: str(count)}}, **more}


def pod(*containers: dict[str, Any], init: tuple[dict[str, Any], ...] = (), **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "namespace": "ns", "uid": "u", "resourceVersion": "1", "labels": {"big": "x" * 999}},
        "spec": {"nodeName": "n", "containers": list(containers), "initContainers": list(init), **spec},
        "status": {"phase": "Running"},
    }


@pytest.mark.parametrize(
    ("one", "held"),
    [
        pytest.param(pod(container(2), container(1)), 3, id="containers run together"),
        pytest.param(pod(container(1), init=(container(4), container(2))), 4, id="init containers run one by one"),
        pytest.param(
            pod(container(1), init=(container(1, restartPolicy="Always"), container(2))), 3, id="beside a sidecar"
        ),
        pytest.param(pod({"resources": {"requests": {NPU: 2, "cpu": "1"}}}), 2, id="written as a request"),
        pytest.param(pod({"name": "x"}), 0, id="none"),
    ],
)
def test_a_pod_holds_the_most_it_needs_at_one_time(one: dict[str, Any], held: int) -> None:
    assert devices_of(one).get(NPU, 0) == held


def test_of_a_pod_only_node_and_devices_are_kept() -> None:
    kept = trim(pod(container(2)))
    assert kept is not None
    assert (kept["node"], kept["devices"]) == ("n", {NPU: 2})
    assert "labels" not in kept["metadata"]


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(pod({"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}), id="it holds no device"),
        pytest.param(pod(container(1)) | {"status": {"phase": "Succeeded"}}, id="it is finished"),
        pytest.param(pod(container(1), nodeName=None), id="it is on no node yet"),
    ],
)
def test_other_pods_are_not_kept_at_all(one: dict[str, Any]) -> None:
    assert trim(one) is None


def test_what_is_left_of_a_node_is_never_below_zero() -> None:
    held = used([trim(pod(container(6))) or {}, trim(pod(container(6))) or {}])
    (node,) = seen(mindcluster("n", "910B3")).nodes
    assert held == {"n": {NPU: 12}}
    assert free(node.kind, NPU, held["n"]) == 0
    assert free(node.kind, NPU, {}) == 8


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("huawei.com/Ascend910", "whole"),
        ("huawei.com/ascend-1980", "whole"),
        ("huawei.com/Ascend910B3", "whole"),
        ("huawei.com/Ascend310P-4c.3cpu.ndvpp", "slice"),
        ("huawei.com/Ascend910-10c.4cpu.16g.dvpp", "slice"),
        ("huawei.com/Ascend910B3-memory", "share"),
        ("huawei.com/Ascend910B3-core", "share"),
        ("nvidia.com/gpu", "other"),
        ("example.com/thing-2c", "other"),
    ],
)
def test_the_name_of_a_resource_tells_what_one_of_it_is(resource: str, expected: str) -> None:
    assert form(resource, TABLES) == expected
