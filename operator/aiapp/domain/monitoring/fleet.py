"""Samples of nodes and their NPUs, and of what each runtime of the catalogue finds there. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.monitoring import definitions
from aiapp.domain.monitoring.sample import Sample
from aiapp.domain.nodes.choice import best, choices, together
from aiapp.domain.nodes.compatibility import VERDICTS, Judged
from aiapp.domain.nodes.facts import NodeKind
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.placement import placement
from aiapp.domain.nodes.runtime_requirement import PlacementRequest, requirements, wanted_npu
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.nodes.usage import Used, form, free

_ARCHITECTURES: Final = frozenset({"amd64", "arm64"})


@dataclass(frozen=True, slots=True)
class RuntimeFit:
    """The nodes as one runtime finds them. Holds as long as neither nodes, tables nor the runtime change."""

    runtime: str
    kinds: tuple[Judged, ...]
    resource: str | None
    """Of the NPUs that its pods ask for; None for a runtime without NPUs."""


def runtime_fits(specs: Iterable[RuntimeSpec], fleet: NodeInventory, tables: Tables) -> tuple[RuntimeFit, ...]:
    """All of the catalogue, by name."""
    return tuple(_fit(one, fleet, tables) for one in sorted(specs, key=lambda one: one.name))


def _fit(runtime: RuntimeSpec, fleet: NodeInventory, tables: Tables) -> RuntimeFit:
    """Judged as a version that asks for nothing of its own."""
    found = choices(requirements(runtime, PlacementRequest(npu=wanted_npu(None, runtime)), tables), fleet, tables)
    needed, kinds = best(found)
    resource = placement(needed, kinds, tables).resource if needed.is_cann else None
    return RuntimeFit(runtime.name, together(found), resource)


def runtime_samples(fits: Iterable[RuntimeFit], in_use: Used | None) -> Iterator[Sample]:
    """`in_use` None: the devices that pods hold are not counted."""
    for fit in fits:
        counts: Counter[str] = Counter()
        for kind in fit.kinds:
            counts[kind.verdict] += len(kind.group.names)
        for word in VERDICTS:
            yield Sample(definitions.RUNTIME_NODES, (fit.runtime, word), counts[word])
        if fit.resource is not None:
            yield from _npus(fit, fit.resource, in_use)


def fleet_samples(fleet: NodeInventory, tables: Tables, in_use: Used | None) -> Iterator[Sample]:
    """`in_use` None: the devices that pods hold are not counted."""
    nodes: Counter[tuple[str, ...]] = Counter()
    offered: Counter[tuple[str, ...]] = Counter()
    held: Counter[tuple[str, ...]] = Counter()
    for node in fleet.nodes:
        nodes[_class(node.kind)] += 1
        used = (in_use or {}).get(node.name, {})
        for resource, number in node.kind.devices:
            if form(resource, tables) != "other":
                offered[_chip(node.kind), resource] += number
                held[_chip(node.kind), resource] += used.get(resource, 0)
    counted = ((definitions.NODES, nodes), (definitions.NPUS, offered), (definitions.NPUS_USED, held))
    for definition, counts in counted if in_use is not None else counted[:2]:
        yield from (Sample(definition, labels, number) for labels, number in sorted(counts.items()))


def _npus(fit: RuntimeFit, resource: str, in_use: Used | None) -> Iterator[Sample]:
    fitting = [kind.group for kind in fit.kinds if kind.verdict == "Compatible"]
    offered = sum(group.kind.allocatable(resource) * len(group.names) for group in fitting)
    yield Sample(definitions.RUNTIME_NPUS, (fit.runtime,), offered)
    if in_use is not None:
        left = sum(free(group.kind, resource, in_use.get(name, {})) for group in fitting for name in group.names)
        yield Sample(definitions.RUNTIME_NPUS_FREE, (fit.runtime,), left)


def _class(kind: NodeKind) -> tuple[str, str, str]:
    architecture = kind.architecture if kind.architecture in _ARCHITECTURES else "unknown"
    return architecture, _chip(kind), str(kind.ready and not kind.cordoned).lower()


def _chip(kind: NodeKind) -> str:
    return "|".join(sorted(kind.chips)) or "none"
