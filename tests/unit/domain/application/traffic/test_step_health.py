"""What is wrong with the pods of a version since a step began."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.records import NOON, pod

from aiapp.domain.application.traffic.step_health import begin, due, fault

TEN_MINUTES = timedelta(minutes=10)
NAME = "mnist-1-0-0-x"


def at(seconds: int) -> str:
    return (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def ended(seconds: int) -> dict[str, Any]:
    return {"terminated": {"finishedAt": at(seconds), "reason": "OOMKilled", "exitCode": 137}}


def seen(*, ready: bool = True, since: int = -60, created: int = -90, **container: Any) -> dict[str, Any]:
    """A pod with a node that is ready, or is not, since then; seconds count from the beginning of the step."""
    conditions = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(created)},
        {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": at(since)},
    ]
    made = pod(containerStatuses=[{"name": "model", "ready": ready} | container], conditions=conditions)
    made["metadata"]["creationTimestamp"] = at(created)
    return made


def found(*pods: dict[str, Any], was_ready: bool = True, after: int = 60) -> str | None:
    now = NOON + timedelta(seconds=after)
    return fault(pods, since=NOON, was_ready=was_ready, timeout=TEN_MINUTES, now=now)


@pytest.mark.parametrize(
    "state", [pytest.param("lastState", id="was restarted"), pytest.param("state", id="waits for its restart")]
)
@pytest.mark.parametrize("was_ready", [True, False])
def test_a_container_that_ended_since_then_is_a_crash(state: str, was_ready: bool) -> None:
    container: dict[str, Any] = {state: ended(5)}
    one = seen(**container)
    assert found(one, was_ready=was_ready) == (
        f"pod {NAME} crashed at {at(5)}: container model ended with OOMKilled, exit code 137"
    )


@pytest.mark.parametrize("seconds", [-1, 0])
def test_what_ended_before_is_forgiven(seconds: int) -> None:
    assert found(seen(lastState=ended(seconds))) is None


def test_a_pod_that_was_ready_and_is_not_any_more_is_lost() -> None:
    assert found(seen(ready=False, since=30)) == f"pod {NAME} is no longer ready, since {at(30)}"


def test_so_is_one_that_was_not_ready_while_nobody_looked() -> None:
    assert found(seen(since=30)) == f"pod {NAME} was not ready until {at(30)}"


def test_a_new_pod_in_place_of_one_that_was_drained_may_take_its_time() -> None:
    assert found(seen(ready=False, since=30, created=30)) is None


def test_a_pod_that_is_being_deleted_may_end() -> None:
    going = seen(ready=False, since=30, state=ended(30))
    going["metadata"]["deletionTimestamp"] = at(29)
    assert found(going) is None


def test_a_pod_whose_node_is_shut_down_may_end() -> None:
    going = seen(ready=False, since=30, state=ended(30))
    going["status"]["conditions"].append({"type": "DisruptionTarget", "status": "True"})
    assert found(going) is None


@pytest.mark.parametrize(("after", "overdue"), [(599, False), (600, True)])
def test_a_pod_that_does_not_become_ready_in_time_is_at_fault(after: int, *, overdue: bool) -> None:
    one = seen(ready=False)
    assert (found(one, was_ready=False, after=after) is not None) is overdue
    assert due([one], since=NOON, timeout=TEN_MINUTES) == NOON + TEN_MINUTES


def test_its_time_counts_from_when_it_has_a_node() -> None:
    assert due([seen(ready=False, created=20)], since=NOON, timeout=TEN_MINUTES) == (
        NOON + timedelta(seconds=20) + TEN_MINUTES
    )
    waiting = pod(conditions=[{"type": "PodScheduled", "status": "False", "lastTransitionTime": at(0)}])
    assert due([waiting], since=NOON, timeout=TEN_MINUTES) is None
    assert found(waiting, was_ready=False, after=86400) is None


def test_what_begins_now_begins_after_all_that_the_nodes_have_seen() -> None:
    assert begin([], NOON) == NOON
    assert begin([], NOON + timedelta(milliseconds=1)) == NOON + timedelta(seconds=1)
    assert begin([seen(since=3)], NOON) == NOON + timedelta(seconds=3)
    assert begin([seen(since=3600)], NOON) == NOON  # a clock that is far off says nothing


def test_a_step_that_began_at_the_end_of_time_ends_there() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    pods = [seen(ready=False)]
    assert due(pods, since=last, timeout=timedelta(seconds=60)) == last
    assert fault(pods, since=last, was_ready=False, timeout=timedelta(seconds=60), now=NOON) is None


def test_times_that_are_none_say_nothing() -> None:
    odd = seen(lastState={"terminated": {"finishedAt": "soon"}}, state={"terminated": {"finishedAt": "2099-01-01"}})
    assert found(odd) is None
