"""Node objects as real platforms make them, and the shipped table of facts."""

from importlib.resources import files
from typing import Any, Final

from aiapp.domain.nodes.facts import NodeFacts, facts
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
    name: str, chip: str, *, driver: str | None = None, arch: str = "arm64", npus: int = 8
) -> dict[str, Any]:
    """A node that MindCluster's device plugin labelled; `driver` only from 26.1 on."""
    labels = {"node.kubernetes.io/npu.chip.name": chip} | ({"huawei.com/driver.version": driver} if driver else {})
    return node(name, arch=arch, labels=labels, resources={"huawei.com/Ascend910": npus})


def seen(*nodes: dict[str, Any]) -> tuple[NodeFacts, ...]:
    """The facts of a fleet."""
    return tuple(facts(one, TABLES) for one in nodes)
