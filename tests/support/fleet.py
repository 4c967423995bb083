"""Node objects as real platforms make them, and the shipped table of facts."""

from importlib.resources import files
from typing import Any, Final

from hypothesis import strategies as st

from aiapp.domain.nodes.facts import facts
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.tables import Tables, load

TABLES: Final[Tables] = load(files("aiapp").joinpath("data/ascend.yaml").read_text("utf-8"))


def node(
    name: str = "node",
    *,
    arch: str = "amd64",
    labels: dict[str, str] | None = None,
    resources: dict[str, int] | None = None,
    ready: bool = True,
    cordoned: bool = False,
    taints: tuple[dict[str, str], ...] = (),
) -> dict[str, Any]:
    """A v1 Node."""
    allocatable = {"cpu": "64", "memory": "512Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/arch": arch} | (labels or {})},
        "spec": {"unschedulable": cordoned, "taints": list(taints)},
        "status": {
            "allocatable": allocatable | {key: str(count) for key, count in (resources or {}).items()},
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def mindcluster(
    name: str, chip: str, *, driver: str | None = None, arch: str = "arm64", npus: int = 8, **more: str
) -> dict[str, Any]:
    """A node that MindCluster's device plugin labelled; `driver` only from 26.1 on; `more` labels."""
    labels = {"node.kubernetes.io/npu.chip.name": chip} | ({"huawei.com/driver.version": driver} if driver else {})
    return node(name, arch=arch, labels=labels | more, resources={"huawei.com/Ascend910": npus})


def seen(*nodes: dict[str, Any]) -> NodeInventory:
    """The fleet as decisions see it."""
    return NodeInventory(facts(one, TABLES) for one in nodes)


LABELS: Final = {
    "node.kubernetes.io/npu.chip.name": ["910ProB", "910B3", "310P3", "910B", "Ascend910", "910X9"],
    "huawei.com/driver.version": ["23.0.rc1", "24.1.rc1", "24.1.rc3.b060", "25.5.0", "odd"],
    "huawei.com/npu.driver.version": ["23.0.rc1", "24.1.rc3", "odd"],
    "accelerator": ["huawei-Ascend910", "huawei-Ascend310P", "nvidia"],
    "accelerator-type": ["module", "module-910b-8", "odd"],
    "ascend": ["on"],
}


def nodes() -> st.SearchStrategy[dict[str, Any]]:
    """Any combination of labels and devices, real ones and odd ones."""
    return st.builds(
        node,
        name=st.sampled_from(["a", "b", "c", "d"]),
        arch=st.sampled_from(["arm64", "amd64"]),
        labels=st.fixed_dictionaries({}, optional={key: st.sampled_from(found) for key, found in LABELS.items()}),
        resources=st.dictionaries(
            st.sampled_from(["huawei.com/Ascend910", "huawei.com/Ascend310P", "huawei.com/ascend-1980"]),
            st.sampled_from([0, 2, 8]),
            max_size=2,
        ),
        ready=st.booleans(),
    )
