"""What a rollout in steps says of itself: in a column, in its message, and as a condition. Pure."""

from collections.abc import Mapping
from datetime import UTC
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.steps import APPROVE, RolloutProgress, RolloutState
from aiapp.domain.application.traffic.goal import nonzero, split
from aiapp.domain.application.traffic.interpolation import interpolate
from aiapp.domain.application.traffic.progress import Progress, pause_ends, token
from aiapp.domain.application.traffic.shares import Shares
from aiapp.domain.application.traffic.stops import Stops
from aiapp.domain.conditions import Finding, fails, holds
from aiapp.domain.printable import printable
from aiapp.domain.records import ApplicationRecord

LONGEST_FAULT: Final = 512
_STATES: Final = {
    RolloutState.PROGRESSING: "progressing",
    RolloutState.PAUSED: "paused",
    RolloutState.AWAITING_APPROVAL: "awaiting approval",
    RolloutState.FAILED: "failed",
    RolloutState.ROLLED_BACK: "rolled back",
}
_REASONS: Final = {
    RolloutState.PROGRESSING: Reason.ROLLOUT_PROGRESSING,
    RolloutState.PAUSED: Reason.ROLLOUT_PAUSED,
    RolloutState.AWAITING_APPROVAL: Reason.AWAITING_APPROVAL,
    RolloutState.FAILED: Reason.STEP_FAILED,
    RolloutState.ROLLED_BACK: Reason.ROLLED_BACK,
}


def worded(found: Progress, application: ApplicationRecord, stops: Stops, by_pods: Shares) -> RolloutProgress:
    """The record with what it says. What a failure said stays until something else happens.

    `by_pods` are the shares that the pods of the step give, where traffic follows them; else none.
    """
    record = found.record
    summary = "completed" if record.state is RolloutState.COMPLETED else _summary(record)
    message = record.message if _is_told(found) else _message(found, application, stops, by_pods)
    if found.silence is not None:
        message = f"it is not known whether it may go on: {printable(found.silence, LONGEST_FAULT)}"
    return record.model_copy(update={"summary": summary, "message": message})


def rollout_completed(record: RolloutProgress, silence: str | None) -> Finding:
    """The condition RolloutCompleted. `silence`: why the step does not end though it could."""
    if record.state is RolloutState.COMPLETED:
        return holds(ConditionType.ROLLOUT_COMPLETED)
    message = f"{record.summary}: {record.message}"
    reason = Reason.CHECK_UNANSWERED if silence else _REASONS[record.state]
    return fails(ConditionType.ROLLOUT_COMPLETED, reason, message)


def approval_command(record: RolloutProgress, application: ApplicationRecord) -> str:
    """What a person types to approve the present step."""
    place = f"{application.name} -n {application.namespace}"
    return f"kubectl annotate aiapp {place} --overwrite {APPROVE}={token(record)}"


def _is_told(found: Progress) -> bool:
    return found.record.state in (RolloutState.FAILED, RolloutState.ROLLED_BACK) and found.fault is None


def _summary(record: RolloutProgress) -> str:
    return f"step {record.step}/{record.steps} {record.percent} %, {_STATES[record.state]}"


def _message(found: Progress, application: ApplicationRecord, stops: Stops, by_pods: Shares) -> str:
    record, fault = found.record, printable(found.fault or "", LONGEST_FAULT)
    there = _there(record, by_pods)
    command = approval_command(record, application)
    match record.state:
        case RolloutState.PROGRESSING:
            return f"on the way to {there}"
        case RolloutState.PAUSED:
            return f"{there} until {_end(record, stops)}; to go on at once: {command}"
        case RolloutState.AWAITING_APPROVAL:
            return f"{there} until a person approves: {command}"
        case RolloutState.FAILED:
            abort = f"aiapp rollout abort {application.name} -n {application.namespace}"
            return f"{fault}; {there} stays; to try this step again: {command}; to go back: {abort}"
        case RolloutState.ROLLED_BACK:
            return f"{fault}; back to {_shown(split(record.from_))}; to try all steps again: {command}"
        case RolloutState.COMPLETED:
            return there


def _there(record: RolloutProgress, by_pods: Shares) -> str:
    """The split of the step; and the nearest that there is, where the pods cannot be divided like that."""
    wanted = nonzero(interpolate(split(record.from_), split(record.to), record.percent))
    nearest = nonzero(by_pods)
    return _shown(wanted) + (f" (by pods {_shown(nearest)})" if nearest and nearest != wanted else "")


def _end(record: RolloutProgress, stops: Stops) -> str:
    ends = pause_ends(record, stops)
    return "now" if ends is None else ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _shown(shares: Mapping[str, int]) -> str:
    return ", ".join(f"{version} {share} %" for version, share in shares.items() if share) or "nothing"
