"""Dashboards read as Grafana reads them: by the types that it publishes of its own schema."""

import json
from collections.abc import Iterator
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

plugins.register_default_plugins()
_NUMBERS: Final = {float: (float, int), int: (int,)}


def faults(dashboard: dict[str, Any]) -> list[str]:
    """Fields that Grafana does not have, and values that are none of the field's type."""
    read = Dashboard.from_json(dashboard)
    written = json.loads(JSONEncoder().encode(read))
    return [*_unknown(dashboard, written, ""), *_mistyped(read, Dashboard, "")]


def _unknown(given: Any, kept: Any, path: str) -> Iterator[str]:
    """What is in `given` and was not understood, so that it is not in `kept`."""
    if isinstance(given, dict):
        for key, value in given.items():
            if isinstance(kept, dict) and key in kept:
                yield from _unknown(value, kept[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}: no such field"
    elif isinstance(given, list):
        for index, value in enumerate(given):
            yield from _unknown(value, kept[index], f"{path}/{index}")


def _mistyped(value: Any, hint: Any, path: str) -> Iterator[str]:
    if get_origin(hint) in (Union, UnionType):
        yield from _of_none(value, get_args(hint), path)
    elif get_origin(hint) is list and isinstance(value, list):
        [expected] = get_args(hint)
        for index, each in enumerate(value):
            yield from _mistyped(each, expected, f"{path}/{index}")
    elif get_origin(hint) is dict and isinstance(value, dict):
        for key, each in value.items():
            yield from _mistyped(each, get_args(hint)[1], f"{path}/{key}")
    elif hasattr(type(value), "from_json"):
        for name, field in get_type_hints(type(value)).items():
            yield from _mistyped(getattr(value, name), field, f"{path}/{name}")
    elif isinstance(value, dict) and hasattr(hint, "from_json"):
        yield from _mistyped(hint.from_json(value), hint, path)
    elif not _is(value, hint):
        yield f"{path}: {value!r} is no {hint}"


def _of_none(value: Any, hints: tuple[Any, ...], path: str) -> Iterator[str]:
    if value is None and NoneType in hints:
        return
    found = [list(_mistyped(value, one, path)) for one in hints if one is not NoneType]
    if all(found):
        yield from found[0]


def _is(value: Any, hint: Any) -> bool:
    if hint in (object, Any):
        return True
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return value in [one.value for one in hint]
    expected = _NUMBERS.get(hint, get_origin(hint) or hint)
    return isinstance(value, expected) and (hint is bool or not isinstance(value, bool))
