"""Schemas in the dialects that packages are written in."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve.schemas import FILE, MAX_DEPTH, normalized

NUMBER, TEXT = {"type": "number"}, {"type": "string"}


@pytest.mark.parametrize(
    ("written", "schema"),
    [
        pytest.param(
            {"type": "object", "properties": {"images": {"type": "file"}}},
            {"type": "object", "properties": {"images": FILE}},
            id="an uploaded file",
        ),
        pytest.param({"type": "array", "item": [{"type": "float"}]}, {"type": "array", "items": NUMBER}, id="item"),
        pytest.param({"type": "list", "items": {"type": "str"}}, {"type": "array", "items": TEXT}, id="list, str"),
        pytest.param(
            {"type": "array", "items": [{"type": "string"}, {"type": "number"}]},
            {"type": "array", "prefixItems": [TEXT, NUMBER]},
            id="a tuple",
        ),
        pytest.param({"type": "json"}, {"type": "object"}, id="json as a type"),
        pytest.param(
            {"type": "object", "roperties": {"a": {"type": "number"}}},
            {"type": "object", "properties": {"a": NUMBER}},
            id="misspelt properties",
        ),
        pytest.param({"properties": {"a": "string"}}, {"type": "object", "properties": {"a": TEXT}}, id="no type"),
        pytest.param({"items": {}}, {"type": "array", "items": {}}, id="items alone"),
        pytest.param([{"type": "number"}], NUMBER, id="a list of one"),
        pytest.param({"a": {"type": "number"}}, {"type": "object", "properties": {"a": NUMBER}}, id="bare properties"),
        pytest.param(
            {"type": "object", "properties": [{"a": {"type": "number"}}, {"name": "b", "type": "string"}]},
            {"type": "object", "properties": {"a": NUMBER, "b": {"type": "string"}}},
            id="properties as a list",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"type": "number", "required": True}}},
            {"type": "object", "properties": {"a": NUMBER}, "required": ["a"]},
            id="required within a property",
        ),
        pytest.param({"type": "string", "minLength": "3", "enum": []}, TEXT, id="keywords of a wrong type"),
        pytest.param({"type": "tensor", "description": "x"}, {"description": "x"}, id="an unknown type"),
        pytest.param({"type": ["null", "string"]}, TEXT, id="a list of types"),
        pytest.param(None, {}, id="nothing"),
        pytest.param({}, {}, id="an empty one"),
        pytest.param(5, {}, id="a number"),
        pytest.param([], {}, id="an empty list"),
    ],
)
def test_a_dialect_becomes_json_schema(written: Any, schema: Any) -> None:
    assert normalized(written) == schema


def test_endless_nesting_is_cut() -> None:
    written: Any = {"type": "string"}
    for _ in range(MAX_DEPTH * 3):
        written = {"type": "array", "items": written}

    assert str(normalized(written)).count("array") == MAX_DEPTH + 1


KEYS = st.sampled_from(["type", "items", "item", "properties", "required", "enum", "minimum", "name", "format", "a"])
WORDS = st.sampled_from(["file", "object", "array", "float", "x", "null"])
ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(ANYTHING)
def test_whatever_is_written_the_schema_is_valid(written: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(normalized(written))
