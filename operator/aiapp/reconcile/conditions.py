"""Findings to conditions, and the Events that tell of a change. Shared by the reconcilers of all kinds."""

from collections.abc import Iterable, Sequence
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Condition
from aiapp.domain.conditions import Finding, State
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.printable import printable
from aiapp.ports import EventType, Recorder

LONGEST_MESSAGE: Final = 32768
"""Characters that the schema of a condition takes."""


def conditions(findings: Iterable[Finding], generation: int) -> list[Json]:
    """Conditions without times, as `Cluster.write_status` takes them."""
    return [
        {
            "type": finding.type.value,
            "status": finding.state.value,
            "reason": finding.reason.value,
            "message": printable(finding.message, LONGEST_MESSAGE),
            "observedGeneration": generation,
        }
        for finding in findings
    ]


UNTOLD: Final = frozenset({Reason.VERSION_NOT_READY})
"""Passing states of an application whose version has Events of its own."""
CALM: Final = frozenset({Reason.DEPLOYING, Reason.WAITING_FOR_NODES})
"""Reasons for which the operator waits as it should."""
BESIDE_READY: Final = frozenset(
    {
        ConditionType.RUNTIME_COMPATIBLE,
        ConditionType.RUNTIME_SUPPORTED,
        ConditionType.SOURCE_UNCHANGED,
        ConditionType.NODES_AVAILABLE,
        ConditionType.TRAFFIC_SPLIT,
    }
)
"""Conditions that are no part of Ready: becoming False is an Event, and so is the end of it."""


def tell_changes(recorder: Recorder, about: Json, before: Iterable[Condition], findings: Sequence[Finding]) -> None:
    """Events for what came to another status or reason; faults are warnings. `findings` has Ready."""
    known = {condition.type: condition for condition in before}
    ready = next(finding for finding in findings if finding.type is ConditionType.READY)
    for finding in findings:
        last = known.get(finding.type)
        is_same = last is not None and (last.status, last.reason) == (finding.state.value, finding.reason.value)
        if not is_same and _is_worth_telling(finding, last, ready):
            recorder.event(about, _kind(finding), finding.reason, finding.message)


def _is_worth_telling(finding: Finding, last: Condition | None, ready: Finding) -> bool:
    if finding.type is ConditionType.READY:
        return finding.reason not in UNTOLD
    if finding.type not in BESIDE_READY or (finding.state, finding.reason) == (ready.state, ready.reason):
        return False
    if finding.type is ConditionType.TRAFFIC_SPLIT and ready.state is not State.TRUE:
        return False  # while versions come and go the shares are never those of the spec
    was_false = last is not None and last.status == State.FALSE.value
    return _is_fault(finding) or (finding.state is State.TRUE and was_false)


def _kind(finding: Finding) -> EventType:
    return "Warning" if _is_fault(finding) and finding.reason not in CALM else "Normal"


def _is_fault(finding: Finding) -> bool:
    return finding.state is State.FALSE or finding.reason is Reason.MANIFEST_MISSING
