"""A rollout in steps: from how far it had come and what is seen now to how far it is. Pure; never moves anything.

What is decided here counts from the next pass on, when it is written: whoever loses the status meanwhile loses no
split, and a step never begins before it is on record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from aiapp.api.steps import RolloutProgress, RolloutState, Share
from aiapp.domain.application.traffic.checks import PASSED, Verdict
from aiapp.domain.application.traffic.goal import split
from aiapp.domain.application.traffic.stops import WHOLE, Stops
from aiapp.domain.moments import later

REACHED: Final = frozenset({RolloutState.PAUSED, RolloutState.AWAITING_APPROVAL})
"""States in which the split of the present step is in force."""
CLOCK: Final = timedelta(minutes=5)
"""How far clocks may be apart."""
GIVEN_UP: Final = frozenset({RolloutState.FAILED, RolloutState.ROLLED_BACK})
"""States that last until a person does something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a pass sees of a rollout in steps."""

    wish: Mapping[str, int]
    """Shares that `spec` asks for, of the versions that have any."""
    stops: Stops
    on_failure: Literal["Hold", "Rollback"]
    present: tuple[Share, ...]
    """The split that is in force now; empty when nothing is served yet."""
    at_rest: bool
    """Whether the present pods are those of the wish."""
    reached: bool
    """Whether the split of the present step is in force and all of its pods are ready."""
    verdict: Verdict | None
    """What the checks at the end of the step came to; None: they were not asked yet."""
    fault: str | None
    """What is wrong with a version that gains traffic, since the present state began."""
    approved: str
    """The word of a person; empty without one."""
    now: datetime
    begin: datetime
    """When a state counts as begun that begins now."""
    new_id: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a rollout is, and why it failed, where that was found just now."""

    record: RolloutProgress
    fault: str | None = None
    asks: bool = False
    """Whether the step could end but for its checks, which are to be asked now."""
    silence: str | None = None
    """Why it is not known whether they pass."""


def progress(record: RolloutProgress | None, seen: Situation) -> Progress:
    """The next record; the same one when nothing has happened."""
    before = _dated(record, seen) if record else None
    if before is None:
        return Progress(_completed(seen) if seen.at_rest or not seen.present else _begun(seen.present, seen))
    if split(before.to) != seen.wish:
        return Progress(_redirected(before, seen))
    if before.state is RolloutState.COMPLETED:
        return Progress(before)
    if before.state in GIVEN_UP:
        return Progress(_again(before, seen) if is_approved(before, seen) else before)
    if seen.fault is not None:
        return Progress(_failed(before, seen), seen.fault)
    return _onward(before, seen)


def _dated(record: RolloutProgress, seen: Situation) -> RolloutProgress:
    """A state that began in the future, by a clock that was set back since or by a restored status, begins now."""
    return record.model_copy(update={"since": seen.begin}) if record.since - seen.now > CLOCK else record


def token(record: RolloutProgress) -> str:
    """What a person's approval says of the present step."""
    return f"{record.id}/{record.step}"


def is_approved(record: RolloutProgress, seen: Situation) -> bool:
    return seen.approved == token(record)


def pause_ends(record: RolloutProgress, stops: Stops) -> datetime | None:
    """When the pause of the present step is over; None where there is none."""
    seconds = stops.at(record.percent).pause_seconds
    return None if seconds is None else later(record.since, timedelta(seconds=seconds))


def _onward(before: RolloutProgress, seen: Situation) -> Progress:
    waiting = _waiting(before, seen.stops)
    if before.state is RolloutState.PROGRESSING:
        if not seen.reached:
            return Progress(before)
        return Progress(_in(before, waiting, seen)) if waiting else _checked(before, seen)
    if seen.reached and (waiting is None or _may_go_on(before, seen)):
        return _checked(before, seen)
    return Progress(before if waiting in (None, before.state) else before.model_copy(update={"state": waiting}))


def _checked(before: RolloutProgress, seen: Situation) -> Progress:
    """The end of a step, if its checks let it."""
    if before.step == 0 or seen.verdict == PASSED:
        return Progress(_moved_on(before, seen))
    if seen.verdict is None:
        return Progress(before, asks=True)
    if seen.verdict.failure is not None:
        return Progress(_failed(before, seen), seen.verdict.failure)
    return Progress(before, silence=seen.verdict.silence)


def _waiting(record: RolloutProgress, stops: Stops) -> RolloutState | None:
    """How a rollout waits at the present step, which may have been edited; None: not at all."""
    step = stops.at(record.percent)
    if not record.step:
        return None
    if step.approve:
        return RolloutState.AWAITING_APPROVAL
    return None if step.pause_seconds is None else RolloutState.PAUSED


def _may_go_on(before: RolloutProgress, seen: Situation) -> bool:
    """A person may also end a pause."""
    if is_approved(before, seen):
        return True
    ends = pause_ends(before, seen.stops)
    return ends is not None and seen.now >= ends


def _moved_on(before: RolloutProgress, seen: Situation) -> RolloutProgress:
    percent = seen.stops.after(before.percent)
    if percent is None:
        return _in(before, RolloutState.COMPLETED, seen)
    return _in(_at(before, percent, seen.stops), RolloutState.PROGRESSING, seen)


def _failed(before: RolloutProgress, seen: Situation) -> RolloutProgress:
    """Under another id: an approval that was given before it failed is none for trying again."""
    state = RolloutState.ROLLED_BACK if seen.on_failure == "Rollback" else RolloutState.FAILED
    return _in(before.model_copy(update={"id": seen.new_id}), state, seen)


def _again(before: RolloutProgress, seen: Situation) -> RolloutProgress:
    """The step that failed once more, or all of them after it was taken back."""
    percent = 0 if before.state is RolloutState.ROLLED_BACK else before.percent
    renewed = _at(before, percent, seen.stops).model_copy(update={"id": seen.new_id})
    return _in(renewed, RolloutState.PROGRESSING, seen)


def _redirected(before: RolloutProgress, seen: Situation) -> RolloutProgress:
    """`spec` asks for another split. The one that a rollout began with is known to be good: back to it at once.

    Where nothing is served, as when it was changed while it was stopped, nothing is there that could go step by step.
    """
    if not seen.present:
        return _completed(seen)
    is_under_way = before.state is not RolloutState.COMPLETED
    begun = _begun(seen.present, seen)
    if is_under_way and split(before.from_) == seen.wish:
        return _at(begun, WHOLE, seen.stops)
    return begun


def _begun(start: tuple[Share, ...], seen: Situation) -> RolloutProgress:
    record = RolloutProgress(
        id=seen.new_id,
        from_=start,
        to=_wish(seen),
        step=0,
        steps=len(seen.stops),
        percent=0,
        state=RolloutState.PROGRESSING,
        since=seen.begin,
    )
    return record if split(start) != seen.wish else _in(_at(record, WHOLE, seen.stops), RolloutState.PROGRESSING, seen)


def _completed(seen: Situation) -> RolloutProgress:
    """Nothing to be rolled out: what comes next begins from here."""
    return _in(_at(_begun(_wish(seen), seen), WHOLE, seen.stops), RolloutState.COMPLETED, seen)


def _wish(seen: Situation) -> tuple[Share, ...]:
    return tuple(Share(version=version, weight=weight) for version, weight in seen.wish.items())


def _at(record: RolloutProgress, percent: int, stops: Stops) -> RolloutProgress:
    return record.model_copy(update={"percent": percent, "step": stops.number(percent), "steps": len(stops)})


def _in(record: RolloutProgress, state: RolloutState, seen: Situation) -> RolloutProgress:
    return record.model_copy(update={"state": state, "since": seen.begin})
