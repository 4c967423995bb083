"""The way from one split to another."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.application.traffic.interpolation import interpolate

VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.1.0")
PERCENT = st.integers(0, 100)
NUMBERS = st.dictionaries(st.sampled_from(VERSIONS), st.integers(0, 128))


@st.composite
def splits(draw: st.DrawFn) -> dict[str, int]:
    """Shares of some versions that add up to 100."""
    versions = draw(st.lists(st.sampled_from(VERSIONS), min_size=1, unique=True))
    cuts = sorted(draw(st.lists(PERCENT, min_size=len(versions) - 1, max_size=len(versions) - 1)))
    ends = [*cuts, 100]
    return {v: end - begin for v, begin, end in zip(versions, [0, *cuts], ends, strict=True)}


@pytest.mark.parametrize(
    ("start", "end", "percent", "there"),
    [
        pytest.param({"1": 100}, {"2": 100}, 25, {"2": 25, "1": 75}, id="one version takes over from another"),
        pytest.param({"1": 90, "2": 10}, {"1": 50, "2": 50}, 50, {"1": 70, "2": 30}, id="shares shift"),
        pytest.param(
            {"1": 100}, {"2": 50, "3": 50}, 25, {"2": 13, "3": 12, "1": 75}, id="what does not divide goes to the first"
        ),
        pytest.param({"1": 50, "2": 50}, {"3": 100}, 99, {"3": 99, "1": 0, "2": 1}, id="two versions go"),
        pytest.param({"1": 4}, {"2": 4}, 25, {"2": 1, "1": 3}, id="pods"),
        pytest.param({"1": 1}, {"2": 1}, 25, {"2": 0, "1": 1}, id="a pod is not divided"),
        pytest.param({"1": 2}, {"2": 8}, 50, {"2": 4, "1": 1}, id="more pods than before"),
    ],
)
def test_part_of_the_way(start: Mapping[str, int], end: Mapping[str, int], percent: int, there: dict[str, int]) -> None:
    assert interpolate(start, end, percent) == there


@given(splits(), splits(), PERCENT)
def test_shares_add_up_to_100_at_every_step(start: dict[str, int], end: dict[str, int], percent: int) -> None:
    assert sum(interpolate(start, end, percent).values()) == 100


@given(NUMBERS, NUMBERS)
def test_it_begins_and_ends_where_it_should(start: dict[str, int], end: dict[str, int]) -> None:
    versions = {*start, *end}
    assert interpolate(start, end, 0) == {v: start.get(v, 0) for v in versions}
    assert interpolate(start, end, 100) == {v: end.get(v, 0) for v in versions}


@given(NUMBERS, NUMBERS, PERCENT, PERCENT)
def test_no_version_ever_goes_back(start: dict[str, int], end: dict[str, int], one: int, other: int) -> None:
    early, late = (interpolate(start, end, percent) for percent in sorted((one, other)))
    for version, number in early.items():
        begin, wished = start.get(version, 0), end.get(version, 0)
        assert begin <= number <= late[version] <= wished or begin >= number >= late[version] >= wished


@given(NUMBERS, NUMBERS, PERCENT)
def test_there_are_never_more_pods_than_before_or_after(
    start: dict[str, int], end: dict[str, int], percent: int
) -> None:
    ends = sum(start.values()), sum(end.values())
    assert min(ends) <= sum(interpolate(start, end, percent).values()) <= max(ends)


@given(splits(), splits(), PERCENT)
def test_rounding_costs_no_share_more_than_one_and_a_half_percent(
    start: dict[str, int], end: dict[str, int], percent: int
) -> None:
    for version, share in interpolate(start, end, percent).items():
        begin, wished = start.get(version, 0), end.get(version, 0)
        assert abs(share - (begin + (wished - begin) * percent / 100)) <= 1.5
