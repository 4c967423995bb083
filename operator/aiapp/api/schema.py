"""Structural schemas, as the API server wants them, from the models. Never states a rule of its own."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from aiapp.api.meta import RULES, ApiModel

Schema = dict[str, Any]

KEPT: Final = frozenset(
    {
        "type",
        "enum",
        "format",
        "pattern",
        "required",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
    }
)
"""Keywords that mean the same in JSON Schema and in a structural schema."""
DROPPED: Final = frozenset({"title", "$defs"})
"""Keywords that say nothing to the API server."""
CHILDREN: Final = frozenset({"properties", "items", "additionalProperties"})
"""Keywords below which schemas lie."""


def structural_schema(model: type[ApiModel]) -> Schema:
    """The model's schema without references and null; raises `ValueError` at a keyword that has no place in it."""
    raw = model.model_json_schema(by_alias=True)
    return _structural(raw, raw.get("$defs", {}))


def rebuilt(node: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """The schema with `change` made at every node, parents first."""
    node = dict(change(node))
    if "properties" in node:
        node["properties"] = {name: rebuilt(child, change) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in node:
            node[key] = rebuilt(node[key], change)
    return node


def without_item_defaults(node: Schema) -> Schema:
    """The schema without defaults below lists; the models have them all the same.

    The API server would write them into items that a user applied without them, and tools that compare lists as a
    whole (Argo CD, `kubectl apply`) would see a difference for ever.
    """
    bare = dict(node)
    if "properties" in node:
        bare["properties"] = {name: without_item_defaults(child) for name, child in node["properties"].items()}
    if "items" in node:
        bare["items"] = rebuilt(node["items"], _without_default)
    return bare


def _without_default(node: Schema) -> Schema:
    return {key: value for key, value in node.items() if key != "default"}


def nodes(node: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every node with its path: `.spec.documents[].url`; `[]` are the items of a list, `{}` the values of a map."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if key in node:
            yield from nodes(node[key], path + mark)


def _structural(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    match node:
        case {"$ref": str(reference), **rest}:
            return _merged(_structural(definitions[reference.rpartition("/")[2]], definitions), rest)
        case {"anyOf": [inner, {"type": "null"}], **rest}:
            return _merged(_structural(inner, definitions), rest)
        case {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], **rest}:
            return {"x-kubernetes-int-or-string": True, **_keywords(rest)}
        case _:
            return _keywords(node) | _children(node, definitions)


def _children(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    children: Schema = {
        key: _structural(node[key], definitions) for key in ("items", "additionalProperties") if key in node
    }
    if "properties" in node:
        properties = node["properties"].items()
        children["properties"] = {name: _structural(child, definitions) for name, child in properties}
    return children


def _merged(inner: Schema, outer: Mapping[str, Any]) -> Schema:
    """The field's own words win over those of its type; the rules of both hold."""
    added = _keywords(outer)
    both = [*inner.get(RULES, []), *added.get(RULES, [])]
    return inner | added | ({RULES: both} if both else {})


def _keywords(node: Mapping[str, Any]) -> Schema:
    kept: Schema = {}
    for key, value in node.items():
        match key:
            case "description":
                kept[key] = " ".join(value.split())
            case "const":
                kept["enum"] = [value]
            case "default":
                kept |= {key: value} if isinstance(value, str | int) else {}
            case _ if key in KEPT or key.startswith("x-kubernetes-"):
                kept[key] = value
            case _ if key in CHILDREN or key in DROPPED:
                pass
            case _:
                raise ValueError(f"a structural schema has no {key}: {value!r}")
    return kept
