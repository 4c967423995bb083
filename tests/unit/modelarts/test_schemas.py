"""Schemas in the dialects that packages are written in, and the JSON Schema 2020-12 that each of them becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from aiapp.modelarts.diagnostics import Findings
from aiapp.modelarts.schemas import FILE, read_schema

WHERE = "/apis/0/request/data"


def read(written: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    findings = Findings()
    schema = read_schema(WHERE, written, findings)
    Draft202012Validator.check_schema(schema)
    return schema, findings.repairs()


@pytest.mark.parametrize(
    "written",
    [
        pytest.param({}, id="anything"),
        pytest.param({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, id="an object"),
        pytest.param({"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 1}, id="a list"),
        pytest.param({"type": "number", "default": 1}, id="a default"),
        pytest.param({"type": "integer", "minimum": 1, "maximum": 9, "default": 3}, id="a default within its limits"),
        pytest.param({"type": "string", "maxLength": 3, "enum": ["abc"], "default": "abc"}, id="a default of a text"),
        pytest.param({"minimum": 1, "default": "a"}, id="a default that the limits do not concern"),
        pytest.param({"type": "string", "pattern": "^a+$"}, id="a pattern"),
        pytest.param({"type": "object", "maxProperties": 2}, id="a number of properties"),
        pytest.param({"type": "number", "multipleOf": 0.5}, id="a divisor"),
        pytest.param({"type": ["string", "null"], "enum": ["a", None]}, id="several types"),
        pytest.param({"oneOf": [{"type": "string"}, {"type": "integer"}]}, id="alternatives"),
        pytest.param({"type": "object", "additionalProperties": {"type": "number"}}, id="a map"),
        pytest.param({"type": "object", "properties": {"type": {"type": "string"}}}, id="a property called type"),
    ],
)
def test_json_schema_stays_as_it_is(written: Any) -> None:
    assert read(written) == (written, ())


@pytest.mark.parametrize(
    ("written", "schema", "repaired"),
    [
        pytest.param({"type": "file"}, FILE, (), id="an uploaded file, as documented"),
        pytest.param(
            {"type": "array", "item": {"type": "string"}},
            {"type": "array", "items": {"type": "string"}},
            ("/item: read as items",),
            id="item for items",
        ),
        pytest.param(
            {"type": "object", "roperties": {"a": {"type": "string"}}},
            {"type": "object", "properties": {"a": {"type": "string"}}},
            ("/roperties: read as properties",),
            id="a letter is missing",
        ),
        pytest.param(
            [{"type": "object"}], {"type": "object"}, (": a list of one read as an object",), id="a list of one"
        ),
        pytest.param(
            {"type": "object", "properties": [{"a": {"type": "string"}}, {"b": {"type": "file"}}]},
            {"type": "object", "properties": {"a": {"type": "string"}, "b": FILE}},
            ("/properties: a list read as an object",),
            id="properties as a list of objects",
        ),
        pytest.param(
            {"type": "array", "items": [{"type": "number"}, {"type": "string"}]},
            {"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}]},
            ("/items: a list read as prefixItems",),
            id="a tuple",
        ),
        pytest.param(
            {"type": "array", "items": [{"type": "number"}]},
            {"type": "array", "items": {"type": "number"}},
            ("/items: a list of one read as an object",),
            id="a list of one as items",
        ),
        pytest.param({"type": "list"}, {"type": "array"}, ("/type: 'list' read as array",), id="list"),
        pytest.param({"type": "json"}, {"type": "object"}, ("/type: 'json' read as object",), id="json"),
        pytest.param({"type": "float"}, {"type": "number"}, ("/type: 'float' read as number",), id="float"),
        pytest.param({"type": "String"}, {"type": "string"}, ("/type: 'String' read as string",), id="upper case"),
        pytest.param({"type": "image"}, FILE, ("/type: 'image' read as file",), id="image"),
        pytest.param({"type": "any"}, {}, (), id="any"),
        pytest.param(
            {"type": "tensor"},
            {"description": "type: 'tensor'"},
            ("/type: no JSON Schema: kept as description",),
            id="an unknown type",
        ),
        pytest.param(
            {"images": {"type": "file"}},
            {"type": "object", "properties": {"images": FILE}},
            (": 'images' read as one of the properties of an object",),
            id="properties without the word",
        ),
        pytest.param(
            {"type": "object", "images": {"type": "file"}},
            {"type": "object", "properties": {"images": FILE}},
            (": 'images' read as one of the properties of an object",),
            id="properties beside the type",
        ),
        pytest.param("string", {"type": "string"}, (": a text read as type",), id="a type alone"),
        pytest.param(
            {"type": "string", "nullable": True},
            {"type": ["string", "null"]},
            ("/nullable: read as the type null beside the others",),
            id="nullable, of OpenAPI 3.0",
        ),
        pytest.param(
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            {"type": "number", "exclusiveMinimum": 0},
            (),
            id="exclusiveMinimum, of draft 4",
        ),
        pytest.param(
            {"properties": {"a": {"type": "number", "required": True}, "b": {"required": False}}, "required": ["c"]},
            {"type": "object", "properties": {"a": {"type": "number"}, "b": {}}, "required": ["a", "c"]},
            ("/properties/a/required: read as required of the object that has this property",),
            id="required within the properties, of draft 3",
        ),
        pytest.param(
            {"type": "object", "properties": [{"name": "b", "type": "string"}, {"a": {"type": "number"}}]},
            {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "number"}}},
            ("/properties: a list read as an object",),
            id="properties that name themselves",
        ),
        pytest.param({"example": 1}, {"examples": [1]}, (), id="an example"),
        pytest.param(
            {"type": "string", "required": True},
            {"type": "string"},
            ("/required: read as required of the object that has this property",),
            id="required, of draft 3",
        ),
        pytest.param(
            {"$ref": "https://example.com/x.json"},
            {"description": "$ref: 'https://example.com/x.json'"},
            ("/$ref: no JSON Schema: kept as description",),
            id="a reference is never followed",
        ),
        pytest.param(
            {"type": "array", "minItems": "two"},
            {"type": "array", "description": "minItems: 'two'"},
            ("/minItems: no JSON Schema: kept as description",),
            id="no number",
        ),
        pytest.param({"default": float("inf")}, {"default": "inf"}, (), id="a number that JSON has not"),
        pytest.param(
            {"type": "integer", "default": "0"},
            {"type": "integer", "description": "default: '0'"},
            ("/default: no JSON Schema: kept as description",),
            id="a default of another type",
        ),
        pytest.param(
            {"type": "integer", "maximum": 9, "default": 10},
            {"type": "integer", "maximum": 9, "description": "default: 10"},
            ("/default: no JSON Schema: kept as description",),
            id="a default beyond its limits",
        ),
        pytest.param(
            {"type": "string", "pattern": "("},
            {"type": "string", "description": "pattern: '('"},
            ("/pattern: no JSON Schema: kept as description",),
            id="a pattern that is none",
        ),
    ],
)
def test_a_dialect_is_turned_and_said(written: Any, schema: dict[str, Any], repaired: tuple[str, ...]) -> None:
    assert read(written) == (schema, tuple(f"{WHERE}{words}" for words in repaired))


KEYWORDS = """type properties items item required roperties enum minimum exclusiveMinimum nullable description default
oneOf additionalProperties maxLength maximum pattern multipleOf minProperties name x images $ref title not"""
WORDS = st.sampled_from(KEYWORDS.split())
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(whitelist_categories=("Cs", "Cc", "L", "P", "Z")), max_size=5)
    | st.sampled_from(["object", "array", "file", "list", "json", "string"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_whatever_is_written_becomes_a_valid_schema_that_can_be_written(written: Any) -> None:
    schema, repaired = read(written)
    assert json.dumps(schema, allow_nan=False, ensure_ascii=False).encode()
    assert all(one.startswith(WHERE) for one in repaired[:31])
