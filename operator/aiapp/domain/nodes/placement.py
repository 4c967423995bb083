"""How a pod is sent to nodes that fit: affinity by labels, tolerations, the NPU resource. Never names a node."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.nodes.compatibility import Against, Fleet, Requirement, against, kinds, may_use_npu_nodes, resources
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.resources import Json

PREFERENCE_WEIGHT: Final = 100


@dataclass(frozen=True, slots=True)
class Placement:
    """What a pod template says about nodes."""

    node_affinity: Json | None
    tolerations: tuple[Json, ...] = ()
    npu_resource: str | None = None
    npu_count: int = 0


class _Fleet(NamedTuple):
    """Kinds of nodes with their numbers, and what stands against each."""

    counts: Mapping[NodeFacts, int]
    against: Mapping[NodeFacts, Against | None]

    def may_fit(self, node: NodeFacts) -> bool:
        found = self.against[node]
        return found is None or not found.certain

    def unfit(self, *reasons: Reason) -> list[NodeFacts]:
        return [node for node, found in self.against.items() if found and found.certain and found.reason in reasons]


def placement(needed: Requirement, fleet: Fleet, tables: Tables) -> Placement:
    """Excludes what a label shows to be unfit, prefers what a label shows to fit, lets future nodes of the kind in."""
    if needed.runtime is None:
        return Placement(None)
    found = {node: len(names) for node, names in kinds(fleet).items()}
    judged = _Fleet(found, {node: against(needed, node, tables) for node in found})
    required = [_term("kubernetes.io/arch", "In", [needed.runtime.architecture])]
    if not needed.npu_count:
        return Placement(_affinity([*required, *_away_from_npus(needed, judged, tables)], []))
    resource = _resource(needed, judged, tables)
    return Placement(
        _affinity(
            [*required, *_other_chips(needed, judged, tables), *_unfit_drivers(judged, tables)],
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


def _excluded(nodes: Iterable[NodeFacts], keys: tuple[str, ...], fleet: _Fleet) -> list[Json]:
    """One term for each key by which these nodes show themselves; a label that a fitting node has excludes nothing.

    `NotIn` also matches nodes without the label.
    """
    spared = {(key, node.label(key)) for node in fleet.against if fleet.may_fit(node) for key in keys}
    shown: dict[str, set[str]] = {}
    for node in nodes:
        key = next((key for key in keys if node.label(key)), "")
        value = node.label(key)
        if value and (key, value) not in spared:
            shown.setdefault(key, set()).add(value)
    return [_term(key, "NotIn", sorted(shown[key])) for key in sorted(shown)]


def _without_chip_label(nodes: Iterable[NodeFacts], tables: Tables) -> list[NodeFacts]:
    return [node for node in nodes if not any(node.label(key) for key in tables.labels.chip)]


def _away_from_npus(needed: Requirement, fleet: _Fleet, tables: Tables) -> list[Json]:
    """NPU nodes are dear. The plugin's labels are excluded before such nodes exist, others once they are seen."""
    assert needed.runtime is not None
    if needed.runtime.hardware.kind != "CPU" or may_use_npu_nodes(needed, tables):
        return []
    others = _without_chip_label(fleet.unfit(Reason.HARDWARE_MISSING), tables)
    keys = (*tables.labels.server, *tables.labels.accelerator, *tables.labels.present)
    return [*(_term(key, "DoesNotExist") for key in tables.labels.chip), *_excluded(others, keys, fleet)]


def _other_chips(needed: Requirement, fleet: _Fleet, tables: Tables) -> list[Json]:
    """By the chip label; where a node has none, by its server type."""
    if needed.chip is None or not needed.chip_stated:
        return []
    others = sorted({name for chip in tables.chips if chip.id != needed.chip.id for name in chip.names})
    unlabelled = _without_chip_label(fleet.unfit(Reason.CHIP_MISMATCH), tables)
    return [
        *(_term(key, "NotIn", others) for key in tables.labels.chip),
        *_excluded(unlabelled, tables.labels.server, fleet),
    ]


def _own_chip(needed: Requirement, tables: Tables) -> list[list[Json]]:
    if needed.chip is None:
        return []
    return [[_term(key, "In", sorted(needed.chip.names))] for key in tables.labels.chip]


def _unfit_drivers(fleet: _Fleet, tables: Tables) -> list[Json]:
    """Drivers of the fleet that make an otherwise fitting node unfit."""
    return _excluded(fleet.unfit(Reason.CANN_TOO_NEW, Reason.CANN_TOO_OLD), tables.labels.driver, fleet)


def _resource(needed: Requirement, fleet: _Fleet, tables: Tables) -> str:
    """The one that most nodes which may fit offer; without such nodes the usual one of the chip."""
    names = resources(needed, tables)
    offered: Counter[str] = Counter()
    for node, count in fleet.counts.items():
        if fleet.may_fit(node):
            offered.update({name: count for name in names if node.allocatable(name)})
    return max(names, key=lambda name: (offered[name], -names.index(name)))
