"""The split that a route gets: on the way from the last one to the goal, as pods are ready."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.application.traffic.shares import parts
from aiapp.domain.application.traffic.split import Pods, split

A, B, C = "1.0.0", "1.1.0", "1.2.0"
NUMBERS = (A, B, C, "2.0.0")
UP, DOWN = Pods(1, 1), Pods(0, 1)


@pytest.mark.parametrize(
    ("goal", "pods", "last", "expected"),
    [
        pytest.param({A: 90, B: 10}, {A: UP, B: UP}, {A: 100}, {A: 90, B: 10}, id="all are ready"),
        pytest.param({A: 99, B: 1}, {A: UP, B: UP}, {}, {A: 99, B: 1}, id="one percent"),
        pytest.param({A: 100, B: 0}, {A: UP, B: UP}, {}, {A: 100, B: 0}, id="0 stays 0"),
        pytest.param({A: 90, B: 10}, {A: UP, B: DOWN}, {A: 90, B: 10}, {A: 100, B: 0}, id="one lost its pods"),
        pytest.param({A: 0, B: 100}, {A: UP, B: DOWN}, {A: 90, B: 10}, {A: 100, B: 0}, id="the new one is not there"),
        pytest.param({B: 100}, {A: UP, B: Pods(1, 4)}, {A: 100}, {A: 75, B: 25}, id="the share grows with the pods"),
        pytest.param({B: 100}, {A: UP, B: Pods(4, 4)}, {A: 100}, {A: 0, B: 100}, id="what leaves keeps a 0"),
        pytest.param({B: 100}, {A: DOWN, B: Pods(1, 4)}, {A: 100}, {A: 0, B: 100}, id="nobody else is ready"),
        pytest.param({A: 50, B: 50}, {A: Pods(1, 4), B: UP}, {A: 50, B: 50}, {A: 50, B: 50}, id="pods lost, not all"),
        pytest.param(
            {A: 50, B: 30, C: 20}, {A: UP, B: UP, C: DOWN}, {A: 50, B: 30, C: 20}, {A: 63, B: 37, C: 0}, id="by weight"
        ),
    ],
)
def test_ready_versions_get_what_they_can_serve(
    goal: dict[str, int], pods: dict[str, Pods], last: dict[str, int], expected: dict[str, int]
) -> None:
    assert split(goal, pods, last) == expected


@pytest.mark.parametrize(
    ("pods", "last", "expected"),
    [
        pytest.param({A: DOWN, B: DOWN}, {A: 100}, {A: 100, B: 0}, id="as it was, though nothing is ready"),
        pytest.param({A: DOWN, C: UP, B: DOWN}, {A: 50, C: 50}, {A: 0, C: 100, B: 0}, id="its ready part"),
    ],
)
def test_the_last_split_stays_while_nothing_of_the_goal_is_ready(
    pods: dict[str, Pods], last: dict[str, int], expected: dict[str, int]
) -> None:
    assert split({B: 100}, pods, last) == expected


def test_before_anything_was_ready_the_split_is_the_goal() -> None:
    assert split({A: 90, B: 10}, {A: DOWN, B: DOWN}, {}) == {A: 90, B: 10}


def test_nothing_is_written_where_every_weight_would_be_0() -> None:
    assert split({A: 0, B: 100}, {A: UP}, {}) == {}


@st.composite
def shares(draw: st.DrawFn) -> dict[str, int]:
    sizes = draw(st.dictionaries(st.sampled_from(NUMBERS), st.integers(0, 100), max_size=4))
    return parts(100, sizes) if any(sizes.values()) else {}


def without_zeros(some: dict[str, int]) -> dict[str, int]:
    return {version: share for version, share in some.items() if share}


PODS = st.builds(lambda ready, more: Pods(ready, ready + more), st.integers(0, 4), st.integers(0, 4))
BY_VERSION = st.dictionaries(st.sampled_from(NUMBERS), PODS)


@given(goal=shares(), pods=BY_VERSION, last=shares())
def test_weights_add_up_and_what_is_not_ready_has_none(
    goal: dict[str, int], pods: dict[str, Pods], last: dict[str, int]
) -> None:
    done = split(goal, pods, last)
    ready = {version for version, one in pods.items() if one.ready}
    assert sum(done.values()) == 100 or not done
    if any(goal.get(version) or last.get(version) for version in ready):
        assert all(version in ready for version, share in done.items() if share)


@given(goal=shares(), pods=BY_VERSION, last=shares())
def test_carried_out_and_computed_again_it_is_the_same(
    goal: dict[str, int], pods: dict[str, Pods], last: dict[str, int]
) -> None:
    first = split(goal, pods, last)
    assert split(goal, pods, first) == first


@given(goal=shares(), last=shares())
def test_when_all_is_ready_the_split_is_the_goal(goal: dict[str, int], last: dict[str, int]) -> None:
    done = dict(split(goal, dict.fromkeys(NUMBERS, UP), last))
    assert without_zeros(done) == without_zeros(goal or last)


@given(goal=shares(), pods=BY_VERSION, last=shares())
def test_a_weight_of_0_that_was_0_stays_0(goal: dict[str, int], pods: dict[str, Pods], last: dict[str, int]) -> None:
    done = split(goal, pods, last)
    assert all(goal.get(version) or last.get(version) for version, share in done.items() if share)
