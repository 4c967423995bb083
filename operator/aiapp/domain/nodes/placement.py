"""How a pod is sent to nodes that fit: affinity by labels, tolerations, the NPU resource. Never names a node."""

from collections import Counter
from dataclasses import dataclass

from aiapp.domain.nodes.compatibility import Fleet, Requirement, against, resources
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.resources import Json

PREFERENCE_WEIGHT = 100


@dataclass(frozen=True, slots=True)
class Placement:
    """What a pod template says about nodes."""

    node_affinity: Json | None
    tolerations: tuple[Json, ...] = ()
    npu_resource: str | None = None
    npu_count: int = 0


def placement(needed: Requirement, fleet: Fleet, tables: Tables) -> Placement:
    """Excludes what a label shows to be unfit, prefers what a label shows to fit, lets future nodes of the kind in."""
    if needed.runtime is None:
        return Placement(None)
    required = [_term("kubernetes.io/arch", "In", [needed.runtime.architecture])]
    if not needed.npu_count:
        return Placement(_affinity(required, _away_from_npus(tables)))
    resource = _resource(needed, fleet, tables)
    return Placement(
        _affinity(
            [*required, *_other_chips(needed, tables), *_unfit_drivers(needed, fleet, tables)],
            _own_chip(needed, tables),
        ),
        ({"key": resource, "operator": "Exists"},),
        resource,
        needed.npu_count,
    )


def _affinity(required: list[Json], preferred: list[list[Json]]) -> Json:
    """`preferred`: alternatives, each a list of terms that must hold together."""
    affinity: Json = {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": required}]}
    }
    if preferred:
        affinity["preferredDuringSchedulingIgnoredDuringExecution"] = [
            {"weight": PREFERENCE_WEIGHT, "preference": {"matchExpressions": terms}} for terms in preferred
        ]
    return affinity


def _term(key: str, operator: str, values: list[str] | None = None) -> Json:
    term: Json = {"key": key, "operator": operator}
    return term if values is None else term | {"values": values}


def _away_from_npus(tables: Tables) -> list[list[Json]]:
    """NPU nodes are dear: a CPU pod takes one only when no other is free."""
    return [[_term(key, "DoesNotExist") for key in (*tables.labels.chip, *tables.labels.accelerator)]]


def _other_chips(needed: Requirement, tables: Tables) -> list[Json]:
    """`NotIn` also matches nodes without the label: those may fit."""
    if needed.chip is None:
        return []
    others = sorted({name for chip in tables.chips if chip.id != needed.chip.id for name in chip.names})
    return [_term(key, "NotIn", others) for key in tables.labels.chip]


def _own_chip(needed: Requirement, tables: Tables) -> list[list[Json]]:
    if needed.chip is None:
        return []
    return [[_term(key, "In", sorted(needed.chip.names))] for key in tables.labels.chip]


def _unfit_drivers(needed: Requirement, fleet: Fleet, tables: Tables) -> list[Json]:
    """Drivers of the fleet that make an otherwise fitting node unfit."""
    unfit: dict[str, set[str]] = {}
    for node in fleet:
        if _only_driver_hinders(needed, node, tables):
            key, value = next((key, value) for key in tables.labels.driver if (value := node.label(key)) is not None)
            unfit.setdefault(key, set()).add(value)
    return [_term(key, "NotIn", sorted(unfit[key])) for key in sorted(unfit)]


def _only_driver_hinders(needed: Requirement, node: NodeFacts, tables: Tables) -> bool:
    found = against(needed, node, tables)
    return found is not None and found.certain and found.reason in {"CannTooNew", "CannTooOld"}


def _resource(needed: Requirement, fleet: Fleet, tables: Tables) -> str:
    """The one that most nodes which may fit offer; without such nodes the usual one of the chip."""
    names = resources(needed, tables)
    offered = Counter(
        name
        for node in fleet
        if (found := against(needed, node, tables)) is None or not found.certain
        for name in names
        if node.allocatable(name)
    )
    return max(names, key=lambda name: (offered[name], -names.index(name)))
