"""What a Node tells: architecture, accelerators, driver, readiness, taints. Reads the labels of every known dialect."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aiapp.domain.nodes.cann import driver_version
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.resources import Json

GPU_RESOURCE: Final = "nvidia.com/gpu"
_HINDERING: Final = frozenset({"NoSchedule", "NoExecute"})
_LIFECYCLE_TAINTS: Final = "node.kubernetes.io/"
"""The node controller's own taints say what the Ready condition says."""


_COUNT: Final = re.compile(r"(\d{1,12})([kMG]?)", re.ASCII)
_SCALE: Final = {"": 1, "k": 1000, "M": 1000**2, "G": 1000**3}


class Taint(NamedTuple):
    """A taint that keeps pods away."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """A node as compatibility sees it. Equal facts mean equal verdicts whatever the name, so heartbeats change nothing
    and nodes of a kind are judged once.
    """

    name: str = field(compare=False)
    architecture: str | None
    ready: bool
    """Ready and not cordoned."""
    taints: tuple[Taint, ...] = ()
    chips: frozenset[str] = frozenset()
    """Families that the NPUs may be of: none without NPUs, several when the node does not tell them apart."""
    devices: tuple[tuple[str, int], ...] = ()
    """Allocatable extended resources: NPUs under whatever name the site gives them, and other devices."""
    driver: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    """Only the labels that placement can use."""

    def allocatable(self, resource: str) -> int:
        return dict(self.devices).get(resource, 0)

    def label(self, key: str) -> str | None:
        return dict(self.labels).get(key)


def facts(node: Json, tables: Tables) -> NodeFacts:
    """From a whole or a trimmed v1 Node."""
    metadata, spec, status = node["metadata"], node.get("spec", {}), node.get("status", {})
    labels: Mapping[str, str] = metadata.get("labels") or {}
    allocatable: Mapping[str, object] = status.get("allocatable") or {}
    devices = tuple(sorted((name, _count(said)) for name, said in allocatable.items() if _is_extended(name)))
    driver = _first(labels, tables.labels.driver)
    return NodeFacts(
        name=metadata["name"],
        architecture=labels.get("kubernetes.io/arch") or status.get("nodeInfo", {}).get("architecture"),
        ready=_is_ready(status) and not spec.get("unschedulable", False),
        taints=tuple(_taints(spec)),
        chips=_chips(labels, [name for name, _ in devices], tables),
        devices=devices,
        driver=driver_version(driver) if driver else None,
        labels=tuple((key, labels[key]) for key in tables.labels.every if key in labels),
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
        "status": {
            "allocatable": status.get("allocatable", {}),
            "conditions": ready,
            "nodeInfo": {"architecture": status.get("nodeInfo", {}).get("architecture")},
        },
    }


def _is_extended(resource: str) -> bool:
    """Kubernetes' own resources have no domain or its own; theirs change all the time on some clusters."""
    domain, slash, _ = resource.partition("/")
    return bool(slash) and not domain.endswith("kubernetes.io")


def _count(quantity: object) -> int:
    """Devices are whole, but a thousand of them may be written `1k`; what cannot be read is none."""
    match = _COUNT.fullmatch(str(quantity))
    return int(match.group(1)) * _SCALE[match.group(2)] if match else 0


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
    accelerator = _first(labels, tables.labels.accelerator)
    labelled = frozenset(c.id for c in tables.chips if accelerator in c.accelerators)  # other vendors use the key, too
    evidence = [found for found in (labelled, *map(tables.families, resources)) if found]
    if evidence:
        return frozenset.intersection(*evidence) or frozenset.union(*evidence)
    return every if _first(labels, tables.labels.present) in {"true", "on"} else frozenset()


def _first(labels: Mapping[str, str], keys: Iterable[str]) -> str | None:
    return next((labels[key] for key in keys if labels.get(key)), None)
