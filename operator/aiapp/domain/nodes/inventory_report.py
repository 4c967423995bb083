"""The nodes as the operator sees them, as documents: each fact with where it was read. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.choice import choices, together
from aiapp.domain.nodes.compatibility import VerdictValue
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.runtime_requirement import PlacementRequest, requirements, wanted_npu
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.nodes.usage import Used, form, free

Verdicts = Mapping[str, Mapping[VerdictValue, list[str]]]
"""Names of runtimes by node and verdict."""


def inventory(nodes: NodeInventory, tables: Tables, in_use: Used | None, runtimes: Iterable[RuntimeSpec]) -> list[Json]:
    """One document for each node, by name. `in_use` None: devices in use are unknown, so free ones are absent."""
    verdicts = _verdicts(nodes, tables, runtimes)
    return [_document(node, tables, in_use, verdicts) for node in sorted(nodes.nodes, key=lambda node: node.name)]


def _verdicts(nodes: NodeInventory, tables: Tables, runtimes: Iterable[RuntimeSpec]) -> Verdicts:
    found: dict[str, dict[VerdictValue, list[str]]] = defaultdict(lambda: defaultdict(list))
    for runtime in sorted(runtimes, key=lambda one: one.name):
        needs = requirements(runtime, PlacementRequest(npu=wanted_npu(None, runtime)), tables)
        for kind in together(choices(needs, nodes, tables)):
            for name in kind.group.names:
                found[name][kind.verdict].append(runtime.name)
    return found


def _document(node: NodeFacts, tables: Tables, in_use: Used | None, verdicts: Verdicts) -> Json:
    kind = node.kind
    by_verdict = verdicts.get(node.name, {})
    return {
        "name": node.name,
        "ready": kind.ready,
        "cordoned": kind.cordoned,
        "facts": {
            fact: {"value": value, "source": node.sources.get(fact, "")}
            for fact, value in (
                ("architecture", kind.architecture),
                ("os", kind.os),
                ("chip", sorted(kind.chips) or None),
                ("model", kind.model),
                ("server", kind.server),
                ("memory", kind.memory),
                ("driver", kind.driver),
                ("firmware", kind.firmware),
            )
            if value is not None
        },
        "taints": [taint._asdict() for taint in kind.taints],
        "devices": [_device(node, name, number, tables, in_use) for name, number in kind.devices],
        "runtimes": {
            "compatible": list(by_verdict.get("Compatible", ())),
            "unknown": list(by_verdict.get("Unknown", ())),
        },
    }


def _device(node: NodeFacts, name: str, number: int, tables: Tables, in_use: Used | None) -> Json:
    device: Json = {"resource": name, "form": form(name, tables), "allocatable": number}
    if in_use is None:
        return device
    held = in_use.get(node.name, {})
    return device | {"inUse": held.get(name, 0), "free": free(node.kind, name, held)}
