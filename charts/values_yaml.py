"""values.yaml from the model of the values: each value with its default, below what it means."""

import textwrap
from collections.abc import Iterator
from typing import Any, Final

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

HEAD: Final = "# Made from charts/values.py by `make charts`; do not edit.\n"
WIDTH: Final = 118


def values_file(model: type[BaseModel]) -> str:
    """The file's text."""
    return HEAD + "".join(f"{line}\n" for line in _group(model))


def _group(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield from _value(field.alias or name, field)


def _value(name: str, field: FieldInfo) -> Iterator[str]:
    if isinstance(field.default, BaseModel):
        inner = type(field.default)
        yield ""
        yield from comment(inner.__doc__ or "")
        yield f"{name}:"
        yield from (textwrap.indent(line, "  ") for line in _group(inner))
    else:
        yield from comment(field.description or "")
        yield from yaml_of(name, field.default)


def comment(text: str, indent: str = "") -> Iterator[str]:
    """The text as comment lines."""
    lines = textwrap.wrap(" ".join(text.split()), WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    yield from (f"# {line}" for line in lines)


def yaml_of(name: str, value: Any) -> list[str]:
    """A value as it stands in the file: in a line where it is empty or plain."""
    return yaml.safe_dump({name: value}, sort_keys=False, width=WIDTH).splitlines()
