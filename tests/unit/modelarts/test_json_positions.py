"""Lines and columns of the members of a JSON text, comments and duplicates included."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiapp.modelarts.json_positions import Position, duplicate_keys, pointer, positions

TEXT = """{ // "a": 0
  "a": 1,
  "b": [10, {"c": "}"}, [],
        "x"],
  "b~/": {"a": {"a": 2}},
}
"""


@pytest.mark.parametrize(
    ("path", "position"),
    [
        pytest.param("/a", (2, 3), id="a member, where its key begins"),
        pytest.param("/b", (3, 3), id="a list"),
        pytest.param("/b/0", (3, 9), id="an item"),
        pytest.param("/b/1/c", (3, 14), id="a member of an item, with a bracket in its text"),
        pytest.param("/b/3", (4, 9), id="an item on the next line"),
        pytest.param("/b~0~1/a/a", (5, 17), id="a key with characters of pointers"),
    ],
)
def test_a_pointer_has_a_position(path: str, position: tuple[int, int]) -> None:
    assert positions(TEXT, {path})[path] == Position(*position)


def test_parents_come_with_it_and_what_does_not_exist_has_no_position() -> None:
    assert positions(TEXT, {"/b/1/z"}) == {"/b": Position(3, 3), "/b/1": Position(3, 13)}
    assert positions(TEXT, ()) == {}


def test_of_duplicate_keys_the_last_one_is_the_place_as_it_is_the_value() -> None:
    text = '{"a": 1,\n "a": 2,\n "a": 3}'
    assert positions(text, {"/a"}) == {"/a": Position(3, 2)}
    assert duplicate_keys(text, 1) == [("a", Position(2, 2))]


JSON = st.recursive(
    st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


def _pointers(value: object, path: str = "") -> Iterator[str]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in members:
        yield pointer(path, key)
        yield from _pointers(child, pointer(path, key))


@settings(max_examples=50, deadline=None)
@given(JSON)
def test_every_member_of_every_document_is_found_and_nothing_else(value: object) -> None:
    wanted = set(_pointers(value))
    assert positions(json.dumps(value, indent=1), wanted).keys() == wanted
    assert duplicate_keys(json.dumps(value), 9) == []
