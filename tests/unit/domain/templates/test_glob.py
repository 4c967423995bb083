"""Which paths a pattern means, and that no pattern and no path can make that take long."""

import fnmatch
from typing import ClassVar, SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

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
        ("**/a/**/b", "b/a/b/c"),
    ],
)
def test_a_pattern_does_not_mean_a_path(pattern: str, path: str) -> None:
    assert not matches(pattern, path)


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_within_a_folder_it_means_what_a_shell_means(pattern: str, path: str) -> None:
    assert matches(pattern, path) == fnmatch.fnmatchcase(path, pattern) or "**" in pattern


class Looked(str):
    """A part of a path that counts how often one of its characters is looked at."""

    __slots__ = ()
    looks: ClassVar = 0

    @override
    def __getitem__(self, key: SupportsIndex | slice) -> str:
        Looked.looks += 1
        return super().__getitem__(key)


class Path(str):
    """A path of such parts."""

    __slots__ = ()

    @override
    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        return list(map(Looked, super().split(sep, maxsplit)))


def test_a_hostile_name_costs_no_more_than_pattern_times_path() -> None:
    pattern, path = "*a" * 60 + "?b", "a" * 1000
    Looked.looks = 0
    assert not matches(pattern, Path(path))
    assert Looked.looks <= len(pattern) * len(path)


@pytest.mark.parametrize("pattern", ["*.pkl", "*/*.pkl", "**/m?del.pkl", "*m*.pkl"])
@pytest.mark.parametrize("path", ["m" * 600, "m/" * 300 + "m.pkl", "m" * 600 + "/xmodel.pkl/"])
def test_a_path_whose_end_or_depth_is_another_is_hardly_looked_at(pattern: str, path: str) -> None:
    Looked.looks = 0
    assert not matches(pattern, Path(path))
    assert Looked.looks <= len(pattern)
