"""The READMEs of the charts: what a chart is, and the tables of its values and of the operator's settings."""

import json
from collections.abc import Iterable, Iterator
from string import Template
from typing import Any, Final

from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from charts.settings import settings

HEAD: Final = "<!-- Made from charts/readme and charts/values.py by `make charts`; do not edit. -->\n\n"


def readme_file(template: str, model: type[BaseModel]) -> str:
    """The README whose template asks for `${VALUES}` and may ask for `${SETTINGS}`."""
    tables = {"VALUES": _table(("value", "default", "meaning"), _values(model)), "SETTINGS": settings_table()}
    return HEAD + Template(template).substitute(tables)


def settings_table() -> str:
    """The operator's settings: as values and as environment variables."""
    return _table(("value", "variable", "default", "meaning"), _settings())


def _values(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        if isinstance(field.default, BaseModel):
            yield from _values(type(field.default), f"{path}.")
        else:
            yield f"`{path}`", _code(field.default), field.description or ""


def _settings() -> Iterator[tuple[str, ...]]:
    for name, schema in settings().items():
        default = schema.get("default")
        shown = "" if default is None else _code(int(default) if isinstance(default, float) else default)
        yield f"`settings.{name}`", f"`AIAPP_{to_snake(name).upper()}`", shown, schema["description"]


def _code(value: Any) -> str:
    return f"`{json.dumps(value)}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
