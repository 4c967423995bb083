"""Where a version can run: for each node the first reason against it, and the verdict over all of them.

Free NPUs are not part of it: they would rewrite every version whenever a pod starts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.nodes.cann import window
from aiapp.domain.nodes.facts import GPU_RESOURCE, NodeFacts, Taint
from aiapp.domain.nodes.tables import Chip, Tables
from aiapp.domain.runtime_name import RuntimeName, RuntimeNameError, parse

EXAMPLES: Final = 3

Fleet = Sequence[NodeFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a version asks of a node."""

    runtime: RuntimeName | None
    """None: the runtime's name says nothing, so nothing can be judged."""
    chip: Chip | None = None
    chip_stated: bool = True
    """False: the chip is deduced from the name, so another one is not refused."""
    npu_count: int = 0
    npu_resource: str | None = None
    """None: whatever the node offers of the chip."""
    tolerated: tuple[Taint, ...] = ()
    """Taints beside the NPU resource's own; an empty key, value or effect stands for all."""


class Against(NamedTuple):
    """Why a node does not fit, or (`certain` False) cannot be said to fit."""

    reason: Reason
    certain: bool


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """Nodes with the same first reason."""

    reason: Reason
    nodes: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a version before any pod exists."""

    verdict: Literal["Compatible", "Incompatible", "Unknown"]
    nodes: int
    compatible: int
    reasons: tuple[ReasonCount, ...]

    @property
    def message(self) -> str:
        """For example: `1 of 4 nodes fits; 2 ArchitectureMismatch (cpu-1, cpu-2), 1 CannTooOld (npu-7)`."""
        if not self.nodes:
            return "the cluster has no nodes to judge by"
        fits = f"{self.compatible} of {self.nodes} nodes {'fits' if self.compatible == 1 else 'fit'}"
        others = ", ".join(f"{r.nodes} {r.reason} ({_named(r)})" for r in self.reasons)
        return f"{fits}; {others}" if others else fits


def requirement(name: str, npu: Npu | None, tables: Tables, tolerated: Iterable[Taint] = ()) -> Requirement:
    """From a runtime's name and the NPUs that are asked for; CANN without a number means one."""
    try:
        runtime = parse(name)
    except RuntimeNameError:
        return Requirement(runtime=None)
    if runtime.hardware.kind != "CANN":
        return Requirement(runtime=runtime, tolerated=tuple(tolerated))
    chip, stated = _chip(runtime, tables)
    return Requirement(
        runtime=runtime,
        chip=chip,
        chip_stated=stated,
        npu_count=npu.count if npu else 1,
        npu_resource=npu.resource_name if npu else None,
        tolerated=tuple(tolerated),
    )


def wanted_npu(asked: Npu | None, runtime: RuntimeSpec | None) -> Npu | None:
    """What was asked for; the runtime may name the resource where nobody else does."""
    if runtime is None or runtime.npu_resource_name is None or (asked is not None and asked.resource_name is not None):
        return asked
    return Npu(count=asked.count if asked else 1, resource_name=runtime.npu_resource_name)


def _chip(runtime: RuntimeName, tables: Tables) -> tuple[Chip | None, bool]:
    """The family that the runtime was made for, and whether a document says so."""
    if runtime.chip is not None:
        chip = tables.of_token(runtime.chip)
        return chip, chip is not None and runtime.chip not in chip.deduced
    if runtime.architecture != tables.unnamed.architecture:
        return None, False
    return tables.by_id[tables.unnamed.chip], runtime.hardware.version in tables.unnamed.stated


def may_use_npu_nodes(needed: Requirement, tables: Tables) -> bool:
    """CPU pods stay off nodes with NPUs as if those were tainted with the NPU resource; a toleration lets them in."""
    return any(_covers(wish, Taint(name, "", "NoSchedule")) for name in tables.resources for wish in needed.tolerated)


Check = Callable[[Requirement, RuntimeName, NodeFacts, Tables], Against | None]


def has_architecture(_: Requirement, runtime: RuntimeName, node: NodeFacts, __: Tables) -> Against | None:
    if node.architecture is None:
        return Against(Reason.FACTS_MISSING, certain=False)
    if node.architecture != runtime.architecture:
        return Against(Reason.ARCHITECTURE_MISMATCH, certain=True)
    return None


def has_hardware(needed: Requirement, runtime: RuntimeName, node: NodeFacts, tables: Tables) -> Against | None:
    match runtime.hardware.kind:
        case "CPU":
            suits = not node.chips or may_use_npu_nodes(needed, tables)
        case "CUDA":
            suits = node.allocatable(GPU_RESOURCE) > 0
        case "CANN":
            suits = bool(node.chips) or node.allocatable(needed.npu_resource or "") > 0
    return None if suits else Against(Reason.HARDWARE_MISSING, certain=True)


def has_chip(needed: Requirement, _: RuntimeName, node: NodeFacts, __: Tables) -> Against | None:
    if needed.chip is None:
        return None
    if node.chips and needed.chip.id not in node.chips:
        return Against(Reason.CHIP_MISMATCH, certain=needed.chip_stated)
    return None if len(node.chips) == 1 else Against(Reason.FACTS_MISSING, certain=False)


def has_npus(needed: Requirement, _: RuntimeName, node: NodeFacts, tables: Tables) -> Against | None:
    if not needed.npu_count:
        return None
    offered = [node.allocatable(name) for name in resources(needed, tables)]
    if not any(offered):
        return Against(Reason.NPU_RESOURCE_MISSING, certain=True)
    if max(offered) < needed.npu_count:
        return Against(Reason.NPU_COUNT_IMPOSSIBLE, certain=True)
    return None if _is_permitted(needed, tables) else Against(Reason.NPU_COUNT_IMPOSSIBLE, certain=needed.chip_stated)


def _is_permitted(needed: Requirement, tables: Tables) -> bool:
    if needed.npu_resource is not None and tables.is_part(needed.npu_resource):
        return needed.npu_count == 1
    return needed.chip is None or needed.chip.counts.permit(needed.npu_count)


def has_driver(_: Requirement, runtime: RuntimeName, node: NodeFacts, tables: Tables) -> Against | None:
    if runtime.hardware.kind != "CANN" or runtime.hardware.version is None:
        return None
    if node.driver is None:
        return Against(Reason.FACTS_MISSING, certain=False)
    judged = window(runtime.hardware.version, node.driver, tables)
    return None if judged.reason is None else Against(judged.reason, certain=judged.verdict == "Incompatible")


def is_ready(_: Requirement, __: RuntimeName, node: NodeFacts, ___: Tables) -> Against | None:
    return None if node.ready else Against(Reason.NODE_NOT_READY, certain=True)


def is_tolerated(needed: Requirement, _: RuntimeName, node: NodeFacts, tables: Tables) -> Against | None:
    own = set(resources(needed, tables))
    keeps = [t for t in node.taints if t.key not in own and not any(_covers(w, t) for w in needed.tolerated)]
    return Against(Reason.TAINTED, certain=True) if keeps else None


CHECKS: Final[tuple[Check, ...]] = (
    has_architecture,
    has_hardware,
    has_chip,
    has_npus,
    has_driver,
    is_ready,
    is_tolerated,
)
"""In the order in which a node's reason is chosen; what is lasting comes before what passes."""


def against(needed: Requirement, node: NodeFacts, tables: Tables) -> Against | None:
    """The first certain reason against the node, else the first uncertain one, else None: it fits."""
    runtime = needed.runtime
    if runtime is None:
        return Against(Reason.FACTS_MISSING, certain=False)
    found = [reason for check in CHECKS if (reason := check(needed, runtime, node, tables)) is not None]
    return next((reason for reason in found if reason.certain), next(iter(found), None))


def resources(needed: Requirement, tables: Tables) -> tuple[str, ...]:
    """Extended resources that would do; the usual one first."""
    if needed.npu_resource is not None:
        return (needed.npu_resource,)
    if not needed.npu_count:
        return ()
    return needed.chip.resources if needed.chip else tuple(sorted(tables.resources))


def verdict(needed: Requirement, fleet: Fleet, tables: Tables) -> Verdict:
    """Over all nodes. Nodes that differ in nothing but their name are judged once."""
    groups: dict[Against | None, list[str]] = defaultdict(list)
    for kind, names in kinds(fleet).items():
        groups[against(needed, kind, tables)] += names
    fitting = len(groups.pop(None, ()))
    uncertain = any(not reason.certain for reason in groups if reason is not None)
    word: Literal["Compatible", "Incompatible", "Unknown"] = "Unknown" if uncertain or not fleet else "Incompatible"
    return Verdict("Compatible" if fitting else word, len(fleet), fitting, _counts(groups))


def kinds(fleet: Fleet) -> dict[NodeFacts, list[str]]:
    """Names of the nodes that differ in nothing else."""
    found: dict[NodeFacts, list[str]] = defaultdict(list)
    for node in fleet:
        found[node].append(node.name)
    return found


def _counts(groups: dict[Against | None, list[str]]) -> tuple[ReasonCount, ...]:
    by_reason: dict[Reason, list[str]] = defaultdict(list)
    for reason, names in groups.items():
        assert reason is not None
        by_reason[reason.reason] += names
    counts = [ReasonCount(reason, len(n), tuple(sorted(n)[:EXAMPLES])) for reason, n in by_reason.items()]
    return tuple(sorted(counts, key=lambda count: (-count.nodes, count.reason)))


def _named(count: ReasonCount) -> str:
    return ", ".join(count.examples) + (", ..." if count.nodes > len(count.examples) else "")


def _covers(tolerated: Taint, taint: Taint) -> bool:
    pairs = zip((tolerated.key, tolerated.value, tolerated.effect), (taint.key, taint.value, taint.effect), strict=True)
    return all(not wanted or wanted == found for wanted, found in pairs)
