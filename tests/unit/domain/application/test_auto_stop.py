"""From when `autoStopAfterSeconds` is counted, and what it does."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.records import BARE, NOON, application, deployed, observed

from aiapp.api.conditions import Reason
from aiapp.domain.application.auto_stop import seconds_left, term
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import assess
from aiapp.domain.records import ApplicationRecord

HOUR = 3600
STARTED = {"observedGeneration": 1, "startedAt": "2026-01-02T12:00:00Z"}


def seen(
    seconds: float, status: dict[str, Any] | None = None, request: str | None = None, **serving: Any
) -> ObservedApplication:
    """An application that is to be served for an hour, `seconds` after noon."""
    wanted = {"autoStopAfterSeconds": HOUR} | serving
    raw = application(**{f"spec__serving__{field}": value for field, value in wanted.items()}).raw
    annotations = {} if request is None else {"aiapp.dev/start-at": request}
    raw = raw | {"metadata": raw["metadata"] | {"annotations": annotations}, "status": status or {}}
    children = Children(deployments=(deployed(replicas=0, template=BARE),))
    return observed(ApplicationRecord.parse(raw), children=children, seconds=seconds)


def started(found: ObservedApplication) -> float:
    """Seconds after noon."""
    limit = term(found)
    assert limit is not None
    return (limit.started - NOON).total_seconds()


@pytest.mark.parametrize(
    ("found", "seconds"),
    [
        pytest.param(seen(60.7), 60, id="at first sight"),
        pytest.param(seen(1800, STARTED), 0, id="as its status remembers, whoever wrote it"),
        pytest.param(seen(1800, STARTED, autoStopAfterSeconds=60), 0, id="of another duration"),
        pytest.param(seen(1800, STARTED, "again"), 1800, id="asked for"),
        pytest.param(seen(1800, STARTED | {"lastHandledStartAt": "again"}, "again"), 0, id="asked for before"),
        pytest.param(seen(1800, STARTED | {"lastHandledStartAt": "again"}), 0, id="the annotation was dropped"),
        pytest.param(seen(1800, STARTED | {"lastHandledStartAt": "a"}, "b"), 1800, id="asked for once more"),
        pytest.param(seen(1800, {"startedAt": "9999-12-31T23:59:59Z"}), 1800, id="what it remembers lies ahead"),
    ],
)
def test_it_is_counted_from_the_last_start(found: ObservedApplication, seconds: float) -> None:
    assert started(found) == seconds


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(seen(60, STARTED, stopped=True), id="stopped"),
        pytest.param(seen(60, STARTED, autoStopAfterSeconds=None), id="without a limit"),
    ],
)
def test_nothing_is_counted_and_remembered_where_nothing_limits_it(found: ObservedApplication) -> None:
    assert term(found) is None
    assert "startedAt" not in assess(found, plan(found)).status


def test_what_has_to_be_remembered_is_in_the_status() -> None:
    found = seen(60, STARTED, "again")
    status = assess(found, plan(found)).status
    assert (status["startedAt"], status["autoStopAt"]) == ("2026-01-02T12:01:00Z", "2026-01-02T13:01:00Z")
    assert status["lastHandledStartAt"] == "again"
    assert plan(found).again_after == HOUR


def test_a_start_long_ago_is_written_as_the_api_server_reads_it() -> None:
    found = seen(60, {"startedAt": "0001-01-01T00:00:00Z"})
    assert assess(found, plan(found)).status["startedAt"] == "0001-01-01T00:00:00Z"


def test_it_is_stopped_in_fact_when_its_time_is_over_and_says_how_to_start_it() -> None:
    found = seen(HOUR, STARTED)
    made = plan(found)
    (stopped,) = made.apply
    assert (stopped["spec"]["replicas"], made.again_after) == (0, None)
    said = assess(found, made)
    assert (said.phase, said.ready.state, said.ready.reason) == ("Stopped", "True", Reason.AUTO_STOPPED)
    assert said.ready.message == (
        "stopped by autoStopAfterSeconds at 2026-01-02T13:00:00Z; "
        "start it with `aiapp start mnist`, or by a new value of the annotation aiapp.dev/start-at"
    )
    assert [(e.type, e.reason) for e in said.events if e.reason is Reason.AUTO_STOPPED] == [
        ("Normal", Reason.AUTO_STOPPED)
    ]
    assert (said.status["startedAt"], said.status["autoStopAt"]) == ("2026-01-02T12:00:00Z", "2026-01-02T13:00:00Z")


def test_a_moment_before_it_goes_on_and_is_looked_at_when_its_time_is_over() -> None:
    found = seen(HOUR - 0.5, STARTED)
    assert seconds_left(found) == timedelta(seconds=0.5).total_seconds()
    assert plan(found).stop is None
