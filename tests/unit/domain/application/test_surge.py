"""How many pods each version has on the way from one version to another."""

from typing import Any

import pytest

from aiapp.api.strategy import Strategy
from aiapp.domain.application.surge import BESIDE, IN_PLACE, Limits, Pods, limits, step, yielding


def pods(wanted: int, now: int, ready: int | None = None, *, can_grow: bool = True) -> Pods:
    return Pods(wanted=wanted, now=now, ready=now if ready is None else ready, can_grow=can_grow)


def stepped(allowed: Limits, *versions: Pods, stuck: int = 0) -> list[int]:
    return list(step(dict(enumerate(versions)), allowed, stuck).values())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "numbers"),
    [
        pytest.param(pods(0, 3), pods(3, 0), [3, 1], id="one more comes first"),
        pytest.param(pods(0, 3), pods(3, 1, 0), [3, 1], id="nothing goes before it is ready"),
        pytest.param(pods(0, 3), pods(3, 1), [2, 2], id="one goes for one that is ready, and the next comes"),
        pytest.param(pods(0, 1), pods(3, 3, 2), [1, 3], id="the last waits for the last"),
        pytest.param(pods(0, 1), pods(3, 3), [0, 3], id="the last goes"),
        pytest.param(pods(0, 4), pods(2, 0), [4, 1], id="more old ones than wanted stay until a new one is ready"),
        pytest.param(pods(0, 4), pods(2, 1), [1, 2], id="and go then"),
        pytest.param(pods(0, 2), pods(4, 0), [2, 3], id="what is wanted more comes at once, and one beside"),
        pytest.param(pods(0, 3), pods(3, 0, can_grow=False), [3, 0], id="what cannot come replaces nothing"),
        pytest.param(pods(0, 3, 0), pods(3, 1, 0), [3, 1], id="old ones that are not ready may become so"),
    ],
)
def test_beside_the_old_pods_where_there_is_room(old: Pods, new: Pods, numbers: list[int]) -> None:
    assert stepped(BESIDE, old, new) == numbers


@pytest.mark.parametrize(
    ("old", "new", "stuck", "numbers"),
    [
        pytest.param(pods(0, 3), pods(3, 0), 0, [2, 1], id="one goes and one comes"),
        pytest.param(pods(0, 2), pods(3, 1, 0), 0, [2, 1], id="no other goes before that one is ready"),
        pytest.param(pods(0, 2), pods(3, 1), 0, [1, 2], id="then the next"),
        pytest.param(pods(0, 1), pods(1, 0), 0, [0, 1], id="the only one goes"),
        pytest.param(pods(0, 4), pods(2, 0), 0, [3, 1], id="one at a time also of more than are wanted"),
        pytest.param(pods(0, 3), pods(3, 0, can_grow=False), 0, [3, 0], id="nothing goes for what cannot come"),
        pytest.param(pods(0, 3), pods(3, 1, 0), 1, [2, 1], id="one more found no room: an old one goes for it"),
        pytest.param(pods(0, 2), pods(3, 1, 0), 1, [1, 2], id="another took the room: the next old one goes"),
        pytest.param(pods(0, 1), pods(2, 1, 0), 1, [1, 1], id="but not the last, which serves alone"),
        pytest.param(pods(0, 3, 2), pods(3, 1, 0), 1, [2, 1], id="of old ones that which is not ready goes"),
    ],
)
def test_in_place_where_there_is_none(old: Pods, new: Pods, stuck: int, numbers: list[int]) -> None:
    assert stepped(IN_PLACE, old, new, stuck=stuck) == numbers


def test_full_brings_all_new_pods_up_before_an_old_one_goes() -> None:
    full = limits(Strategy(surge="Full"), 3, has_room=False)
    assert stepped(full, pods(0, 3), pods(3, 0)) == [3, 3]
    assert stepped(full, pods(0, 3), pods(3, 3, 2)) == [3, 3]
    assert stepped(full, pods(0, 3), pods(3, 3)) == [0, 3]


def test_numbers_of_versions_that_stay_are_changed_in_the_same_way() -> None:
    assert stepped(BESIDE, pods(1, 3), pods(3, 1)) == [3, 2]
    assert stepped(IN_PLACE, pods(1, 3), pods(3, 1)) == [2, 2]


@pytest.mark.parametrize("allowed", [BESIDE, IN_PLACE])
def test_more_pods_come_at_once_and_fewer_go_at_once(allowed: Limits) -> None:
    assert stepped(allowed, pods(5, 2)) == [5]
    assert stepped(allowed, pods(2, 5)) == [2]
    assert stepped(allowed, pods(0, 5), pods(0, 3)) == [0, 0]
    assert stepped(allowed, pods(0, 2), pods(2, 2), pods(1, 1)) == [0, 2, 1]


def test_a_version_beside_that_does_not_change_does_not_stop_the_others() -> None:
    assert stepped(BESIDE, pods(3, 3), pods(0, 2), pods(2, 0)) == [3, 2, 1]
    assert stepped(IN_PLACE, pods(3, 3), pods(0, 2), pods(2, 0)) == [3, 1, 1]


@pytest.mark.parametrize(
    ("strategy", "wanted", "allowed"),
    [
        pytest.param({}, 3, IN_PLACE, id="Auto by default"),
        pytest.param({"surge": "Auto"}, 3, IN_PLACE, id="Auto"),
        pytest.param({"surge": "Full"}, 3, Limits(3, 0, at_once=True), id="Full"),
        pytest.param({"surge": "RollingIncrease"}, 3, Limits(1, 0), id="RollingIncrease"),
        pytest.param({"surge": "RollingIncrease", "maxSurge": "25%"}, 5, Limits(2, 0), id="more at once, rounded up"),
        pytest.param({"surge": "RollingDecrease"}, 3, Limits(0, 1), id="RollingDecrease"),
        pytest.param({"surge": "RollingDecrease", "maxUnavailable": 2}, 3, Limits(0, 2), id="fewer at once"),
        pytest.param({"maxSurge": 2, "maxUnavailable": "50%"}, 3, Limits(2, 1), id="plain, rounded down"),
        pytest.param({"maxUnavailable": "10%"}, 3, Limits(0, 1), id="never nothing at all"),
        pytest.param({"maxSurge": 1}, 3, Limits(1, 0), id="plain surge"),
    ],
)
def test_the_words_of_the_strategy_are_limits(strategy: dict[str, Any], wanted: int, allowed: Limits) -> None:
    assert limits(Strategy.model_validate(strategy), wanted, has_room=False) == allowed


def test_auto_goes_beside_where_there_is_room() -> None:
    assert limits(Strategy(), 3, has_room=True) == BESIDE


def test_pods_that_are_not_ready_go_before_any_that_serves() -> None:
    assert stepped(IN_PLACE, pods(0, 1), pods(1, 2, 0), pods(1, 2, 0)) == [1, 1, 1]


def under_traffic(now: int, traffic: int) -> Pods:
    return Pods(wanted=0, now=now, ready=now, traffic=traffic)


def test_what_a_gateway_still_sends_requests_keeps_pods_for_them() -> None:
    assert stepped(BESIDE, under_traffic(4, 3), pods(4, 2)) == [3, 2]
    assert stepped(BESIDE, under_traffic(4, 0), pods(4, 2)) == [2, 3]
    assert stepped(BESIDE, Pods(wanted=2, now=3, ready=2, traffic=3), pods(0, 1), pods(3, 2)) == [2, 1, 3]
    assert stepped(IN_PLACE, under_traffic(1, 1), pods(2, 1)) == [1, 1]
    assert stepped(IN_PLACE, under_traffic(1, 1), pods(1, 0)) == [0, 1]


def test_a_last_pod_that_has_to_make_room_is_relieved_of_its_traffic_first() -> None:
    versions = {"old": under_traffic(1, 1), "older": under_traffic(1, 2), "new": pods(2, 0)}
    numbers = step(versions, IN_PLACE)
    assert numbers == {"old": 1, "older": 1, "new": 0}
    assert yielding(versions, IN_PLACE, numbers) == "old"
    relieved = versions | {"old": under_traffic(1, 0)}
    assert step(relieved, IN_PLACE) == {"old": 0, "older": 1, "new": 1}
    assert yielding(relieved, IN_PLACE, step(relieved, IN_PLACE)) is None


def test_pods_kept_for_traffic_give_way_to_those_that_are_to_have_it() -> None:
    small, large, old = pods(2, 2), pods(2, 1), Pods(wanted=0, now=2, ready=2, traffic=2)
    assert stepped(BESIDE, small, large, old) == [2, 2, 1]
