"""Findings and what they add up to: Ready, Reconciling, Stalled. Never looks at anything but the findings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Condition

SUMMARIES: Final = frozenset({ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED})
"""Conditions that say again what others say."""


class State(StrEnum):
    """Status of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition as a decision sees it: without times, which the report adds."""

    type: ConditionType
    state: State
    reason: Reason
    message: str = ""


class Trouble(NamedTuple):
    """Why something is not as it should be, in the words of the part that failed."""

    reason: Reason
    message: str


def holds(type_: ConditionType, message: str = "", reason: Reason = Reason.SUCCEEDED) -> Finding:
    return Finding(type_, State.TRUE, reason, message)


def fails(type_: ConditionType, reason: Reason, message: str) -> Finding:
    return Finding(type_, State.FALSE, reason, message)


def unknown(type_: ConditionType, reason: Reason, message: str) -> Finding:
    return Finding(type_, State.UNKNOWN, reason, message)


def as_recorded(type_: ConditionType, before: Condition) -> Finding:
    """The finding behind a stored condition. A newer operator may have given reasons that this one does not know."""
    state = State(before.status)
    try:
        reason = Reason(before.reason)
    except ValueError:
        reason = Reason.SUCCEEDED if state is State.TRUE else Reason.UNRECOGNIZED
    return Finding(type_, state, reason, before.message)


STALLING: Final = frozenset(
    {
        Reason.SECRET_NOT_FOUND,
        Reason.CREDENTIALS_DENIED,
        Reason.CA_BUNDLE_NOT_FOUND,
        Reason.CA_BUNDLE_INVALID,
        Reason.ENDPOINT_REFUSED,
        Reason.TLS_NOT_TRUSTED,
        Reason.ACCESS_DENIED,
        Reason.BUCKET_NOT_FOUND,
        Reason.OBJECT_ARCHIVED,
        Reason.PREFIX_EMPTY,
        Reason.LIMIT_EXCEEDED,
        Reason.KEY_REFUSED,
        Reason.CONFIG_MISSING,
        Reason.CONFIG_AMBIGUOUS,
        Reason.CONFIG_INVALID,
        Reason.MODEL_TYPE_UNSUPPORTED,
        Reason.MODEL_FILES_MISSING,
        Reason.MODEL_FILES_AMBIGUOUS,
        Reason.TEMPLATE_NOT_FOUND,
        Reason.TEMPLATE_INVALID,
        Reason.INPUT_MISSING,
        Reason.INPUT_UNKNOWN,
        Reason.TARGET_CONFLICT,
        Reason.MODE_NOT_OVERRIDABLE,
        Reason.DIGEST_MISMATCH,
        Reason.PIN_MISMATCH,
        Reason.SERVICE_CODE_MISSING,
        Reason.SERVICE_CODE_INVALID,
        Reason.IMAGE_NOT_FOUND,
        Reason.IMAGE_UNSUPPORTED,
        Reason.IMAGE_INCOMPLETE,
        Reason.PLATFORM_MISSING,
        Reason.TRAINING_JOB_FAILED,
        Reason.TRAINING_JOB_GONE,
        Reason.TRAINING_JOB_REPLACED,
        Reason.TRAINING_JOB_KIND_UNKNOWN,
        Reason.TRAINING_OUTPUT_UNKNOWN,
        Reason.EXEML_NOT_REGISTERED,
        Reason.EXEML_STORE_UNKNOWN,
        Reason.EXEML_RESTRICTED,
        Reason.TEMPLATE_NEEDED,
        Reason.RUNTIME_UNKNOWN,
        Reason.ENGINE_MISMATCH,
        Reason.RUNTIME_REMOVED,
        Reason.IMAGE_NOT_CONFIGURED,
        Reason.PARAMETER_MISSING,
        Reason.NAME_TAKEN,
        Reason.CONTENT_CHANGED,
        Reason.START_FAILED,
        Reason.REFERENCE_MISSING,
        Reason.QUOTA_EXCEEDED,
        Reason.POD_REFUSED,
        Reason.STORAGE_TOO_SMALL,
        Reason.WRITE_REFUSED,
        Reason.DEPLOY_TIMEOUT,
        Reason.PROBE_FAILING,
        Reason.STEP_FAILED,
        Reason.ROLLED_BACK,
        Reason.GATEWAY_API_MISSING,
        Reason.ROUTE_REFUSED,
        Reason.SPEC_INVALID,
        Reason.NAME_UNPARSED,
    }
)
"""Reasons that a user has to fix. They are tried again all the same; `Stalled` tells `kubectl wait`, Argo CD and
Flux that waiting alone will not help (kstatus)."""


def summarize(
    findings: Sequence[Finding], dependents: Iterable[ConditionType], ready_reason: Reason, ready_message: str = ""
) -> list[Finding]:
    """The findings, and after them Ready over `dependents`, and Stalled and Reconciling while they apply.

    Reason and message of Ready are those given when all hold (a message left out is that of the last that has one).
    In this order: of the two, kstatus believes the one that it meets first, and Reconciling means to wait on.
    """
    wanted = set(dependents)
    relevant = [finding for finding in findings if finding.type in wanted]
    culprit = _culprit(relevant)
    if culprit is None:
        message = ready_message or next((f.message for f in reversed(relevant) if f.message), "")
        return [*findings, holds(ConditionType.READY, message, ready_reason)]
    ready = Finding(ConditionType.READY, culprit.state, culprit.reason, culprit.message)
    reconciling = holds(ConditionType.RECONCILING, culprit.message, culprit.reason)
    stalled = [holds(ConditionType.STALLED, culprit.message, culprit.reason)] if culprit.reason in STALLING else []
    return [*findings, ready, *stalled, reconciling]


def _culprit(findings: Sequence[Finding]) -> Finding | None:
    """The first finding that is False, else the first that is Unknown."""
    by_state = {state: [f for f in findings if f.state is state] for state in (State.FALSE, State.UNKNOWN)}
    return next(iter([*by_state[State.FALSE], *by_state[State.UNKNOWN]]), None)
