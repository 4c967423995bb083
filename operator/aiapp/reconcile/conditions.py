"""Findings to conditions, and the Events that tell of a change. Shared by the reconcilers of all kinds."""

from collections.abc import Iterable
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Condition
from aiapp.domain.conditions import Finding, State
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.printable import printable
from aiapp.domain.records import find
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


UNTOLD: Final = frozenset({Reason.VERSION_NOT_READY, Reason.VERSION_NOT_FOUND})
"""Passing states of an application whose version tells its own story."""
CALM: Final = frozenset({Reason.DEPLOYING, Reason.WAITING_FOR_NODES})
"""Reasons for which the operator waits as it should."""


def tell_change(recorder: Recorder, about: Json, before: Iterable[Condition], ready: Finding) -> None:
    """An Event when Ready came to another status or reason; faults are warnings."""
    told = find(before, ConditionType.READY)
    unchanged = told is not None and (told.status, told.reason) == (ready.state.value, ready.reason.value)
    if unchanged or ready.reason in UNTOLD:
        return
    kind: EventType = "Warning" if ready.state is State.FALSE and ready.reason not in CALM else "Normal"
    recorder.event(about, kind, ready.reason, ready.message)
