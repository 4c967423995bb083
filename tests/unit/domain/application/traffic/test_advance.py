"""A rollout in steps over the objects of an application."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.records import NOON, application, deployed, observed, on_the_way, pod
from tests.support.routes import routed

from aiapp.api.steps import APPROVE, RolloutState
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.traffic.advance import ASK_AGAIN_SECONDS, Advance, advance
from aiapp.domain.application.traffic.checks import PASSED, Verdict
from aiapp.domain.application.traffic.situation import checked_versions, step_checks

NEW = [{"version": "1.1.0", "replicas": 4}]
CHECKS = {"prometheus": [{"name": "errors", "max": 1}]}


def at(
    state: str = "Progressing",
    *deployments: dict[str, Any],
    seconds: float = 60,
    pods: tuple[dict[str, Any], ...] = (),
    stopped: bool = False,
    approved: str = "",
    **strategy: Any,
) -> ObservedApplication:
    """At the first step of two, from four pods of 1.0.0 to as many of 1.1.0; seconds since it began."""
    step: dict[str, Any] = {"percent": 25, "pauseSeconds": 600}
    serving = {"versions": NEW, "strategy": {"steps": [step]} | strategy, "stopped": stopped}
    made = application(spec__serving=serving)
    raw = made.raw | {"status": {"rollout": on_the_way(state)}}
    raw["metadata"] = raw["metadata"] | {"annotations": {APPROVE: approved}}
    there = deployments or (deployed(replicas=3), deployed("1.1.0", replicas=1))
    return observed(type(made).parse(raw), children=Children(deployments=there, pods=pods), seconds=seconds)


def state(found: Advance) -> RolloutState:
    assert found.record is not None
    return found.record.state


def test_an_application_without_steps_has_no_rollout() -> None:
    assert advance(observed()) == Advance()


def test_a_reached_step_is_carried_on_at_once_and_its_pause_ends_by_itself() -> None:
    found = advance(at())
    assert (state(found), found.look_again) == (RolloutState.PAUSED, 0)
    assert advance(at("Paused")).look_again == 540
    assert state(advance(at("Paused", seconds=600))) is RolloutState.PROGRESSING


def test_a_pause_that_is_over_is_not_looked_at_again_and_again_while_a_pod_is_replaced() -> None:
    replaced = (deployed(replicas=3), deployed("1.1.0", replicas=1, ready=0))
    found = advance(at("Paused", *replaced, seconds=601))
    assert (state(found), found.look_again) == (RolloutState.PAUSED, None)


def test_a_step_is_not_reached_before_the_pods_of_the_version_that_gains_are_ready() -> None:
    starting = (deployed(replicas=3), deployed("1.1.0", replicas=1, ready=0))
    assert state(advance(at("Progressing", *starting))) is RolloutState.PROGRESSING
    fewer = (deployed(replicas=4), deployed("1.1.0", replicas=1))
    assert state(advance(at("Progressing", *fewer))) is RolloutState.PROGRESSING


def test_pods_that_are_left_behind_may_be_broken() -> None:
    broken = (deployed(replicas=3, ready=0), deployed("1.1.0", replicas=1))
    assert state(advance(at("Progressing", *broken))) is RolloutState.PAUSED


def test_behind_a_gateway_a_step_is_reached_when_the_route_has_its_weight() -> None:
    for weight, reached in ((24, RolloutState.PROGRESSING), (25, RolloutState.PAUSED), (100, RolloutState.PAUSED)):
        seen = at()
        children = replace(seen.children, others=(routed({"1.0.0": 100 - weight, "1.1.0": weight}),))
        assert state(advance(replace(seen, children=children, is_gateway_api_served=True))) is reached


def test_where_the_pods_cannot_be_divided_like_that_the_nearest_split_is_said() -> None:
    found = advance(at("Paused", steps=[{"percent": 25, "approve": True}]))
    assert found.record is not None
    assert "by pods" not in found.record.message
    seen = at("Paused", (deployed(replicas=3)), deployed("1.1.0", replicas=1), steps=[{"percent": 10, "approve": True}])
    (raw := seen.application.raw)["status"]["rollout"]["percent"] = 10
    found = advance(replace(seen, application=type(seen.application).parse(raw)))
    assert found.record is not None
    assert found.record.message.startswith("1.1.0 10 %, 1.0.0 90 % (by pods 1.1.0 25 %, 1.0.0 75 %) until a person")


def test_a_stopped_application_stays_where_it_is() -> None:
    seen = at("Paused", seconds=86400, stopped=True)
    assert advance(seen).record == seen.application.parsed.status.rollout


def test_of_a_rollout_only_the_versions_that_gain_are_checked() -> None:
    assert checked_versions(at().application) == {"1.1.0"}
    assert not checked_versions(at("Completed").application)


def test_a_crash_is_told_with_the_command_that_tries_again() -> None:
    late = (NOON + timedelta(seconds=5)).isoformat()
    status = {"name": "model", "ready": True, "lastState": {"terminated": {"finishedAt": late, "exitCode": 1}}}
    found = advance(at("Paused", pods=(pod("1.1.0", containerStatuses=[status]),)))
    assert found.record is not None
    assert (found.record.state, found.record.summary) == (RolloutState.FAILED, "step 1/2 25 %, failed")
    assert "crashed" in found.record.message
    assert f"{APPROVE}={found.record.id}/1" in found.record.message


def test_a_pod_that_may_still_become_ready_is_looked_at_when_its_time_is_over() -> None:
    placed = {"type": "PodScheduled", "status": "True", "lastTransitionTime": NOON.isoformat()}
    starting = (deployed(replicas=3), deployed("1.1.0", replicas=1, ready=0))
    seen = at("Progressing", *starting, pods=(pod("1.1.0", conditions=[placed]),))
    assert advance(seen).look_again == 1200 - 60


def test_checks_are_asked_at_the_end_of_the_pause_only() -> None:
    assert not advance(at("Paused", checks=CHECKS)).asks
    seen = at("Paused", seconds=600, checks=CHECKS)
    assert advance(seen).asks
    (one,) = step_checks(seen, {"errors": 'x{n="$namespace",v="$version"}'})
    assert one.query == 'x{n="team",v="1.1.0"}'
    assert state(advance(seen, PASSED)) is RolloutState.PROGRESSING


def test_a_check_without_an_answer_is_asked_again() -> None:
    found = advance(at("Paused", seconds=600, checks=CHECKS), Verdict(silence="no series"))
    assert (state(found), found.look_again) == (RolloutState.PAUSED, ASK_AGAIN_SECONDS)
    assert found.record is not None
    assert found.record.message == "it is not known whether it may go on: no series"


@pytest.mark.parametrize(("word", "after"), [("a1/1", RolloutState.PROGRESSING), ("a1/2", RolloutState.PAUSED)])
def test_an_approval_is_read_from_the_annotation(word: str, after: RolloutState) -> None:
    assert state(advance(at("Paused", approved=word))) is after


def test_what_a_failure_said_stays() -> None:
    seen = at("Failed")
    found = advance(seen)
    assert found.record is not None
    assert (found.record.message, found.look_again) == ("", None)
