"""Conditions as findings: what is not as it should be, why, and what to do about it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Condition
from aiapp.domain.conditions import SUMMARIES
from aiapp.domain.details.remedies import remedy

_NEGATIVE: Final = frozenset({ConditionType.RECONCILING, ConditionType.STALLED})


@dataclass(frozen=True, slots=True)
class DetailedFinding:
    """One condition, and what to do about it."""

    type: str
    status: str
    """True, False or Unknown."""
    reason: str
    message: str
    since: datetime
    """When the status became what it is."""
    remedy: str | None
    """What to do; None where nothing is to be done, or the message says it already."""

    @property
    def is_fault(self) -> bool:
        """Whether it is no summary of others and does not hold."""
        return self.status != "True" and self.type not in SUMMARIES


def detailed(
    conditions: Iterable[Condition], application: str, remedies: Mapping[Reason, str]
) -> tuple[DetailedFinding, ...]:
    """Every condition, in the order of the status."""
    return tuple(_detailed(condition, application, remedies) for condition in conditions)


def ready(findings: Iterable[DetailedFinding]) -> DetailedFinding | None:
    """The summary; None before the operator has looked."""
    return next((one for one in findings if one.type == ConditionType.READY), None)


def _detailed(condition: Condition, application: str, remedies: Mapping[Reason, str]) -> DetailedFinding:
    wants = condition.status != "True" and condition.type not in _NEGATIVE
    found = remedy(condition.reason, application, of=remedies) if wants else None
    return DetailedFinding(
        type=condition.type,
        status=condition.status,
        reason=condition.reason,
        message=condition.message,
        since=condition.last_transition_time,
        remedy=None if found is None or condition.message.endswith(found) else found,
    )
