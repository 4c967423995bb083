"""Which changes of conditions become Kubernetes Events. Pure; never sends one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Condition
from aiapp.domain.conditions import Finding, State

EventType = Literal["Normal", "Warning"]


class Event(NamedTuple):
    """One Event about an object."""

    type: EventType
    reason: Reason
    message: str


SILENT: Final = frozenset({Reason.VERSION_NOT_READY})
"""Reasons without an Event: passing states of an application whose version has Events of its own."""
CALM: Final = frozenset(
    {
        Reason.DEPLOYING,
        Reason.WAITING_FOR_NODES,
        Reason.STOPPING,
        Reason.IN_PLACE,
        Reason.ROLLOUT_PROGRESSING,
        Reason.ROLLOUT_PAUSED,
        Reason.AWAITING_APPROVAL,
    }
)
"""Reasons for which the operator waits as it should."""
BESIDE_READY: Final = frozenset(
    {
        ConditionType.RUNTIME_COMPATIBLE,
        ConditionType.RUNTIME_SUPPORTED,
        ConditionType.SOURCE_UNCHANGED,
        ConditionType.NODES_AVAILABLE,
        ConditionType.TRAFFIC_SPLIT,
        ConditionType.SURGING,
    }
)
"""Conditions that are no part of Ready: becoming False is an Event, and so is the end of it."""
_HOLDS: Final[Mapping[ConditionType, str]] = {
    ConditionType.SOURCE_RESOLVED: "what spec.source names is there",
    ConditionType.PACKAGE_VALID: "the package follows all rules",
    ConditionType.TRAFFIC_SPLIT: "the traffic is split as spec.serving asks for",
    ConditionType.NODES_AVAILABLE: "every version that is served has a node that it fits",
}
"""What is told of conditions that are True and have nothing more to say."""


def changes(before: Iterable[Condition], findings: Sequence[Finding]) -> list[Event]:
    """The Events of conditions with another status or reason than before; faults are warnings. `findings` has Ready."""
    known = {condition.type: condition for condition in before}
    ready = next(finding for finding in findings if finding.type is ConditionType.READY)
    return [
        Event(_kind(finding), finding.reason, words(finding))
        for finding in findings
        if _is_news(finding, known.get(finding.type), ready, known.get(ConditionType.READY))
    ]


def words(finding: Finding) -> str:
    """What an Event about it says, for people; the message of a condition may be empty."""
    if finding.message:
        return finding.message
    said = _HOLDS.get(finding.type) if finding.state is State.TRUE else None
    return said or f"{finding.type} is {finding.state}"


def _is_news(finding: Finding, last: Condition | None, ready: Finding, last_ready: Condition | None) -> bool:
    if last is not None and (last.status, last.reason) == (finding.state.value, finding.reason.value):
        return False
    if finding.type is ConditionType.READY:
        return finding.reason not in SILENT
    if finding.type not in BESIDE_READY or (finding.state, finding.reason) == (ready.state, ready.reason):
        return False
    was_false = last is not None and last.status == State.FALSE.value
    if finding.type is ConditionType.TRAFFIC_SPLIT:  # while versions come and go the shares are never those of the spec
        was_told = last_ready is not None and last_ready.status == State.TRUE.value
        return ready.state is State.TRUE and (_is_fault(finding) or (was_false and was_told))
    return _is_fault(finding) or (finding.state is State.TRUE and was_false)


def _kind(finding: Finding) -> EventType:
    return "Warning" if _is_fault(finding) and finding.reason not in CALM else "Normal"


def _is_fault(finding: Finding) -> bool:
    return finding.state is State.FALSE or finding.reason is Reason.MANIFEST_MISSING
