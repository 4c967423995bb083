"""Where a version can run: for each node the first reason against it, the verdict over all, and what nearly fits.

Free NPUs are not part of it: they would rewrite every version whenever a pod starts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final, Literal, NamedTuple, get_args

from aiapp.api.conditions import Reason
from aiapp.domain.nodes.checks import Mismatch, findings, first, note
from aiapp.domain.nodes.inventory import Group
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.tables import Tables

EXAMPLES: Final = 3
NEAR_FITS: Final = 8
NOTES: Final = 3
DETAILED: Final = frozenset(
    {
        Reason.CANN_TOO_NEW,
        Reason.CANN_TOO_OLD,
        Reason.NPU_COUNT_IMPOSSIBLE,
        Reason.DTYPE_UNSUPPORTED,
        Reason.MEMORY_TOO_SMALL,
        Reason.SELECTOR_MISMATCH,
        Reason.FACTS_MISSING,
    }
)
"""Reasons whose details are part of the message; the others need none."""

VerdictValue = Literal["Compatible", "Incompatible", "Unknown"]
VERDICTS: Final[tuple[VerdictValue, ...]] = get_args(VerdictValue)


class Judged(NamedTuple):
    """A kind of nodes and its mismatches."""

    group: Group
    mismatches: tuple[Mismatch, ...]
    note: str = ""
    """What a user should know of it though it fits."""

    @property
    def against(self) -> Mismatch | None:
        """The reason that counts; None: it fits."""
        return first(self.mismatches)

    @property
    def verdict(self) -> VerdictValue:
        against = self.against
        return "Compatible" if against is None else "Incompatible" if against.certain else "Unknown"


@dataclass(frozen=True, slots=True)
class ReasonSummary:
    """Nodes with the same first reason."""

    reason: Reason
    nodes: int
    examples: tuple[str, ...]
    detail: str = ""
    """Of most of them."""


@dataclass(frozen=True, slots=True)
class NearFitSummary:
    """Nodes that miss by exactly one thing, the same for all of them."""

    missing: Reason
    nodes: int
    examples: tuple[str, ...]
    remedy: str
    """What would fix it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The compatibility of a version, known before any pod exists."""

    verdict: VerdictValue
    nodes: int
    compatible: int
    reasons: tuple[ReasonSummary, ...]
    near_fits: tuple[NearFitSummary, ...] = ()
    notes: tuple[str, ...] = ()
    """What a user should know of nodes that fit, each with the first of their names."""

    @property
    def message(self) -> str:
        """For example: `1 of 4 nodes fits; 2 ArchitectureMismatch (cpu-1, cpu-2), 1 CannTooOld (npu-7: driver ...)`."""
        if not self.nodes:
            return "no nodes to judge by: the cluster has none, or the operator may not list them"
        fits = f"{self.compatible} of {self.nodes} nodes {'fits' if self.compatible == 1 else 'fit'}"
        others = ", ".join(f"{r.nodes} {r.reason} ({_named(r)})" for r in self.reasons)
        warnings = (f"warning: {note}" for note in self.notes)
        return "; ".join(filter(None, (fits, others, *warnings)))


def judged(needed: Requirement, groups: Iterable[Group], tables: Tables) -> tuple[Judged, ...]:
    """Every kind of node, grouped by the labels too that are demanded."""
    return tuple(_judged(needed, group, tables) for group in groups)


def _judged(needed: Requirement, group: Group, tables: Tables) -> Judged:
    found = findings(needed, group.kind, tables)
    return Judged(group, found, "" if found else note(needed, group.kind, tables))


def summary(kinds: Sequence[Judged]) -> Verdict:
    """The verdict over kinds of nodes."""
    words = {kind.verdict for kind in kinds}
    value: VerdictValue = "Incompatible" if words == {"Incompatible"} else "Unknown"
    fitting = sum(len(kind.group.names) for kind in kinds if not kind.mismatches)
    return Verdict(
        "Compatible" if fitting else value,
        sum(len(kind.group.names) for kind in kinds),
        fitting,
        _reasons(kinds),
        _near_fits(kinds),
        _notes(kinds),
    )


def _reasons(kinds: Iterable[Judged]) -> tuple[ReasonSummary, ...]:
    found: dict[Reason, list[Judged]] = defaultdict(list)
    details: dict[Reason, Counter[str]] = defaultdict(Counter)
    for kind in kinds:
        if (against := kind.against) is not None:
            found[against.reason].append(kind)
            details[against.reason][against.detail] += len(kind.group.names)
    counts = [ReasonSummary(reason, *_together(alike), _usual(details[reason])) for reason, alike in found.items()]
    return tuple(sorted(counts, key=lambda count: (-count.nodes, count.reason)))


def _near_fits(kinds: Iterable[Judged]) -> tuple[NearFitSummary, ...]:
    """Most nodes first; nodes that nothing would fix are left out."""
    found: dict[tuple[Reason, str], list[Judged]] = defaultdict(list)
    for kind in kinds:
        if len(kind.mismatches) == 1 and kind.mismatches[0].remedy:
            found[kind.mismatches[0].reason, kind.mismatches[0].remedy].append(kind)
    near = [NearFitSummary(reason, *_together(alike), remedy) for (reason, remedy), alike in found.items()]
    return tuple(sorted(near, key=lambda one: (-one.nodes, one.missing, one.remedy))[:NEAR_FITS])


def _notes(kinds: Iterable[Judged]) -> tuple[str, ...]:
    """Most nodes first."""
    found: dict[str, list[Judged]] = defaultdict(list)
    for kind in kinds:
        if kind.note and not kind.mismatches:
            found[kind.note].append(kind)
    notes = [(*_together(alike), text) for text, alike in found.items()]
    notes.sort(key=lambda one: (-one[0], one[2]))
    return tuple(
        f"{text} ({', '.join(names)}{', ...' if nodes > len(names) else ''})" for nodes, names, text in notes[:NOTES]
    )


def _together(kinds: Sequence[Judged]) -> tuple[int, tuple[str, ...]]:
    """How many nodes, and the first of their names; those of a kind are in order already."""
    names = (name for kind in kinds for name in kind.group.names[:EXAMPLES])
    return sum(len(kind.group.names) for kind in kinds), tuple(nsmallest(EXAMPLES, names))


def _usual(details: Counter[str]) -> str:
    return min(details, key=lambda detail: (-details[detail], detail))


def _named(count: ReasonSummary) -> str:
    names = ", ".join(count.examples) + (", ..." if count.nodes > len(count.examples) else "")
    return f"{names}: {count.detail}" if count.reason in DETAILED and count.detail else names
