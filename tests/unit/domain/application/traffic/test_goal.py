"""The shares that are wanted now."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.records import NOON, application, deployed, observed
from tests.support.routes import routed

from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.traffic.goal import Goal, goal

BOTH = [{"version": "1.0.0", "weight": 100, "replicas": 3}, {"version": "1.1.0", "weight": 0, "replicas": 2}]
FROM = [{"version": "1.0.0", "weight": 100, "replicas": 4}]
NEW = [{"version": "1.1.0", "replicas": 4}]


def in_steps(
    *versions: dict[str, Any], state: str = "Progressing", percent: int = 25, **record: Any
) -> ObservedApplication:
    """On the way from four pods of 1.0.0, at a step."""
    serving = {"versions": list(versions) or NEW, "strategy": {"steps": [{"percent": 25}]}}
    there = {"id": "1", "from": FROM, "to": [{"version": "1.1.0", "weight": 100}], "step": 1, "steps": 2}
    status = there | {"percent": percent, "state": state, "since": NOON.isoformat()} | record
    made = application(spec__serving=serving)
    made = type(made).parse(made.raw | {"status": {"rollout": status}})
    return observed(made, children=Children(deployments=(deployed(replicas=4), deployed("1.1.0", replicas=0))))


def of(there: Goal) -> tuple[dict[str, int], dict[str, int | None]]:
    return dict(there.shares), dict(there.replicas)


def test_nothing_is_wanted_when_nothing_is_to_be_served() -> None:
    assert of(goal(observed(application(spec__serving=None)))) == ({}, {})


def test_the_wish_is_what_the_spec_says_and_a_version_without_a_share_has_no_pods() -> None:
    there = goal(observed(application(spec__serving__versions=BOTH)))
    assert of(there) == ({"1.0.0": 100, "1.1.0": 0}, {"1.0.0": 3, "1.1.0": 0})


def test_who_says_nothing_of_replicas_leaves_them_to_others() -> None:
    there = goal(observed(application(spec__serving__versions=[{"version": "1.0.0"}])))
    assert of(there) == ({"1.0.0": 100}, {"1.0.0": None})


def test_at_a_step_shares_and_pods_are_part_of_the_way() -> None:
    assert of(goal(in_steps())) == ({"1.1.0": 25, "1.0.0": 75}, {"1.1.0": 1, "1.0.0": 3})


@pytest.mark.parametrize("state", ["Progressing", "Paused", "AwaitingApproval", "Failed"])
def test_they_stay_there_whatever_the_rollout_waits_for(state: str) -> None:
    assert goal(in_steps(state=state)).shares == {"1.1.0": 25, "1.0.0": 75}


def test_a_rollout_that_was_taken_back_wants_what_it_began_with() -> None:
    assert of(goal(in_steps(state="RolledBack"))) == ({"1.1.0": 0, "1.0.0": 100}, {"1.1.0": 0, "1.0.0": 4})


def test_one_that_is_completed_wants_the_wish() -> None:
    assert of(goal(in_steps(state="Completed", percent=100))) == ({"1.1.0": 100}, {"1.1.0": 4})


def test_a_version_with_a_share_has_a_pod_and_the_number_of_all_stays() -> None:
    there = goal(in_steps(percent=5))
    assert of(there) == ({"1.1.0": 5, "1.0.0": 95}, {"1.1.0": 1, "1.0.0": 3})


@pytest.mark.parametrize("state", ["Progressing", "AwaitingApproval"])
def test_so_does_one_whose_number_is_left_to_others_however_small_the_step(state: str) -> None:
    two = [{"version": version, "weight": 50, "replicas": 3} for version in ("0.9.0", "1.0.0")]
    begun: dict[str, Any] = {"from": two}
    there = goal(in_steps({"version": "1.1.0"}, percent=1, state=state, **begun))
    assert there.replicas == {"1.1.0": None, "0.9.0": 2, "1.0.0": 3}
    assert there.inherited == ({"1.1.0": 1} if state == "Progressing" else {})


def test_a_single_pod_is_not_divided() -> None:
    one = [{"version": "1.0.0", "weight": 100, "replicas": 1}]
    begun: dict[str, Any] = {"from": one}
    there = goal(in_steps({"version": "1.1.0", "replicas": 1}, **begun))
    assert there.replicas == {"1.1.0": 0, "1.0.0": 1}


def test_behind_a_gateway_a_version_with_a_share_gets_a_pod_more() -> None:
    one: dict[str, Any] = {"from": [{"version": "1.0.0", "weight": 100, "replicas": 1}]}
    seen = in_steps({"version": "1.1.0", "replicas": 1}, **one)
    children = replace(seen.children, others=(routed({"1.0.0": 100}),))
    there = goal(replace(seen, children=children, is_gateway_api_served=True))
    assert there.replicas == {"1.1.0": 1, "1.0.0": 1}


def test_a_version_that_another_scales_is_touched_only_while_it_has_no_share() -> None:
    assert goal(in_steps({"version": "1.1.0"})).replicas == {"1.1.0": None, "1.0.0": 3}
    assert goal(in_steps({"version": "1.1.0"}, state="RolledBack")).replicas == {"1.1.0": 0, "1.0.0": 4}


@pytest.mark.parametrize(("percent", "number"), [(25, 1), (50, 2), (90, 4), (100, 4)])
def test_it_takes_over_what_others_give_up_at_each_step(percent: int, number: int) -> None:
    assert goal(in_steps({"version": "1.1.0"}, percent=percent)).inherited == {"1.1.0": number}


@pytest.mark.parametrize("state", ["Paused", "AwaitingApproval", "Failed", "RolledBack", "Completed"])
def test_where_a_step_stands_nobody_else_is_told_how_many_pods_there_are(state: str) -> None:
    assert goal(in_steps({"version": "1.1.0"}, percent=50, state=state)).inherited == {}


def test_a_version_that_was_served_before_keeps_its_pods_beside_those_that_it_takes_over() -> None:
    split = [{"version": "1.0.0", "weight": 50, "replicas": 2}, {"version": "1.1.0", "weight": 50, "replicas": 3}]
    record: dict[str, Any] = {"from": split}
    found = goal(in_steps({"version": "1.1.0"}, percent=100, **record))
    assert found.inherited == {"1.1.0": 5}


def test_nothing_moves_before_the_way_to_another_wish_is_on_record() -> None:
    there = goal(in_steps({"version": "1.2.0", "replicas": 9}))
    assert (there.replicas, there.shares["1.2.0"]) == ({"1.2.0": 0, "1.0.0": 4, "1.1.0": 0}, 0)


def test_nothing_moves_when_the_status_was_lost() -> None:
    seen = in_steps()
    lost = observed(type(seen.application).parse(seen.application.raw | {"status": {}}), children=seen.children)
    assert of(goal(lost)) == ({"1.1.0": 0, "1.0.0": 100}, {"1.1.0": 0, "1.0.0": 4})


def test_the_first_deployment_goes_the_whole_way() -> None:
    seen = in_steps()
    first = observed(type(seen.application).parse(seen.application.raw | {"status": {}}))
    assert of(goal(first)) == ({"1.1.0": 100}, {"1.1.0": 4})
