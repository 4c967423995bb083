"""From the schemas that packages write in `apis`, in every dialect, to JSON Schema 2020-12.

Best effort: what cannot be converted is kept as description and reported. Never refuses, never follows a reference.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from typing import Any, Callable, Dict

from .apis import FILE_TYPES, PackageApi
from .diagnostics import Findings, excerpt, nearest
from .json_positions import pointer

JsonSchema = Dict[str, Any]

FILE: Mapping[str, str] = {"type": "string", "contentMediaType": "application/octet-stream"}
"""An uploaded file, as OpenAPI 3.1 describes one."""

_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_MEANT = {
    **dict.fromkeys(("list", "tuple", "[]", "lists"), "array"),
    **dict.fromkeys(("json", "dict", "map", "struct", "jsonobject", "{}"), "object"),
    **dict.fromkeys(("float", "double", "float32", "float64", "decimal", "numeric", "num"), "number"),
    **dict.fromkeys(("int", "long", "int32", "int64", "short"), "integer"),
    **dict.fromkeys(("str", "text", "char", "base64"), "string"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("none", "nil"), "null"),
}
_ANYTHING = frozenset({"any", "*", ""})

_SLIPS = {"item": "items", "property": "properties", "props": "properties", "desc": "description"}
"""Beside those that only look alike, such as `roperties`."""
_MAX_TEXT = 1024
_MAX_SCHEMAS = 2000
"""Of one body, nested ones included."""
_MAX_GUESSES = 100
"""Unknown keys of one body that are compared with the known ones: a comparison takes a tenth of a millisecond."""
_MAX_KEPT = 100
"""Keys of one schema that are kept as description."""
_KINDS: Mapping[type, tuple[str, ...]] = {
    str: ("string",),
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number",),
    type(None): ("null",),
}
_UNCONDITIONAL = frozenset(
    {"type", "default", "title", "description", "examples", "deprecated", "readOnly", "writeOnly"}
)
_LIMITS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
    "minLength": lambda value, least: len(value) >= least,
    "maxLength": lambda value, most: len(value) <= most,
    "enum": lambda value, known: value in known,
    "const": operator.eq,
}
"""Conditions that a plain value can be held against."""
_CONDITIONS_OF = {
    "minLength": (str,),
    "maxLength": (str,),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), (int, float)),
}
"""The types of the values that a condition applies to; other conditions apply to all."""
_DROPPED = frozenset({"$schema", "$id", "id", "$comment"})
"""Say nothing to a reader of the API."""


_Handler = Callable[[str, Any, JsonSchema, str], None]
"""JSON pointer, what is written there, the schema being made, the keyword."""


class _Converter:
    """Converts one schema after the other; `findings` collects what was read leniently."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._room = _MAX_SCHEMAS
        self._guesses = _MAX_GUESSES
        self._keywords: dict[str, _Handler] = {
            "type": self._type,
            "properties": self._properties,
            "items": self._items,
            "required": self._required,
            "nullable": self._nullable,
            "example": self._example,
            **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), self._several),
            **dict.fromkeys(("additionalProperties", "not", "contains"), self._one),
            **dict.fromkeys(("title", "description", "format", "contentMediaType", "contentEncoding"), self._words),
            **dict.fromkeys(("enum", "examples"), self._list),
            **dict.fromkeys(("default", "const"), self._value),
            **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), self._bound),
            **dict.fromkeys(
                ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"), self._count
            ),
            "multipleOf": self._divisor,
            "pattern": self._pattern,
            **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), self._flag),
        }

    def schema(self, where: str, written: Any) -> JsonSchema:
        """JSON Schema for what is written at the JSON pointer `where`; empty beyond a number of them."""
        self._room -= 1
        if self._room < 0:
            self._findings.repair(where, "left out: too many schemas") if self._room == -1 else None
            return {}
        if isinstance(written, dict):
            return self._object(where, written)
        if isinstance(written, list) and written and isinstance(written[0], dict):
            return self._list_of_schemas(where, written)
        if isinstance(written, str):
            return self._named(where, written)
        if written is None or isinstance(written, bool):
            return {}
        return self._kept(where, written, {})

    def _list_of_schemas(self, where: str, written: list[Any]) -> JsonSchema:
        if len(written) == 1:
            self._findings.repair(where, "a list of one read as an object")
            return self.schema(pointer(where, 0), written[0])
        self._findings.repair(where, "a list of schemas read as those of a list's items")
        return {"type": "array", "prefixItems": self._each(where, written)}

    def _object(self, where: str, written: dict[str, Any]) -> JsonSchema:
        meant = {key: self._meant(where, key, written) for key in written if key not in _DROPPED}
        strange = [key for key, keyword in meant.items() if keyword is None]
        loose = [] if "properties" in meant.values() else [key for key in strange if _is_schema(written[key])]
        made: JsonSchema = {}
        if loose:
            self._findings.repair(where, f"{excerpt(loose[0])} read as one of the properties of an object")
            made = {"type": "object", "properties": self._members(where, {key: written[key] for key in loose})}
        for key, keyword in meant.items():
            if keyword is not None:
                self._keywords[keyword](pointer(where, key), written[key], made, keyword)
        for key in [key for key in strange[:_MAX_KEPT] if key not in loose[:_MAX_KEPT]]:
            self._kept(pointer(where, key), written[key], made)
        made = _completed(made)
        if "default" in made and not _has_fitting_default(made):
            self._kept(pointer(where, "default"), made.pop("default"), made)
        return made

    def _meant(self, where: str, key: str, written: Mapping[str, Any]) -> str | None:
        """The keyword that the key is, or is a slip of; None for what is none."""
        if key in self._keywords:
            return key
        meant = _SLIPS.get(key.casefold()) or self._nearest(key)
        if meant is None or meant in written:
            return None
        self._findings.repair(pointer(where, key), f"read as {meant}")
        return meant

    def _nearest(self, key: str) -> str | None:
        self._guesses -= 1
        return nearest(key, self._keywords) if self._guesses >= 0 else None

    def _named(self, where: str, word: str) -> JsonSchema:
        """A schema that is one word: a type."""
        made: JsonSchema = {}
        self._findings.repair(where, "a text read as type")
        self._type(where, word, made, "type")
        return made

    def _type(self, where: str, written: Any, made: JsonSchema, _: str) -> None:
        if isinstance(written, list):
            kinds = [kind for kind in (self._kind(where, one) for one in written) if kind in _TYPES]
            made.update({"type": list(dict.fromkeys(kinds))} if kinds else {})
            return
        kind = self._kind(where, written)
        if kind == "file":
            made.update(FILE)
        elif kind in _TYPES:
            made["type"] = kind
        elif kind not in _ANYTHING:
            self._kept(where, written, made)

    def _kind(self, where: str, written: Any) -> str:
        """The type meant, `file`, a word for anything, or another word."""
        plain = written.strip().casefold() if isinstance(written, str) else excerpt(written)
        kind = "file" if plain in FILE_TYPES else _MEANT.get(plain, plain)
        if kind != written and kind in {*_TYPES, "file"}:
            self._findings.repair(where, f"{excerpt(written)} read as {kind}")
        return kind

    def _properties(self, where: str, written: Any, made: JsonSchema, _: str) -> None:
        if isinstance(written, list) and written and all(isinstance(one, dict) for one in written):
            self._findings.repair(where, "a list read as an object")
            made["properties"] = {}
            for number, one in enumerate(written[: max(self._room, 1)]):
                made["properties"].update(self._listed_members(pointer(where, number), one))
        elif isinstance(written, dict):
            made["properties"] = self._members(where, written)
            _require(
                made, [name for name, one in written.items() if isinstance(one, dict) and one.get("required") is True]
            )
        else:
            self._kept(where, written, made)

    def _listed_members(self, where: str, written: dict[str, Any]) -> JsonSchema:
        """One entry of a list: properties by name, or one property with its name in it."""
        if not isinstance(written.get("name"), str) or "type" not in written:
            return self._members(where, written)
        unnamed = {key: value for key, value in written.items() if key != "name"}
        return {_plain(written["name"]): self.schema(where, unnamed)}

    def _members(self, where: str, written: dict[str, Any]) -> JsonSchema:
        made: JsonSchema = {}
        for name, value in written.items():
            made[_plain(name)] = self.schema(pointer(where, name), value)
            if self._room < 0:
                break
        return made

    def _items(self, where: str, written: Any, made: JsonSchema, _: str) -> None:
        if isinstance(written, list) and len(written) > 1:
            self._findings.repair(where, "a list read as prefixItems")
            made["prefixItems"] = self._each(where, written)
        elif isinstance(written, list) and not written:
            made["items"] = {}
        else:
            made["items"] = self.schema(where, written)

    def _each(self, where: str, written: list[Any]) -> list[JsonSchema]:
        few = written[: max(self._room, 1)]
        return [self.schema(pointer(where, number), one) for number, one in enumerate(few)]

    def _several(self, where: str, written: Any, made: JsonSchema, keyword: str) -> None:
        if isinstance(written, list) and written:
            made[keyword] = self._each(where, written)
        else:
            self._kept(where, written, made)

    def _one(self, where: str, written: Any, made: JsonSchema, keyword: str) -> None:
        made[keyword] = written if isinstance(written, bool) else self.schema(where, written)

    def _required(self, where: str, written: Any, made: JsonSchema, _: str) -> None:
        if isinstance(written, list) and all(isinstance(one, str) for one in written):
            made.setdefault("required", [])
            _require(made, written)
        elif isinstance(written, str) and written.casefold() not in {"true", "false", ""}:
            self._findings.repair(where, "a text read as a list of one")
            _require(made, [written])
        elif written is True:
            self._findings.repair(where, "read as required of the object that has this property")
        elif written is False:
            return
        else:
            self._kept(where, written, made)

    def _nullable(self, where: str, written: Any, made: JsonSchema, _: str) -> None:
        made["nullable"] = written is True
        self._findings.repair(where, "read as the type null beside the others")

    def _example(self, _: str, written: Any, made: JsonSchema, __: str) -> None:
        made["examples"] = [_plain(written)]

    def _words(self, where: str, written: Any, made: JsonSchema, keyword: str) -> None:
        if not isinstance(written, str):
            self._kept(where, written, made)
        elif keyword == "description":
            made[keyword] = _joined(_plain(written)[:_MAX_TEXT], made.get(keyword))
        else:
            made[keyword] = _plain(written)[:_MAX_TEXT]

    def _list(self, where: str, written: Any, made: JsonSchema, keyword: str) -> None:
        if isinstance(written, list) and written:
            made[keyword] = _plain(written)
        else:
            self._kept(where, written, made)

    def _value(self, _: str, written: Any, made: JsonSchema, keyword: str) -> None:
        made[keyword] = _plain(written)

    def _bound(self, where: str, written: Any, made: JsonSchema, keyword: str) -> None:
        if _is_number(written) or isinstance(written, bool):
            made[keyword] = written
        else:
            self._kept(where, written, made)

    def _count(self, where: str, written: Any, made: JsonSchema, keyword: str) -> None:
        if _is_number(written) and written >= 0 and float(written).is_integer():
            made[keyword] = int(written)
        else:
            self._kept(where, written, made)

    def _divisor(self, where: str, written: Any, made: JsonSchema, keyword: str) -> None:
        if _is_number(written) and written > 0:
            made[keyword] = written
        else:
            self._kept(where, written, made)

    def _pattern(self, where: str, written: Any, made: JsonSchema, keyword: str) -> None:
        try:
            re.compile(written)
        except (re.error, TypeError, RecursionError, OverflowError):
            self._kept(where, written, made)
        else:
            made[keyword] = written

    def _flag(self, where: str, written: Any, made: JsonSchema, keyword: str) -> None:
        if isinstance(written, bool):
            made[keyword] = written
        else:
            self._kept(where, written, made)

    def _kept(self, where: str, written: Any, made: JsonSchema) -> JsonSchema:
        """What is no part of JSON Schema goes into the description."""
        key = where.rpartition("/")[2]
        self._findings.repair(where, "no JSON Schema: kept as description")
        made["description"] = _joined(made.get("description"), f"{_plain(key)}: {_plain(excerpt(written))}")
        return made


def read_schemas(apis: tuple[PackageApi, ...], findings: Findings) -> Mapping[str, JsonSchema]:
    """JSON Schemas of all bodies that have one, by the JSON pointer in `Body.where`."""
    bodies = [body for api in apis for body in (api.request, api.response) if body is not None]
    return {body.where: read_schema(body.where, body.data, findings) for body in bodies if body.data is not None}


def read_schema(where: str, written: Any, findings: Findings) -> JsonSchema:
    """JSON Schema 2020-12 for the schema written at the JSON pointer `where`; nested as deeply as it is."""
    return _Converter(findings).schema(where, written)


def _completed(made: JsonSchema) -> JsonSchema:
    """Returns the schema with pairs of keywords of an older dialect merged."""
    for least, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(bound), bool):
            del made[bound]
        is_exclusive = made.get(least)
        if isinstance(is_exclusive, bool):
            del made[least]
            if is_exclusive and bound in made:
                made[least] = made.pop(bound)
    if made.pop("nullable", False) and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    if "type" not in made:
        made.update({"type": "object"} if "properties" in made else {})
    return made


def _has_fitting_default(made: JsonSchema) -> bool:
    """Whether the default certainly is what the schema asks for: a plain value, held against plain conditions."""
    default = made["default"]
    kinds = _KINDS.get(type(default), ())
    types = made.get("type", kinds)
    conditions = made.keys() - _UNCONDITIONAL
    return (
        any(kind in kinds for kind in ([types] if isinstance(types, str) else types))
        and conditions <= _LIMITS.keys()
        and all(_holds(name, default, made[name]) for name in conditions)
    )


def _holds(condition: str, value: Any, limit: Any) -> bool:
    concerned = _CONDITIONS_OF.get(condition)
    return (concerned is not None and not isinstance(value, concerned)) or _LIMITS[condition](value, limit)


def _require(made: JsonSchema, names: list[str]) -> None:
    """Adds to the properties that must be there."""
    if names:
        made["required"] = list(dict.fromkeys([*made.get("required", ()), *map(_plain, names)]))


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _joined(first: Any, second: Any) -> str:
    return "; ".join(one for one in (first, second) if one)[:_MAX_TEXT]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _plain(value: Any) -> Any:
    """The value without what JSON and UTF-8 cannot hold: half characters, infinity."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    return value
