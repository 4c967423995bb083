"""How far the application's rollout in steps is after a pass, and when to look again. Pure; writes nothing."""

from dataclasses import dataclass
from typing import Final

from aiapp.api.serving import Serving
from aiapp.api.steps import RolloutProgress, RolloutState
from aiapp.domain.application.observed import ObservedApplication
from aiapp.domain.application.stop import stop_of
from aiapp.domain.application.traffic.checks import Verdict
from aiapp.domain.application.traffic.goal import by_pods, has_steps
from aiapp.domain.application.traffic.progress import pause_ends, progress
from aiapp.domain.application.traffic.rollout_words import worded
from aiapp.domain.application.traffic.situation import overdue_at, situation
from aiapp.domain.application.traffic.stops import Stops


@dataclass(frozen=True, slots=True)
class Advance:
    """What is to be on record from now on."""

    record: RolloutProgress | None = None
    """None: the application has no steps, or was stopped before it had any."""
    look_again: float | None = None
    """Seconds until something happens by itself; 0: what was decided is to be carried out."""
    asks: bool = False
    """Whether the step's checks are to be asked before anything is decided."""
    silence: str | None = None
    """Why the step does not end though it could: a check has no answer."""


ASK_AGAIN_SECONDS: Final = 30.0
"""A check without an answer is asked again after this long."""
NOTHING: Final = Advance()


def advance(observed: ObservedApplication, verdict: Verdict | None = None) -> Advance:
    """`observed` has the children as they are after the pass, `verdict` is that of the checks if they were asked."""
    serving = observed.application.parsed.spec.serving
    before = observed.application.parsed.status.rollout
    if serving is None or not has_steps(serving):
        return NOTHING
    if stop_of(observed) is not None:
        return Advance(before)
    seen = situation(observed, serving, verdict)
    found = progress(before, seen)
    record = worded(found, observed.application, seen.stops, by_pods(observed, found.record))
    if before is None or _place(record) != _place(before):
        return Advance(record, 0.0)
    if found.asks or found.silence:
        return Advance(record, ASK_AGAIN_SECONDS, found.asks, found.silence)
    return Advance(record, _next_event(observed, serving, record))


def _place(record: RolloutProgress) -> tuple[str, int, RolloutState]:
    return record.id, record.percent, record.state


def _next_event(observed: ObservedApplication, serving: Serving, record: RolloutProgress) -> float | None:
    match record.state:
        case RolloutState.PAUSED:
            ends = pause_ends(record, Stops.of(serving.strategy.steps or ()))
            return None if ends is None or ends <= observed.now else (ends - observed.now).total_seconds()
        case RolloutState.PROGRESSING:
            return overdue_at(observed, serving, record)
        case _:
            return None
