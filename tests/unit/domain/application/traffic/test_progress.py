"""A rollout in steps, from one look to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.records import NOON

from aiapp.api.steps import RolloutProgress, RolloutState, Share, Step
from aiapp.domain.application.traffic.checks import PASSED, Verdict
from aiapp.domain.application.traffic.goal import split
from aiapp.domain.application.traffic.progress import GIVEN_UP, Progress, Situation, pause_ends, progress, token
from aiapp.domain.application.traffic.stops import Stops

OLD = {"1.0.0": 100}
NEW = {"1.1.0": 100}
PAUSED_TWICE = (Step(percent=20, pause_seconds=60), Step(percent=50, pause_seconds=600))
ASKING = (Step(percent=20, approve=True), Step(percent=50))
CRASHED = "pod mnist-1-1-0-x crashed"


def of(shares: Mapping[str, int]) -> tuple[Share, ...]:
    return tuple(Share(version=version, weight=weight, replicas=4) for version, weight in shares.items())


@dataclass
class Rollout:
    """One application over time: each look may say what changed, and what is on record counts at the next one."""

    steps: tuple[Step, ...] = PAUSED_TWICE
    wish: Mapping[str, int] = field(default_factory=lambda: NEW)
    on_failure: Literal["Hold", "Rollback"] = "Hold"
    record: RolloutProgress | None = None
    now: datetime = NOON
    ids: Any = field(default_factory=count)
    found: Progress = field(init=False)

    def look(self, *, seconds: int = 0, **seen: Any) -> RolloutProgress:
        self.now += timedelta(seconds=seconds)
        situation = Situation(
            wish=self.wish,
            stops=Stops.of(self.steps),
            on_failure=self.on_failure,
            present=of(OLD),
            at_rest=False,
            reached=False,
            verdict=PASSED,
            fault=None,
            approved="",
            now=self.now,
            begin=self.now,
            new_id=f"id-{next(self.ids)}",
        )
        self.found = progress(self.record, replace(situation, **seen))
        self.record = self.found.record
        return self.record

    def place(self) -> tuple[int, int, RolloutState]:
        assert self.record is not None
        return self.record.step, self.record.percent, self.record.state


def begun(steps: tuple[Step, ...] = PAUSED_TWICE, **about: Any) -> Rollout:
    """A rollout at its first step, whose split is not reached."""
    made = Rollout(steps, **about)
    made.look()
    made.look(reached=True)
    assert made.place() == (1, 20, RolloutState.PROGRESSING)
    return made


def reached(steps: tuple[Step, ...] = PAUSED_TWICE, **about: Any) -> Rollout:
    made = begun(steps, **about)
    made.look(reached=True)
    return made


def test_the_first_deployment_has_no_steps() -> None:
    made = Rollout()
    made.look(present=())
    assert made.place() == (3, 100, RolloutState.COMPLETED)
    assert made.record is not None
    assert split(made.record.to) == NEW


def test_steps_that_are_added_to_what_runs_begin_nothing() -> None:
    made = Rollout(wish=OLD)
    made.look(at_rest=True)
    assert made.place() == (3, 100, RolloutState.COMPLETED)


def test_another_wish_is_put_on_record_before_anything_moves() -> None:
    made = Rollout(record=Rollout(wish=OLD).look(at_rest=True))
    record = made.look()
    assert made.place() == (0, 0, RolloutState.PROGRESSING)
    assert (split(record.from_), split(record.to), record.steps) == (OLD, NEW, 3)


def test_nothing_moves_on_before_the_split_is_reached() -> None:
    made = begun()
    assert made.look(seconds=3600) == made.record
    assert made.place() == (1, 20, RolloutState.PROGRESSING)


def test_a_pause_is_measured_from_when_the_split_was_reached() -> None:
    made = reached()
    assert made.place() == (1, 20, RolloutState.PAUSED)
    made.look(seconds=59, reached=True)
    assert made.place() == (1, 20, RolloutState.PAUSED)
    made.look(seconds=1, reached=True)
    assert made.place() == (2, 50, RolloutState.PROGRESSING)


def test_a_state_that_began_in_the_future_begins_now() -> None:
    made = reached()
    assert made.record is not None
    made.record = made.record.model_copy(update={"since": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)})
    made.look(seconds=1, reached=True)
    assert (made.place(), made.record.since) == ((1, 20, RolloutState.PAUSED), made.now)
    made.look(seconds=60, reached=True)
    assert made.place() == (2, 50, RolloutState.PROGRESSING)


def test_the_end_of_a_pause_is_a_moment_whatever_the_status_says() -> None:
    record = reached().record
    assert record is not None
    late = record.model_copy(update={"since": datetime.max.replace(tzinfo=UTC)})
    assert pause_ends(late, Stops.of(PAUSED_TWICE)) == datetime.max.replace(tzinfo=UTC)


def test_a_pause_does_not_end_while_a_pod_is_being_replaced() -> None:
    made = reached()
    made.look(seconds=60)
    assert made.place() == (1, 20, RolloutState.PAUSED)
    made.look(seconds=1, reached=True)
    assert made.place() == (2, 50, RolloutState.PROGRESSING)


def test_after_the_last_step_the_rest_follows_and_then_it_is_completed() -> None:
    made = reached()
    for seconds in (60, 0, 600, 0):
        made.look(seconds=seconds, reached=True)
    assert made.place() == (3, 100, RolloutState.COMPLETED)


def test_a_step_that_needs_approval_waits_for_its_own_only() -> None:
    made = reached(ASKING)
    made.look(seconds=86400, reached=True, approved="id-9/1")
    assert made.place() == (1, 20, RolloutState.AWAITING_APPROVAL)
    assert made.record is not None
    made.look(reached=True, approved=token(made.record))
    assert made.place() == (2, 50, RolloutState.PROGRESSING)


def test_an_approval_also_ends_a_pause() -> None:
    made = reached()
    assert made.record is not None
    made.look(reached=True, approved=token(made.record))
    assert made.place() == (2, 50, RolloutState.PROGRESSING)


def test_a_step_with_neither_a_pause_nor_an_approval_ends_when_it_is_reached() -> None:
    made = begun((Step(percent=20), Step(percent=50)))
    made.look(reached=True)
    assert made.place() == (2, 50, RolloutState.PROGRESSING)


@pytest.mark.parametrize(
    ("on_failure", "state"), [("Hold", RolloutState.FAILED), ("Rollback", RolloutState.ROLLED_BACK)]
)
@pytest.mark.parametrize("make", [begun, reached])
def test_a_fault_ends_the_step(make: Any, on_failure: str, state: RolloutState) -> None:
    made = make(on_failure=on_failure)
    made.look(fault=CRASHED, reached=True)
    assert made.place() == (1, 20, state)
    made.look(seconds=86400, reached=True)
    assert made.place() == (1, 20, state)


def test_a_fault_counts_before_the_end_of_the_pause() -> None:
    made = reached()
    made.look(seconds=60, fault=CRASHED, reached=True)
    assert made.place() == (1, 20, RolloutState.FAILED)


def test_an_approval_given_before_a_step_failed_does_not_try_it_again() -> None:
    made = reached()
    assert made.record is not None
    early = token(made.record)
    made.look(fault=CRASHED, approved=early)
    made.look(approved=early)
    assert made.place() == (1, 20, RolloutState.FAILED)


def test_an_approval_of_a_failed_step_tries_it_again_from_now_on() -> None:
    made = reached()
    failed = made.look(seconds=5, fault=CRASHED)
    again = made.look(seconds=60, approved=token(failed))
    assert made.place() == (1, 20, RolloutState.PROGRESSING)
    assert again.since == made.now
    assert again.id not in (failed.id, "")


def test_an_approval_of_a_rollout_that_was_taken_back_begins_with_the_first_step() -> None:
    made = reached(on_failure="Rollback")
    failed = made.look(fault=CRASHED)
    made.look(approved=token(failed))
    assert made.place() == (0, 0, RolloutState.PROGRESSING)


def test_another_wish_in_the_middle_begins_from_the_split_in_force() -> None:
    made = reached()
    assert made.record is not None
    first = made.record
    made.wish = {"1.2.0": 100}
    record = made.look(present=of({"1.0.0": 80, "1.1.0": 20}))
    assert made.place() == (0, 0, RolloutState.PROGRESSING)
    assert (split(record.from_), split(record.to)) == ({"1.0.0": 80, "1.1.0": 20}, {"1.2.0": 100})
    assert record.id != first.id


def test_the_way_back_to_the_last_good_split_has_no_steps() -> None:
    made = reached()
    made.wish = OLD
    made.look(present=of({"1.0.0": 80, "1.1.0": 20}))
    assert made.place() == (3, 100, RolloutState.PROGRESSING)


def test_going_back_after_it_completed_is_a_rollout_as_any_other() -> None:
    made = Rollout(record=Rollout(wish=OLD).look(at_rest=True))
    for _ in range(2):
        made.look(reached=True)
    made.steps = (Step(percent=20),)
    for _ in range(3):
        made.look(reached=True)
    assert made.place()[2] is RolloutState.COMPLETED
    made.wish = OLD
    made.look(present=of(NEW))
    assert made.place() == (0, 0, RolloutState.PROGRESSING)


@pytest.mark.parametrize("make", [pytest.param(reached, id="in the middle"), pytest.param(begun, id="on the way")])
def test_where_nothing_is_served_another_wish_has_no_steps(make: Any) -> None:
    made = make()
    made.wish = {"1.2.0": 100}
    record = made.look(present=())
    assert made.place()[2] is RolloutState.COMPLETED
    assert split(record.from_) == split(record.to) == {"1.2.0": 100}


def test_an_edited_step_keeps_the_place() -> None:
    made = reached()
    made.steps = (Step(percent=10), Step(percent=20, approve=True), Step(percent=30))
    made.look(seconds=3600, reached=True)
    assert made.place()[1:] == (20, RolloutState.AWAITING_APPROVAL)
    made.steps = (Step(percent=30),)
    made.look(reached=True)
    assert made.place()[1:] == (30, RolloutState.PROGRESSING)


def test_the_end_of_a_step_is_when_its_checks_are_asked() -> None:
    made = reached()
    made.look(seconds=59, reached=True, verdict=None)
    assert not made.found.asks
    made.look(seconds=1, reached=True, verdict=None)
    assert (made.found.asks, made.place()) == (True, (1, 20, RolloutState.PAUSED))


def test_a_check_without_an_answer_holds_the_step_and_one_that_passes_ends_it() -> None:
    made = reached()
    made.look(seconds=60, reached=True, verdict=Verdict(silence="no answer"))
    assert (made.found.silence, made.place()) == ("no answer", (1, 20, RolloutState.PAUSED))
    made.look(reached=True)
    assert made.place() == (2, 50, RolloutState.PROGRESSING)


def test_a_check_that_fails_fails_the_step() -> None:
    made = begun((Step(percent=20), Step(percent=50)))
    made.look(reached=True, verdict=Verdict(failure="too many errors"))
    assert (made.found.fault, made.place()) == ("too many errors", (1, 20, RolloutState.FAILED))


def test_before_the_first_step_nothing_is_asked() -> None:
    made = Rollout()
    made.look()
    made.look(reached=True, verdict=None)
    assert made.place() == (1, 20, RolloutState.PROGRESSING)


STEPS = st.lists(st.integers(1, 100), min_size=1, max_size=10, unique=True).flatmap(
    lambda percents: st.tuples(
        *(
            st.one_of(
                st.builds(Step, percent=st.just(p), pause_seconds=st.integers(1, 100)),
                st.builds(Step, percent=st.just(p), approve=st.just(value=True)),
                st.builds(Step, percent=st.just(p)),
            )
            for p in sorted(percents)
        )
    )
)
LOOKS = st.lists(
    st.fixed_dictionaries(
        {
            "seconds": st.integers(0, 100),
            "reached": st.booleans(),
            "fault": st.sampled_from([None, None, None, CRASHED]),
            "approve": st.booleans(),
            "restarted": st.booleans(),
        }
    ),
    max_size=60,
)


@settings(max_examples=300)
@given(STEPS, LOOKS, st.sampled_from(["Hold", "Rollback"]))
def test_whatever_happens_it_only_goes_on_step_by_step_and_never_past_a_fault(
    steps: tuple[Step, ...], looks: list[dict[str, Any]], on_failure: Literal["Hold", "Rollback"]
) -> None:
    made = Rollout(steps, on_failure=on_failure, record=Rollout(wish=OLD).look(at_rest=True))
    before = made.look()
    stops = [0, *(step.percent for step in Stops.of(steps).steps)]
    for one in looks:
        if one.pop("restarted"):  # all that is known is what the status holds
            made.record = RolloutProgress.model_validate(before.model_dump(mode="json", by_alias=True))
        approved = token(before) if one.pop("approve") else ""
        after = made.look(**one, approved=approved)
        if one["fault"] and before.state not in (*GIVEN_UP, RolloutState.COMPLETED):
            assert after.state in GIVEN_UP
        if after.percent > before.percent:
            assert stops.index(after.percent) == stops.index(before.percent) + 1
            assert one["reached"]
        if after.percent < before.percent:
            assert (before.state, after.percent) == (RolloutState.ROLLED_BACK, 0)
        before = after


@settings(max_examples=100)
@given(STEPS)
def test_with_patience_and_approvals_it_always_completes(steps: tuple[Step, ...]) -> None:
    made = Rollout(steps, record=Rollout(wish=OLD).look(at_rest=True))
    record = made.look()
    for _ in range(2 * len(Stops.of(steps)) + 1):
        record = made.look(seconds=100, reached=True, approved=token(record))
    assert record.state is RolloutState.COMPLETED
    assert made.look(seconds=100, reached=True) == record
