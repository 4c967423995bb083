"""Which node could run a version and which not, as its status says. Judges nothing itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from demo.kubectl import Kubectl
from demo.terminal import Terminal

CHIP: Final = "node.kubernetes.io/npu.chip.name"
VENDOR: Final = "huawei.com/"
DRIVER: Final = "huawei.com/driver.version"
MEANINGS: Final = {
    "ArchitectureMismatch": "another processor architecture",
    "HardwareMissing": "no NPU",
    "ChipMismatch": "another chip",
    "NpuResourceMissing": "offers no such NPUs",
    "NpuCountImpossible": "never so many NPUs at once",
    "CannTooNew": "its driver is too old for this CANN",
    "CannTooOld": "its driver no longer serves this CANN",
    "NodeNotReady": "not Ready",
    "Tainted": "reserved by a taint",
    "FactsMissing": "does not say enough",
}


def show(kubectl: Kubectl, terminal: Terminal, version: str) -> None:
    """Leave a table of the nodes, each with the reason against it."""
    compatibility = kubectl.json("get", "aiappv", version)["status"]["compatibility"]
    reasons = {name: count["reason"] for count in compatibility["reasons"] for name in count.get("examples", ())}
    nodes = kubectl.within("default").json("get", "nodes")["items"]
    terminal.table(("NODE", "PODS RUN", "ARCH", "CHIP", "DRIVER", "NPUS", "VERDICT"), list(_rows(nodes, reasons)))
    fits, nodes_ = compatibility["compatible"], compatibility["nodes"]
    terminal.say(f"\n{compatibility['verdict']}: {fits} of {nodes_} nodes can run {version}.")


def _rows(nodes: list[Any], reasons: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for node in nodes:
        labels, name = node["metadata"]["labels"], node["metadata"]["name"]
        yield (
            name,
            "simulated" if labels.get("type") == "kwok" else "really",
            labels["kubernetes.io/arch"],
            labels.get(CHIP, "-"),
            labels.get(DRIVER, "-"),
            _npus(node["status"]["allocatable"]),
            _verdict(reasons.get(name)),
        )


def _npus(allocatable: Mapping[str, str]) -> str:
    found = [f"{count} {name.removeprefix(VENDOR)}" for name, count in allocatable.items() if name.startswith(VENDOR)]
    return ", ".join(found) or "-"


def _verdict(reason: str | None) -> str:
    return "fits" if reason is None else f"{reason}: {MEANINGS.get(reason, '')}"
