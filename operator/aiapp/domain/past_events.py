"""What an object's status remembers of what happened to it, written along with a status that changes anyway. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.events import KEPT_EVENTS, LONGEST_EVENT
from aiapp.api.meta import Condition
from aiapp.domain.conditions import Finding, State
from aiapp.domain.events import Event, EventType, words
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.moments import written
from aiapp.domain.printable import printable

STEPS: Final = (
    ConditionType.SOURCE_RESOLVED,
    ConditionType.PACKAGE_VALID,
    ConditionType.ARTIFACT_PINNED,
    ConditionType.RUNTIME_RESOLVED,
    ConditionType.RUNTIME_COMPATIBLE,
)
"""Conditions of which each that becomes True is a step of an import."""


def past_events(raw: Json, events: Iterable[Event | Json], now: datetime) -> Json:
    """The part `events` of a status, newest first: what the object's status remembers, and what is told now.

    `events` come in the order in which they happened; entries in the form of the status bring their own time. What
    happens again is counted. Of what is too much the reason that most entries have loses its oldest: one that comes and
    goes does not push out the rest.
    """
    kept: list[Json] = list((raw.get("status") or {}).get("events") or ())
    for one in events:
        kept = _with(kept, entry(*one, now) if isinstance(one, Event) else one)
    return {"events": _bounded(kept)} if kept else {}


def entry(type_: EventType, reason: str, message: str, time: datetime) -> Json:
    """As the status has it."""
    text = printable(message, LONGEST_EVENT)
    return {"time": written(time), "type": type_, "reason": str(reason), "message": text, "count": 1}


def steps(
    before: Iterable[Condition], findings: Iterable[Finding], events: Sequence[Event], now: datetime
) -> list[Json]:
    """The steps of an import that were done since; what is told otherwise is left out."""
    known = {condition.type: condition.status for condition in before}
    reasons = {event.reason for event in events}
    return [
        entry("Normal", _reason(one), words(one), now)
        for one in findings
        if one.state is State.TRUE
        and one.type in STEPS
        and one.reason not in reasons
        and known.get(one.type) != State.TRUE.value
    ]


def _reason(finding: Finding) -> str:
    return finding.type if finding.reason is Reason.SUCCEEDED else finding.reason


def _with(kept: Sequence[Json], new: Json) -> list[Json]:
    same = next((one for one in kept if all(one[key] == new[key] for key in ("type", "reason", "message"))), None)
    if same is None:
        return [new, *kept]
    first = same.get("firstTime") or same["time"]
    return [{**new, "firstTime": first, "count": same["count"] + 1}, *(one for one in kept if one is not same)]


def _bounded(kept: list[Json]) -> list[Json]:
    while len(kept) > KEPT_EVENTS:
        entries = Counter(one["reason"] for one in kept)
        most = max(entries.values())
        oldest = max(place for place, one in enumerate(kept) if entries[one["reason"]] == most)
        kept = [*kept[:oldest], *kept[oldest + 1 :]]
    return kept
