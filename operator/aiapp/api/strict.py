"""Fields of a document that the models do not know, as the API server finds them when strict. Never judges values."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiapp.api.meta import ApiModel
from aiapp.api.schema import Schema, structural_schema

FieldPath = tuple[str | int, ...]
"""Keys and indices from the root of a document."""

_EVERY_OBJECT_HAS: Final = frozenset({"apiVersion", "kind", "metadata"})


def unknown_fields(model: type[ApiModel], document: Mapping[str, Any]) -> list[str]:
    """Paths of the fields that the model has not, such as `spec.serving.versions[0].weigth`."""
    return [dotted(path) for path in unknown_paths(model, document)]


def unknown_paths(model: type[ApiModel], document: Mapping[str, Any]) -> Iterator[FieldPath]:
    """The same as keys and indices."""
    own = {key: value for key, value in document.items() if key not in _EVERY_OBJECT_HAS}
    return _unknown(structural_schema(model), own, ())


def dotted(path: FieldPath) -> str:
    """A path as the API server writes it: `spec.serving.versions[0].weigth`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _unknown(schema: Schema, value: Any, path: FieldPath) -> Iterator[FieldPath]:
    match schema, value:
        case {"properties": properties}, dict():
            for name, child in value.items():
                here = (*path, name)
                yield from _unknown(properties[name], child, here) if name in properties else (here,)
        case {"additionalProperties": values}, dict():
            for name, child in value.items():
                yield from _unknown(values, child, (*path, name))
        case {"items": items}, list():
            for index, child in enumerate(value):
                yield from _unknown(items, child, (*path, index))
        case _:
            pass
