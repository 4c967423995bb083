"""What a Node tells: architecture, accelerators, driver, readiness, taints. Reads the labels of every known dialect."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aiapp.domain.nodes.cann import driver_version
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.resources import Json

GPU_RESOURCE: Final = "nvidia.com/gpu"
_HINDERING: Final = frozenset({"NoSchedule", "NoExecute"})
_LIFECYCLE_TAINTS: Final = "node.kubernetes.io/"
"""The node controller's own taints say what the Ready condition says."""


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint that keeps pods away."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """A node as compatibility sees it. Equal facts mean equal verdicts, so heartbeats change nothing."""

    name: str
    architecture: str | None
    ready: bool
    """Ready and not cordoned."""
    taints: tuple[Taint, ...] = ()
    chips: frozenset[str] = frozenset()
    """Families that the NPUs may be of: none without NPUs, several when the node does not tell them apart."""
    npus: tuple[tuple[str, int], ...] = ()
    """Allocatable NPUs by extended resource."""
    gpus: int = 0
    driver: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    """Only the labels that placement can use."""

    def allocatable(self, resource: str) -> int:
        return dict(self.npus).get(resource, 0)

    def label(self, key: str) -> str | None:
        return dict(self.labels).get(key)


def facts(node: Json, tables: Tables) -> NodeFacts:
    """From a whole or a trimmed v1 Node."""
    metadata, spec, status = node["metadata"], node.get("spec", {}), node.get("status", {})
    labels: Mapping[str, str] = metadata.get("labels") or {}
    allocatable = status.get("allocatable") or {}
    npus = tuple(sorted((name, int(count)) for name, count in allocatable.items() if name in tables.resources))
    driver = _first(labels, tables.labels.driver)
    return NodeFacts(
        name=metadata["name"],
        architecture=labels.get("kubernetes.io/arch") or status.get("nodeInfo", {}).get("architecture"),
        ready=_is_ready(status) and not spec.get("unschedulable", False),
        taints=tuple(_taints(spec)),
        chips=_chips(labels, [name for name, _ in npus], tables),
        npus=npus,
        gpus=int(allocatable.get(GPU_RESOURCE, 0)),
        driver=driver_version(driver) if driver else None,
        labels=tuple((key, labels[key]) for key in (*tables.labels.chip, *tables.labels.driver) if key in labels),
    )


def trim(node: Json) -> Json:
    """The parts of a Node that `facts` reads; the rest is never kept in memory."""
    status = node.get("status", {})
    ready = [c for c in status.get("conditions", ()) if c["type"] == "Ready"]
    spec = {key: value for key, value in node.get("spec", {}).items() if key in {"taints", "unschedulable"}}
    kept = {key: node["metadata"][key] for key in ("name", "uid", "resourceVersion") if key in node["metadata"]}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": kept | {"labels": node["metadata"].get("labels") or {}},
        "spec": spec,
        "status": {"allocatable": status.get("allocatable", {}), "conditions": ready},
    }


def _is_ready(status: Json) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", ()))


def _taints(spec: Json) -> Iterable[Taint]:
    for taint in spec.get("taints") or ():
        if taint["effect"] in _HINDERING and not taint["key"].startswith(_LIFECYCLE_TAINTS):
            yield Taint(taint["key"], taint.get("value", ""), taint["effect"])


def _chips(labels: Mapping[str, str], resources: list[str], tables: Tables) -> frozenset[str]:
    """The narrowest evidence first: chip label, server type, resources, accelerator label, mere presence."""
    every = frozenset(tables.by_id)
    if (name := _first(labels, tables.labels.chip)) is not None:
        return frozenset(c.id for c in tables.chips if name in c.names) or every
    server = _first(labels, tables.labels.server)
    if found := frozenset(c.id for c in tables.chips if server in c.servers):
        return found
    evidence = [tables.resources[name] for name in resources]
    if (accelerator := _first(labels, tables.labels.accelerator)) is not None:
        evidence.append(frozenset(c.id for c in tables.chips if accelerator in c.accelerators) or every)
    if evidence:
        return frozenset.intersection(*evidence) or frozenset.union(*evidence)
    return every if _first(labels, tables.labels.present) in {"true", "on"} else frozenset()


def _first(labels: Mapping[str, str], keys: Iterable[str]) -> str | None:
    return next((labels[key] for key in keys if labels.get(key)), None)
