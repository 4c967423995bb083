"""Object keys are hostile input: every rule by name, and no key ever leaves the folder."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.objectstore import keys
from aiapp.domain.objectstore.keys import CollisionDetector, KeyRefusedError, relative_path

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
        pytest.param("/".join("a" * 129), "more than 128 parts", id="folders too deep"),
        pytest.param("/".join("é" * 129), "more than 128 parts", id="folders too deep, not in ASCII"),
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


def refuse_collisions(paths: list[str]) -> None:
    detector = CollisionDetector()
    for path in paths:
        detector.add(path)
    detector.refuse(lambda: paths)


@pytest.fixture(params=[pytest.param(100_000, id="few folders"), pytest.param(0, id="more folders than are kept")])
def kept_folders(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MAX_KEPT_FOLDERS", request.param)


@pytest.mark.usefixtures("kept_folders")
@pytest.mark.parametrize(
    ("paths", "refused", "rule"),
    [
        pytest.param(["Model.pth", "model.pth"], "model.pth", "collides with 'Model.pth'", id="case"),
        pytest.param(["cafe\u0301", "caf\u00e9"], "caf\u00e9", "collides with", id="composed and decomposed"),
        pytest.param(["STRASSE", "stra\u00dfe"], "stra\u00dfe", "collides with 'STRASSE'", id="folding beyond ASCII"),
        pytest.param(["A/B", "a/b"], "a/b", "collides with 'A/B'", id="case in a folder"),
        pytest.param(["a", "a/b"], "a/b", "'a' is an object as well", id="a file that is also a folder"),
        pytest.param(
            ["A", "a/b/c"], "a/b/c", "'A' is an object as well", id="a file that is also a folder, in capitals"
        ),
        pytest.param(["a/b/c", "x/y", "a"], "a/b/c", "'a' is an object as well", id="a folder that is also a file"),
    ],
)
def test_two_keys_that_are_one_name_are_refused(paths: list[str], refused: str, rule: str) -> None:
    with pytest.raises(KeyRefusedError) as error:
        refuse_collisions(paths)
    assert (error.value.key, rule in error.value.rule) == (refused, True)


@pytest.mark.usefixtures("kept_folders")
def test_neighbours_are_not_taken_for_one_name() -> None:
    refuse_collisions(["a", "a-b/c", "a.b", "ab", "b/a", "c/a"])


def test_paths_are_gone_through_again_only_if_some_may_collide() -> None:
    detector = CollisionDetector()
    for path in ("a", "b/c", "b/d"):
        detector.add(path)
    detector.refuse(lambda: pytest.fail("there is nothing to look for"))


def test_equal_hashes_of_different_names_are_no_collision() -> None:
    paths = ["a", "b", "c/d"]
    for suspect in map(hash, ("a", "b", "c", "c/d")):
        keys._refuse(paths, suspect)


def one_by_one(paths: list[str]) -> bool:
    """Whether two of the paths are one name, by looking at every pair."""
    folders = {path[:end].lower() for path in paths for end in range(len(path)) if path[end] == "/"}
    names = [path.lower() for path in paths]
    return len(set(names)) < len(names) or not folders.isdisjoint(names)


PARTS = st.lists(st.sampled_from(["a", "A", "b"]), min_size=1, max_size=3).map("/".join)


@pytest.mark.parametrize("kept", [100_000, 0])
@given(paths=st.lists(PARTS, unique=True, max_size=5))
def test_exactly_what_is_one_name_is_refused(paths: list[str], kept: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "MAX_KEPT_FOLDERS", kept)
        if one_by_one(paths):
            with pytest.raises(KeyRefusedError):
                refuse_collisions(sorted(paths))
        else:
            refuse_collisions(sorted(paths))


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
