"""JSON as people write it: what is repaired is reported with its place, what is not JSON is refused with its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiapp.modelarts.lenient_json import MAX_DEPTH, NotJson, Parsed, parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TOKENS = st.lists(
    st.sampled_from(
        ['"', "\\", "//", "/*", "*/", "\n", "{", "}", "[", "]", ",", ":", "1", "true", " ", "é", "\x00", '"a"']
    )
).map("".join)


@pytest.mark.parametrize(
    ("text", "value", "repaired"),
    [
        pytest.param('{"a": 1}', {"a": 1}, (), id="strict JSON needs no repair"),
        pytest.param('\r\n\t {"a": 1}\r\n', {"a": 1}, (), id="blanks around it"),
        pytest.param('{"a": 1,\n}', {"a": 1}, ("line 1 column 8: trailing commas ignored",), id="trailing comma"),
        pytest.param(
            "[1, [2, ], ]",
            [1, [2]],
            ("line 1 column 7: trailing commas ignored (2 in all)",),
            id="two trailing commas are reported once, with the place of the first",
        ),
        pytest.param(
            '{"a": 1, // why\n "b": 2}', {"a": 1, "b": 2}, ("line 1 column 10: comments ignored",), id="line comment"
        ),
        pytest.param('/* two\nlines */ {"a": 1}', {"a": 1}, ("line 1 column 1: comments ignored",), id="block comment"),
        pytest.param(
            '{"a": 1, // ,\n}',
            {"a": 1},
            ("line 1 column 10: comments ignored", "line 1 column 8: trailing commas ignored"),
            id="a comment between the trailing comma and the end",
        ),
        pytest.param(
            '{"url": "http://x/*y*/,]", "b": [1,]}',
            {"url": "http://x/*y*/,]", "b": [1]},
            ("line 1 column 35: trailing commas ignored",),
            id="what looks like a comment or a comma inside a string stays",
        ),
        pytest.param(
            '{"a": "x\\"//y",}', {"a": 'x"//y'}, ("line 1 column 15: trailing commas ignored",), id="escaped quote"
        ),
        pytest.param(
            '{"a": 1, "a": 2}',
            {"a": 2},
            ("line 1 column 10: duplicate key 'a': the last value counts",),
            id="duplicate key, with the place of the last",
        ),
        pytest.param(
            '[{"a": {"b": 1}, // b\n "c": [{"b": 2}],\n "a": {"a": 3}}, {"a": 4}]',
            [{"a": {"a": 3}, "c": [{"b": 2}]}, {"a": 4}],
            ("line 1 column 18: comments ignored", "line 3 column 2: duplicate key 'a': the last value counts"),
            id="the same key in other objects is no duplicate",
        ),
        pytest.param('{"a": NaN}', {"a": None}, ("NaN read as null",), id="a constant of Python"),
        pytest.param(
            '{"a": "x\ty"}',
            {"a": "x\ty"},
            ("line 1 column 9: control character inside a string",),
            id="tab in a string",
        ),
        pytest.param("9" * 5000, float("inf"), (), id="a number beyond all bounds"),
    ],
)
def test_what_is_plain_is_read(text: str, value: object, repaired: tuple[str, ...]) -> None:
    found = parse(text)
    assert isinstance(found, Parsed)
    assert (found.value, tuple(note.text for note in found.repaired)) == (value, repaired)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        pytest.param("", 1, 1, "Expecting value, found the end", id="empty"),
        pytest.param('{\n  "a" 1\n}', 2, 7, "Expecting ':' delimiter, found '1'", id="no colon"),
        pytest.param('{"a": 1 // x\n "b": 2}', 2, 2, "Expecting ',' delimiter", id="no comma, place after the comment"),
        pytest.param("[,]", 1, 2, "Expecting value", id="a comma alone is not a trailing one"),
        pytest.param("[1,,]", 1, 4, "Expecting value", id="two commas"),
        pytest.param('{"a": "b', 1, 7, "Unterminated string", id="string without an end"),
        pytest.param("{} {}", 1, 4, "Extra data", id="two documents"),
        pytest.param("<<<<<<< HEAD\n{}", 1, 1, "Expecting value, found '<<<<<<< HEAD'", id="conflict marker"),
        pytest.param("[" * (MAX_DEPTH + 1), 1, MAX_DEPTH + 1, "nested deeper than", id="nested too deeply"),
        pytest.param('{"a":' * 100_000, 1, 5 * MAX_DEPTH + 1, "nested deeper than", id="nested far too deeply"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(text: str, line: int, column: int, words: str) -> None:
    found = parse(text)
    assert isinstance(found, NotJson)
    assert words in found.message
    assert (found.line, found.column) == (line, column)


@settings(max_examples=50, deadline=None)
@given(JSON)
def test_all_strict_json_is_read_as_it_is(value: object) -> None:
    assert parse(json.dumps(value)) == Parsed(value)


@settings(max_examples=50, deadline=None)
@given(JSON)
def test_comments_and_trailing_commas_never_change_a_value(value: object) -> None:
    text = f'// [first\n[{json.dumps(value, ensure_ascii=False)}, /* "last }} */ ]'
    found = parse(text)
    assert isinstance(found, Parsed)
    assert found.value == [value]


@settings(max_examples=50, deadline=None)
@given(TOKENS | st.text())
def test_no_text_whatever_raises(text: str) -> None:
    assert isinstance(parse(text), (Parsed, NotJson))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"' + '\\"' * 200_000, id="escaped quotes without an end"),
        pytest.param("/*" * 200_000, id="comments that open comments"),
        pytest.param("[" + "1," * 200_000, id="a list without an end"),
        pytest.param('{"a":1,' * 60 + '"a":1,' * 100_000, id="the same key over and over"),
        pytest.param("//\n" * 100_000, id="nothing but comments"),
    ],
)
def test_hostile_repetition_ends_soon(text: str) -> None:
    assert isinstance(parse(text), NotJson)
