"""The facts that a Node reports, and where. Reads the labels of every known dialect; decides nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from aiapp.domain.kubernetes.quantities import quantity
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.cann import firmware_and_driver, order
from aiapp.domain.nodes.tables import Tables

ARCHITECTURE_LABEL: Final = "kubernetes.io/arch"
OS_LABEL: Final = "kubernetes.io/os"
GPU_RESOURCE: Final = "nvidia.com/gpu"
_HINDERING: Final = frozenset({"NoSchedule", "NoExecute"})
_REPEATED: Final = frozenset(f"node.kubernetes.io/{word}" for word in ("not-ready", "unreachable", "unschedulable"))
"""The node controller's own taints that repeat the Ready condition and the cordon."""
_MOST_DEVICES: Final = 10**12


class Taint(NamedTuple):
    """A taint that keeps pods away."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, kw_only=True)
class NodeKind:
    """What compatibility sees of a node: equal kinds mean equal verdicts, so nodes of a kind are judged once."""

    architecture: str | None = None
    os: str | None = None
    ready: bool = True
    cordoned: bool = False
    taints: tuple[Taint, ...] = ()
    chips: frozenset[str] = frozenset()
    """Families that the NPUs may be of: none without NPUs, several when the node does not distinguish them."""
    model: str | None = None
    """The chip's name as the node says it, for example `910B3`."""
    server: str | None = None
    """Kind of server or card, for example `module-910b-8`."""
    devices: tuple[tuple[str, int], ...] = ()
    """Allocatable extended resources: NPUs under whatever name the site gives them, and other devices."""
    driver: str | None = None
    firmware: str | None = None
    memory: str | None = None
    """Of one chip, as the node says it, for example `64G`."""
    labels: tuple[tuple[str, str], ...] = ()
    """Only the labels that placement can use."""
    lacking: tuple[str, ...] = ()
    """Labels that a version asks for and the node does not carry; filled in for its verdict."""

    def allocatable(self, resource: str) -> int:
        return self.offers.get(resource, 0)

    def label(self, key: str) -> str | None:
        return next((value for name, value in self.labels if name == key), None)

    @cached_property
    def offers(self) -> Mapping[str, int]:
        """`devices` by name."""
        return dict(self.devices)

    @property
    def family(self) -> str | None:
        """The chip family, where the node reports it."""
        return next(iter(self.chips)) if len(self.chips) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """A node: its kind, its labels, and where each fact was read. Equal as long as nothing that matters changes."""

    name: str
    kind: NodeKind
    labels: Mapping[str, str]
    """All of them, for a user's selector; those of the node object itself, never changed."""
    sources: Mapping[str, str] = field(compare=False)
    """Where each fact was read, by fact, for example `driver: label huawei.com/driver.version`."""


class _Read(NamedTuple):
    value: str | None
    source: str = ""


_NOTHING: Final = _Read(None)


def facts(node: Json, tables: Tables) -> NodeFacts:
    """From a whole or a trimmed v1 Node."""
    metadata, spec, status = node["metadata"], node.get("spec", {}), node.get("status", {})
    labels: Mapping[str, str] = metadata.get("labels") or {}
    info = status.get("nodeInfo") or {}
    devices = tuple(sorted(_devices(status.get("allocatable") or {})))
    driver, firmware = _driver(labels, tables)
    chips, chip_source = _chips(labels, [name for name, _ in devices], tables)
    read = {
        "architecture": _label_or_info(labels, ARCHITECTURE_LABEL, info, "architecture"),
        "os": _label_or_info(labels, OS_LABEL, info, "operatingSystem"),
        "model": _first(labels, tables.labels.chip),
        "server": _first(labels, (*tables.labels.server, *tables.labels.product)),
        "driver": driver,
        "firmware": firmware,
        "memory": _first(labels, tables.labels.memory),
    }
    kind = NodeKind(
        **{fact: found.value for fact, found in read.items()},  # type: ignore[arg-type]
        ready=_is_ready(status),
        cordoned=bool(spec.get("unschedulable", False)),
        taints=tuple(_taints(spec)),
        chips=chips,
        devices=devices,
        labels=tuple(
            (key, labels[key]) for key in (ARCHITECTURE_LABEL, OS_LABEL, *tables.labels.every) if key in labels
        ),
    )
    sources = {fact: found.source for fact, found in read.items() if found.value} | (
        {"chip": chip_source} if chips else {}
    )
    return NodeFacts(name=metadata["name"], kind=kind, labels=labels, sources=sources)


def trim(node: Json) -> Json:
    """The parts of a Node that `facts` reads; the rest is never kept in memory."""
    status = node.get("status", {})
    info = status.get("nodeInfo", {})
    ready = [{"type": c["type"], "status": c["status"]} for c in status.get("conditions", ()) if c["type"] == "Ready"]
    spec = {key: value for key, value in node.get("spec", {}).items() if key in {"taints", "unschedulable"}}
    kept = {key: node["metadata"][key] for key in ("name", "uid", "resourceVersion") if key in node["metadata"]}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": kept | {"labels": node["metadata"].get("labels") or {}},
        "spec": spec,
        "status": {
            "allocatable": {k: v for k, v in (status.get("allocatable") or {}).items() if is_extended(k)},
            "conditions": ready,
            "nodeInfo": {key: info.get(key) for key in ("architecture", "operatingSystem")},
        },
    }


def is_extended(resource: str) -> bool:
    """Whether it is a device. Kubernetes' own resources have no domain or its own, and change all the time."""
    domain, slash, _ = resource.partition("/")
    return bool(slash) and not domain.endswith("kubernetes.io")


def count(text: object) -> int:
    """Devices are whole, but a thousand of them may be written `1k`; what cannot be read is none."""
    found = quantity(text)
    return int(found) if found is not None and 0 <= found <= _MOST_DEVICES else 0


def _devices(allocatable: Mapping[str, object]) -> Iterable[tuple[str, int]]:
    return ((name, count(text)) for name, text in allocatable.items() if is_extended(name))


def _is_ready(status: Json) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", ()))


def _taints(spec: Json) -> Iterable[Taint]:
    for taint in spec.get("taints") or ():
        if taint["effect"] in _HINDERING and taint["key"] not in _REPEATED:
            yield Taint(taint["key"], taint.get("value", ""), taint["effect"])


def _label_or_info(labels: Mapping[str, str], key: str, info: Mapping[str, str], field_: str) -> _Read:
    if labels.get(key):
        return _Read(labels[key], f"label {key}")
    return _Read(info.get(field_) or None, f"status.nodeInfo.{field_}")


def _first(labels: Mapping[str, str], keys: Iterable[str]) -> _Read:
    return next((_Read(labels[key], f"label {key}") for key in keys if labels.get(key)), _NOTHING)


def _driver(labels: Mapping[str, str], tables: Tables) -> tuple[_Read, _Read]:
    """Driver and firmware: the first label that holds a version; one that cannot be read counts if it is alone."""
    found = [_Read(labels[key], f"label {key}") for key in tables.labels.driver if labels.get(key)]
    readable = (r for r in found if order(firmware_and_driver(r.value or "")[1]) is not None)
    chosen = next(readable, None) or next(iter(found), _NOTHING)
    if chosen.value is None:
        return _NOTHING, _NOTHING
    firmware, driver = firmware_and_driver(chosen.value)
    return _Read(driver, chosen.source), _Read(firmware, chosen.source)


def _chips(labels: Mapping[str, str], resources: list[str], tables: Tables) -> tuple[frozenset[str], str]:
    """The narrowest evidence first: chip label, server type, resources and accelerator label, mere presence."""
    name = _first(labels, tables.labels.chip)
    if found := frozenset(c.id for c in tables.chips if name.value in c.names):
        return found, name.source
    server = _first(labels, tables.labels.server)
    if found := frozenset(c.id for c in tables.chips if c.server(server.value) is not None):
        return found, server.source
    if evidence := _evidence(labels, resources, tables):
        every = [families for families, _ in evidence]
        return frozenset.intersection(*every) or frozenset.union(*every), ", ".join(source for _, source in evidence)
    sign = _sign(name, labels, resources, tables)
    return (frozenset(tables.by_id), sign.source) if sign.value else (frozenset(), "")


def _sign(name: _Read, labels: Mapping[str, str], resources: list[str], tables: Tables) -> _Read:
    """Of NPUs of an unknown family: absence from the tables is no absence of the thing."""
    if name.value:
        return name
    present = _first(labels, tables.labels.present)
    if present.value in {"true", "on"}:
        return present
    accelerator = _first(labels, tables.labels.accelerator)
    if accelerator.value and tables.is_unlisted_accelerator(accelerator.value):
        return accelerator
    unlisted = next((resource for resource in resources if tables.is_unlisted_npu(resource)), None)
    return _Read(unlisted, f"resource {unlisted}")


def _evidence(labels: Mapping[str, str], resources: list[str], tables: Tables) -> list[tuple[frozenset[str], str]]:
    """Families by the accelerator label, whose key other vendors use too, and by each NPU resource."""
    accelerator = _first(labels, tables.labels.accelerator)
    labelled = frozenset(c.id for c in tables.chips if accelerator.value in c.accelerators)
    offered = [(families, f"resource {name}") for name in resources if (families := tables.families(name))]
    return ([(labelled, accelerator.source)] if labelled else []) + offered
