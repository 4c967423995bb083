"""How a pod is sent to nodes that fit: affinity by labels, tolerations, the device resource. Never names a node."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.compatibility import Judged
from aiapp.domain.nodes.facts import ARCHITECTURE_LABEL, OS_LABEL, NodeKind
from aiapp.domain.nodes.requirement import Requirement, may_use_npu_nodes, resources
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.nodes.usage import Used, free
from aiapp.domain.nodes.volcano import Grouping, grouping

PREFERENCE_WEIGHT: Final = 100
SCHEDULERS: Final = frozenset(
    {
        Reason.ARCHITECTURE_MISMATCH,
        Reason.NPU_RESOURCE_MISSING,
        Reason.SELECTOR_MISMATCH,
        Reason.NODE_NOT_READY,
        Reason.TAINTED,
    }
)
"""Reasons that the scheduler sees by itself in what every pod asks for."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What a pod template says about nodes."""

    node_affinity: Json | None
    tolerations: tuple[Json, ...] = ()
    resource: str | None = None
    devices: int = 0
    grouping: Grouping = field(default_factory=Grouping)


def placement(needed: Requirement, kinds: Sequence[Judged], tables: Tables) -> Placement:
    """Excludes what a label shows to be unfit, prefers what a label shows to fit, lets future nodes of the kind in.

    `kinds` are the nodes as they were judged for this very requirement.
    """
    if not needed.is_known:
        return Placement(None)
    required = [_architecture(needed.architectures, kinds), *_excluded(kinds, (OS_LABEL,), _runs_another_system)]
    if needed.hardware == "CPU":
        return Placement(_affinity([*required, *_away_from_npus(needed, kinds, tables)], []))
    resource = _resource(needed, kinds, tables)
    exclusions = [*_other_chips(needed, kinds, tables), *_unfit_servers(kinds, tables, needed.devices)]
    exclusions += _excluded(kinds, tables.labels.driver, _is_unfit_by_driver)
    exclusions += _excluded(kinds, (*tables.labels.memory, *tables.labels.chip), _for(Reason.MEMORY_TOO_SMALL))
    return Placement(
        _affinity([*required, *exclusions], _preferred(needed, kinds, tables)),
        tuple({"key": key, "operator": "Exists"} for key in (resource, *_tainted(needed, resource, kinds, tables))),
        resource,
        needed.devices,
        grouping(needed, resource, kinds, tables),
    )


def beyond_labels(
    kinds: Iterable[Judged], affinity: Json | None, resource: str | None, devices: int, demanded: Iterable[str] = ()
) -> tuple[Judged, ...]:
    """Unfit nodes to which the scheduler may send the pod all the same, since no label distinguishes them.

    `demanded` are the keys of labels that the user asks for: `kinds` were judged by these already.
    """
    own = frozenset(demanded)
    return tuple(
        kind
        for kind in kinds
        if kind.verdict == "Incompatible"
        and all(one.reason not in SCHEDULERS for one in kind.mismatches)
        and (resource is None or kind.group.kind.allocatable(resource) >= devices)
        and admits(affinity, kind.group.kind, own)
    )


def admits(affinity: Json | None, kind: NodeKind, demanded: frozenset[str] = frozenset()) -> bool:
    """Whether required node affinity of ours lets nodes of the kind in; terms with `demanded` keys are the user's."""
    demand = (affinity or {}).get("requiredDuringSchedulingIgnoredDuringExecution", {})
    terms = demand.get("nodeSelectorTerms", ())
    return not terms or any(
        all(one["key"] in demanded or _holds(one, kind) for one in term.get("matchExpressions", ())) for term in terms
    )


def free_devices(kinds: Iterable[Judged], resource: str, in_use: Used) -> tuple[tuple[str, int], ...]:
    """Nodes that fit or may fit and their free devices, by name."""
    found = [
        (name, free(kind.group.kind, resource, in_use.get(name, {})))
        for kind in kinds
        if kind.verdict != "Incompatible"
        for name in kind.group.names
    ]
    return tuple(sorted(found))


def _holds(term: Json, kind: NodeKind) -> bool:
    value = kind.label(term["key"])
    match term["operator"]:
        case "In":
            return value in term["values"]
        case "NotIn":
            return value not in term["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None


def _architecture(wanted: frozenset[str], kinds: Sequence[Judged]) -> Json:
    """The kubelet sets the label; where a node that may fit lacks it, the others are excluded instead."""
    if all(kind.group.kind.label(ARCHITECTURE_LABEL) for kind in kinds if kind.verdict != "Incompatible"):
        return _term(ARCHITECTURE_LABEL, "In", sorted(wanted))
    others = {kind.group.kind.label(ARCHITECTURE_LABEL) for kind in kinds} - wanted
    return _term(ARCHITECTURE_LABEL, "NotIn", sorted(filter(None, others | _ARCHITECTURES - wanted)))


_ARCHITECTURES: Final = frozenset({"amd64", "arm64"})


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


def _excluded(kinds: Sequence[Judged], keys: tuple[str, ...], unfit: Callable[[Judged], bool]) -> list[Json]:
    """One term for each key by which these nodes show themselves; a label that a fitting node has excludes nothing.

    `NotIn` also matches nodes without the label.
    """
    spared = {(key, k.group.kind.label(key)) for k in kinds if k.verdict != "Incompatible" for key in keys}
    shown: dict[str, set[str]] = {}
    for kind in kinds:
        key = next((key for key in keys if kind.group.kind.label(key)), "")
        value = kind.group.kind.label(key)
        if unfit(kind) and value and (key, value) not in spared:
            shown.setdefault(key, set()).add(value)
    return [_term(key, "NotIn", sorted(shown[key])) for key in sorted(shown)]


def _for(*reasons: Reason) -> Callable[[Judged], bool]:
    """Whether one of these is a certain mismatch of nodes, be it the first or not."""
    return lambda kind: any(found.certain and found.reason in reasons for found in kind.mismatches)


_runs_another_system: Final = _for(Reason.OPERATING_SYSTEM_MISMATCH)


def _unlabelled(tables: Tables, reason: Reason) -> Callable[[Judged], bool]:
    """As `_for`, of nodes without a chip label."""
    stands = _for(reason)
    return lambda kind: stands(kind) and not any(kind.group.kind.label(key) for key in tables.labels.chip)


def _away_from_npus(needed: Requirement, kinds: Sequence[Judged], tables: Tables) -> list[Json]:
    """NPU nodes are dear. The plugin's labels are excluded before such nodes exist, others once they are seen."""
    if may_use_npu_nodes(needed, tables):
        return []
    keys = (*tables.labels.server, *tables.labels.accelerator, *tables.labels.present)
    others = _excluded(kinds, keys, _unlabelled(tables, Reason.HARDWARE_MISSING))
    return [*(_term(key, "DoesNotExist") for key in tables.labels.chip), *others]


def _other_chips(needed: Requirement, kinds: Sequence[Judged], tables: Tables) -> list[Json]:
    """By the chip label; where a node has none, by its server type."""
    if not needed.chips or not needed.chips_stated:
        return []
    others = sorted({name for chip in tables.chips if chip not in needed.chips for name in chip.names})
    return [
        *(_term(key, "NotIn", others) for key in tables.labels.chip),
        *_excluded(kinds, tables.labels.server, _unlabelled(tables, Reason.CHIP_MISMATCH)),
    ]


def _unfit_servers(kinds: Sequence[Judged], tables: Tables, devices: int) -> list[Json]:
    """Servers that grant other numbers although they have enough."""
    refuses = _for(Reason.NPU_COUNT_IMPOSSIBLE)

    def has_enough(kind: Judged) -> bool:
        return refuses(kind) and any(number >= devices for _, number in kind.group.kind.devices)

    return _excluded(kinds, tables.labels.server, has_enough)


def _is_unfit_by_driver(kind: Judged) -> bool:
    against = kind.against
    return against is not None and against.certain and against.reason in {Reason.CANN_TOO_NEW, Reason.CANN_TOO_OLD}


def _preferred(needed: Requirement, kinds: Sequence[Judged], tables: Tables) -> list[list[Json]]:
    """The chip by its label; a driver that is known to fit, where there are nodes with others."""
    names = sorted({name for chip in needed.chips for name in chip.names})
    if not names:
        return []
    chips = [[_term(key, "In", names)] for key in tables.labels.chip]
    if {kind.verdict for kind in kinds} >= {"Compatible", "Unknown"}:
        chips += _known_drivers(kinds, tables)
    return chips


def _tainted(needed: Requirement, resource: str, kinds: Iterable[Judged], tables: Tables) -> list[str]:
    """Other names of the resource that the taints of nodes with it have, for example under HAMi."""
    others = {name for name in resources(needed, tables) if name != resource}
    offering = (
        kind.group.kind for kind in kinds if kind.verdict != "Incompatible" and resource in kind.group.kind.offers
    )
    return sorted({taint.key for kind in offering for taint in kind.taints} & others)


def _known_drivers(kinds: Iterable[Judged], tables: Tables) -> list[list[Json]]:
    shown: Mapping[str, set[str]] = {key: set() for key in tables.labels.driver}
    for kind in kinds:
        key = next((key for key in tables.labels.driver if kind.group.kind.label(key)), None)
        if kind.verdict == "Compatible" and key is not None:
            shown[key].add(kind.group.kind.label(key) or "")
    return [[_term(key, "In", sorted(values))] for key, values in shown.items() if values]


def _resource(needed: Requirement, kinds: Iterable[Judged], tables: Tables) -> str:
    """The one that most nodes which fit offer in that number, then most which may fit; else the usual one."""
    names = resources(needed, tables)
    fits: Counter[str] = Counter()
    may: Counter[str] = Counter()
    for kind in kinds:
        offered = [name for name in names if kind.group.kind.allocatable(name) >= needed.devices]
        if kind.verdict != "Incompatible":
            (fits if kind.verdict == "Compatible" else may).update({name: len(kind.group.names) for name in offered})
    return max(names, key=lambda name: (fits[name], may[name], -names.index(name)))
