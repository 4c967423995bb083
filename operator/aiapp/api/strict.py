"""Which fields of a document no model knows, as strict validation of the API server finds them. Never judges values."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiapp.api.meta import ApiModel
from aiapp.api.schema import Schema, structural_schema

_EVERY_OBJECT_HAS: Final = frozenset({"apiVersion", "kind", "metadata"})


def unknown_fields(model: type[ApiModel], document: Mapping[str, Any]) -> list[str]:
    """Paths of the fields that the model has not, such as `spec.serving.versions[0].weigth`."""
    own = {key: value for key, value in document.items() if key not in _EVERY_OBJECT_HAS}
    return list(_unknown(structural_schema(model), own, ""))


def _unknown(schema: Schema, value: Any, path: str) -> Iterator[str]:
    match schema, value:
        case {"properties": properties}, dict():
            for name, child in value.items():
                here = f"{path}.{name}".lstrip(".")
                yield from _unknown(properties[name], child, here) if name in properties else (here,)
        case {"additionalProperties": values}, dict():
            for name, child in value.items():
                yield from _unknown(values, child, f"{path}.{name}")
        case {"items": items}, list():
            for index, child in enumerate(value):
                yield from _unknown(items, child, f"{path}[{index}]")
        case _:
            pass
