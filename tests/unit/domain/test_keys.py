"""Object keys are hostile input: every rule by name, and no key ever leaves the folder."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.keys import KeyRefusedError, Twins, refuse_collisions, relative_path

PREFIX = "models/mnist/"


@pytest.mark.parametrize(
    ("key", "path"),
    [
        pytest.param("models/mnist/config.json", "config.json", id="a file at the root"),
        pytest.param("models/mnist/variables/variables.index", "variables/variables.index", id="nested"),
        pytest.param("models/mnist/a b/c d.txt", "a b/c d.txt", id="spaces are legal below the package"),
        pytest.param("models/mnist/..data", "..data", id="two dots that only begin a name"),
        pytest.param("models/mnist/模型.pth", "模型.pth", id="any script"),
        pytest.param("models/mnist/" + "a" * 255, "a" * 255, id="a part of 255 bytes"),
    ],
)
def test_a_harmless_key_keeps_its_name(key: str, path: str) -> None:
    assert relative_path(key, PREFIX) == path


@pytest.mark.parametrize(
    ("below", "rule"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("/etc/passwd", "absolute", id="absolute"),
        pytest.param("../x", "part '..'", id="parent at the start"),
        pytest.param("a/../../x", "part '..'", id="parent in the middle"),
        pytest.param("a/..", "part '..'", id="parent at the end"),
        pytest.param("./x", "part '.'", id="dot"),
        pytest.param("a//b", "empty part", id="double slash"),
        pytest.param("a/", "empty part", id="slash at the end"),
        pytest.param("a\\b", "backslash", id="backslash"),
        pytest.param("a\nb", "control character", id="line feed"),
        pytest.param("a\tb", "control character", id="tab"),
        pytest.param("a\x00b", "control character", id="NUL"),
        pytest.param("a\x7fb", "control character", id="DEL"),
        pytest.param("a\x85b", "control character", id="next line"),
        pytest.param("a\u2028b", "line separator", id="line separator"),
        pytest.param("a\ud800b", "not UTF-8", id="half of a surrogate pair"),
        pytest.param("a" * 256, "255 bytes", id="part too long"),
        pytest.param("é" * 128, "255 bytes", id="part too long in bytes, not in characters"),
        pytest.param("/".join(["a" * 200] * 6), "1024 bytes", id="path too long"),
        pytest.param(".aiapp-fetch/journal", "reserved", id="the fetcher's own folder"),
        pytest.param(".AIAPP-fetch/journal", "reserved", id="the fetcher's own folder in capitals"),
    ],
)
def test_a_hostile_key_is_refused_by_name_and_rule(below: str, rule: str) -> None:
    with pytest.raises(KeyRefusedError) as refused:
        relative_path(PREFIX + below, PREFIX)
    assert rule in refused.value.rule
    assert PREFIX.strip("/") in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_key_outside_the_prefix_is_refused() -> None:
    with pytest.raises(KeyRefusedError, match="does not lie under 'models/mnist/'"):
        relative_path("models/mnist2/config.json", PREFIX)


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(["Model.pth", "model.pth"], id="case"),
        pytest.param(["caf\u00e9", "cafe\u0301"], id="composed and decomposed"),
        pytest.param(["stra\u00dfe", "STRASSE"], id="case folding beyond ASCII"),
        pytest.param(["a/b", "A/B"], id="case in a folder"),
        pytest.param(["a", "a/b"], id="a file that is also a folder"),
        pytest.param(["a/b/c", "A"], id="a file that is also a folder, in capitals"),
    ],
)
def test_two_keys_that_are_one_name_are_refused(paths: list[str]) -> None:
    with pytest.raises(KeyRefusedError):
        refuse_collisions(paths)
    assert suspected(sorted(paths))


def test_neighbours_are_not_taken_for_twins() -> None:
    neighbours = ["a", "ab", "a.b", "b/a", "c/a", "a-b/c"]
    refuse_collisions(neighbours)
    assert not suspected(sorted(neighbours))


def suspected(paths: list[str]) -> bool:
    twins = Twins()
    for path in paths:
        twins.add(path)
    return twins.suspected()


@given(st.lists(st.text("aAb/", min_size=1, max_size=5), unique=True))
def test_twins_are_suspected_exactly_where_there_are_some(paths: list[str]) -> None:
    try:
        refuse_collisions(paths)
    except KeyRefusedError:
        assert suspected(paths)
    else:
        assert not suspected(paths)


@given(st.text())
def test_no_key_ever_escapes_the_target(key: str) -> None:
    try:
        path = relative_path(key, "")
    except KeyRefusedError:
        return
    assert posixpath.normpath(posixpath.join("/target", path)) == f"/target/{path}"


@given(st.lists(st.sampled_from(["..", ".", "", "a", "\\", "\n", "é"])).map("/".join))
def test_no_key_of_hostile_parts_escapes_the_target(key: str) -> None:
    try:
        path = relative_path(key, "")
    except KeyRefusedError:
        return
    assert posixpath.normpath(posixpath.join("/target", path)) == f"/target/{path}"
