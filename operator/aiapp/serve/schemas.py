"""The schemas that packages declare, in whatever dialect, as JSON Schema 2020-12; what has no place in it is left out.

Schemas describe: nothing is ever validated with them.
"""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional

Schema = Dict[str, Any]

MAX_DEPTH = 32
FILE: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
"""An uploaded file, as OpenAPI 3.1 describes one."""

_TYPES = {
    **dict.fromkeys(("object", "dict", "map", "json"), "object"),
    **dict.fromkeys(("array", "list", "tuple"), "array"),
    **dict.fromkeys(("string", "str", "text"), "string"),
    **dict.fromkeys(("integer", "int", "long", "int32", "int64"), "integer"),
    **dict.fromkeys(("number", "float", "double", "float32", "float64"), "number"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    "null": "null",
}
_FILES = frozenset(["file", "files", "image", "binary"])
_PROPERTIES = ("properties", "property", "propertys", "propertie", "roperties", "porperties")
_ITEMS = ("items", "item")
_TEXTS = ("title", "description", "pattern", "format")
_SIZES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def normalized(written: Any, depth: int = 0) -> Schema:
    """A valid JSON Schema that says of `written` what can be understood; {} (anything) when that is nothing."""
    if depth > MAX_DEPTH:
        return {}
    if isinstance(written, list):  # a list of one stands for its item
        return normalized(written[0], depth + 1) if written else {}
    if isinstance(written, str):  # {"name": "string"}
        written = {"type": written}
    if not isinstance(written, dict):
        return {}
    return _of_object(written, depth)


def _of_object(written: Dict[str, Any], depth: int) -> Schema:
    name = _type_name(written.get("type"))
    if name in _FILES:
        return {**FILE, **_annotations(written)}
    schema = _annotations(written)
    properties = _first(written, _PROPERTIES)
    items = _first(written, _ITEMS)
    if name in _TYPES:
        schema["type"] = _TYPES[name]
    elif properties is not None:
        schema["type"] = "object"
    elif items is not None:
        schema["type"] = "array"
    elif _is_bare_object(written):
        return _of_bare_object(written, depth)
    _add_members(schema, properties, items, depth)
    _add_required(schema, written, properties)
    return schema


def _type_name(written: Any) -> str:
    if isinstance(written, list):  # ["string", "null"]
        written = next((item for item in written if item != "null"), None)
    return written.strip().lower() if isinstance(written, str) else ""


def _first(written: Dict[str, Any], names: "tuple[str, ...]") -> Optional[Any]:
    return next((written[name] for name in names if name in written), None)


def _is_bare_object(written: Dict[str, Any]) -> bool:
    """Whether this is properties without the words for it: `{"images": {"type": "file"}}`."""
    return "type" not in written and bool(written) and all(isinstance(v, (dict, list)) for v in written.values())


def _of_bare_object(written: Dict[str, Any], depth: int) -> Schema:
    return {"type": "object", "properties": _properties(written, depth)}


def _add_members(schema: Schema, properties: Any, items: Any, depth: int) -> None:
    if properties is not None:
        schema["properties"] = _properties(properties, depth)
    if isinstance(items, list) and len(items) > 1:
        schema["prefixItems"] = [normalized(item, depth + 1) for item in items]
    elif items is not None:
        schema["items"] = normalized(items, depth + 1)


def _properties(written: Any, depth: int) -> Dict[str, Schema]:
    """By name; a list holds either such maps or schemas that name themselves."""
    maps = written if isinstance(written, list) else [written]
    properties: Dict[str, Schema] = {}
    for entry in maps:
        if not isinstance(entry, dict):
            continue
        if isinstance(entry.get("name"), str) and "type" in entry:
            entry = {entry["name"]: entry}  # noqa: PLW2901 - the same in the other form
        properties.update((name, normalized(value, depth + 1)) for name, value in entry.items())
    return properties


def _add_required(schema: Schema, written: Dict[str, Any], properties: Any) -> None:
    """A list of names, or draft 3's `required: true` within the properties."""
    names = _names(written.get("required")) or _names(written.get("require"))
    if isinstance(properties, dict):
        names += [
            name for name, value in properties.items() if isinstance(value, dict) and value.get("required") is True
        ]
    if names:
        schema["required"] = list(dict.fromkeys(names))


def _names(written: Any) -> List[str]:
    return [name for name in written if isinstance(name, str)] if isinstance(written, list) else []


def _annotations(written: Dict[str, Any]) -> Schema:
    """Keywords whose values have the right type."""
    kept: Schema = {name: written[name] for name in _TEXTS if isinstance(written.get(name), str)}
    kept.update((name, written[name]) for name in _SIZES if _is_size(written.get(name)))
    kept.update((name, written[name]) for name in _NUMBERS if _is_number(written.get(name)))
    if isinstance(written.get("enum"), list) and written["enum"]:
        kept["enum"] = written["enum"]
    for name in ("default", "example"):
        if name in written:
            kept[name] = written[name]
    return kept


def _is_size(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
