"""Which paths a pattern means, and that no pattern and no path can make that take long."""

import fnmatch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiapp.domain.templates.glob import matches


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.pkl", "model.pkl"),
        ("*.pkl", ".pkl"),
        ("mod?l.om", "model.om"),
        ("**/model.om", "model.om"),
        ("**/model.om", "a/b/model.om"),
        ("a/**", "a/b/c"),
        ("a/**/z", "a/z"),
        ("*/saved_model.pb", "1/saved_model.pb"),
        ("**", "anything/at/all"),
        ("*a*b", "xaxbxb"),
        ("*?a*b", "xaxbxb"),
        ("**/a/**", "b/a/c/d"),
    ],
)
def test_a_pattern_means_a_path(pattern: str, path: str) -> None:
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.pkl", "run/model.pkl"),
        ("*.pkl", "model.pkl.bak"),
        ("mod?l.om", "modl.om"),
        ("*/saved_model.pb", "saved_model.pb"),
        ("*/saved_model.pb", "a/1/saved_model.pb"),
        ("a/**/z", "b/a/z"),
        ("model.om", "Model.om"),
        ("[ab].pkl", "a.pkl"),
        ("*a?", "ba"),
        ("a*a", "a"),
        ("**/a/**/a", "a"),
        ("**/a/**/b", "b/a/b/c"),
    ],
)
def test_a_pattern_does_not_mean_a_path(pattern: str, path: str) -> None:
    assert not matches(pattern, path)


def means(pattern: list[str], path: list[str]) -> bool:
    """What the documentation says, tried in every way."""
    if not pattern:
        return not path
    part, *rest = pattern
    if part == "**":
        return any(means(rest, path[skipped:]) for skipped in range(len(path) + 1))
    return bool(path) and fnmatch.fnmatchcase(path[0], part) and means(rest, path[1:])


paths = st.lists(st.text("ab\n.", max_size=4), min_size=1, max_size=6).map("/".join)
patterns = st.lists(st.just("**") | st.text("ab*?.", max_size=5), min_size=1, max_size=6).map("/".join)


@settings(max_examples=1000)
@given(patterns, paths)
def test_it_means_what_trying_every_way_finds(pattern: str, path: str) -> None:
    assert matches(pattern, path) == means(pattern.split("/"), path.split("/"))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 60 + "?b", "a" * 1000),
        ("**/*a*a/" * 14 + "b/**", "aaa/" * 250),
        ("**/x/x/x/x/x/x/x/x/x/x/x/y/**", "x/" * 500),
        ("**/*/" * 24 + "*b*/**", "x/" * 500),
        ("**/" * 40 + "?b/**/x", "x/" * 499 + "x"),
    ],
)
def test_a_hostile_pattern_is_not_tried_in_every_way(pattern: str, path: str) -> None:
    """Most would otherwise take longer than anybody waits."""
    assert not matches(pattern, path)
