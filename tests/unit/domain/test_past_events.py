"""What an object's status remembers of what happened to it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.records import NOON, condition

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.events import KEPT_EVENTS, LONGEST_EVENT, PastEvent
from aiapp.api.meta import Condition
from aiapp.domain.conditions import fails, holds, unknown
from aiapp.domain.events import Event
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.past_events import entry, past_events, steps

DENIED = Event("Warning", Reason.ACCESS_DENIED, "no key")
STARTED = Event("Normal", Reason.IMPORT_STARTED, "import started")


def remembered(told: Iterable[Event | Json], raw: Json | None = None, minutes: int = 0) -> list[Json]:
    return list(past_events(raw or {}, told, NOON + timedelta(minutes=minutes)).get("events", ()))


def after(events: list[Json]) -> Json:
    return {"status": {"events": events}}


def words(events: list[Json]) -> list[tuple[str, int]]:
    return [(one["message"], one["count"]) for one in events]


def test_the_newest_comes_first() -> None:
    first = remembered([STARTED])
    assert words(remembered([DENIED], after(first))) == [("no key", 1), ("import started", 1)]


def test_what_is_told_of_nothing_leaves_it_as_it_was() -> None:
    first = remembered([STARTED, DENIED])
    assert remembered([], after(first)) == first
    assert past_events({}, [], NOON) == {}


def test_what_happens_again_is_counted_with_its_first_time() -> None:
    first = remembered([DENIED, STARTED])
    (again, other) = remembered([DENIED], after(first), minutes=5)
    assert (again["count"], again["firstTime"], again["time"]) == (2, "2026-01-02T12:00:00Z", "2026-01-02T12:05:00Z")
    assert other["message"] == "import started"
    (third, _) = remembered([DENIED], after([again, other]), minutes=9)
    assert (third["count"], third["firstTime"], third["time"]) == (3, "2026-01-02T12:00:00Z", "2026-01-02T12:09:00Z")


def test_one_reason_that_comes_and_goes_does_not_push_out_the_rest() -> None:
    events = remembered([STARTED])
    for number in range(3 * KEPT_EVENTS):
        events = remembered([Event("Warning", Reason.UNSCHEDULABLE, f"{number} nodes")], after(events))
    assert len(events) == KEPT_EVENTS
    assert events[-1]["reason"] == "ImportStarted"
    assert events[0]["message"] == f"{3 * KEPT_EVENTS - 1} nodes"


def test_a_message_is_cut_and_stays_on_its_line() -> None:
    (one,) = remembered([Event("Warning", Reason.CONFIG_INVALID, "a\n\x1b[1m" + "b" * 1000)])
    assert len(one["message"]) == LONGEST_EVENT
    assert one["message"].startswith("a ?[1mb")


@given(st.lists(st.tuples(st.sampled_from(sorted(Reason)), st.integers(0, 3)), max_size=3 * KEPT_EVENTS))
def test_whatever_happens_it_fits_the_schema(told: list[tuple[Reason, int]]) -> None:
    events: list[Json] = []
    for reason, number in told:
        events = remembered([Event("Normal", reason, str(number))], after(events))
    assert len(events) <= KEPT_EVENTS
    parsed = [PastEvent.model_validate(one) for one in events]
    assert len({(one.type, one.reason, one.message) for one in parsed}) == len(parsed)
    if told:
        assert (events[0]["reason"], events[0]["message"]) == (str(told[-1][0]), str(told[-1][1]))


def conditions(*found: Any) -> list[Condition]:
    return [Condition.model_validate(one) for one in found]


def test_conditions_that_become_true_are_the_steps_of_an_import() -> None:
    findings = [
        holds(ConditionType.SOURCE_RESOLVED, "3 objects"),
        holds(ConditionType.PACKAGE_VALID),
        holds(ConditionType.RUNTIME_COMPATIBLE, "2 of 3 nodes fit", Reason.COMPATIBLE),
        fails(ConditionType.ARTIFACT_PINNED, Reason.NAME_TAKEN, "taken"),
        unknown(ConditionType.RUNTIME_RESOLVED, Reason.PENDING, ""),
        holds(ConditionType.READY, "published", Reason.NORMAL),
    ]
    before = conditions(condition("SourceResolved"), condition("PackageValid", "False", "ConfigInvalid"))
    found = steps(before, findings, [], NOON)
    assert [(one["reason"], one["message"]) for one in found] == [
        ("PackageValid", "the package follows all rules"),
        ("Compatible", "2 of 3 nodes fit"),
    ]
    told = [Event("Normal", Reason.COMPATIBLE, "again")]
    assert [one["reason"] for one in steps(before, findings, told, NOON)] == ["PackageValid"]


def test_an_entry_with_a_time_of_its_own_keeps_it() -> None:
    past = entry("Normal", Reason.SCHEDULED, "a pod", NOON - timedelta(hours=1))
    assert [one["time"] for one in remembered([past, STARTED])] == ["2026-01-02T12:00:00Z", "2026-01-02T11:00:00Z"]
