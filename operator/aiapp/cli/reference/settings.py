"""Every setting of the operator with its type, unit, default and meaning, as `Settings` declares them."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, Union, get_args, get_origin

import click
from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator
from pydantic.fields import FieldInfo
from typing_extensions import override

from aiapp.domain.sizes import human_size
from aiapp.settings import RANGE, VARIABLES, ExeMLStore, Form, JobFields, Network, Settings

UNITS: Final = ("_seconds", "_bytes")
"""Ends of fields' names that say the unit."""
PLAIN: Final = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Network: RANGE,
    JobFields: "its fields",
    ExeMLStore: "its fields",
}
INTRODUCTION: Final = """\
<!-- Made from operator/aiapp/settings.py by `make crds`; do not edit. -->
# Settings of the operator

Environment variables of the operator's container; `aiapp run --help` lists them too. The operator refuses to start
with a variable that it does not know or a value that it cannot take: it names them all and ends with exit code 2.
Variables that Kubernetes sets for Services (`AIAPP_OPERATOR_SERVICE_HOST` and the like), those of `aiapp sandbox`
(`AIAPP_SANDBOX...`) and those of the model server (`AIAPP_SERVE_...`) do not disturb it.

Lists are separated by commas or spaces. An empty value of a list or of a URL means none.
"""


class Setting(NamedTuple):
    """One environment variable, described."""

    variable: str
    type: str
    default: str
    meaning: str


def settings() -> list[Setting]:
    """In the order of `Settings`, where what belongs together stands together."""
    return [_setting(variable, name, Settings.model_fields[name]) for variable, name in VARIABLES.items()]


def settings_page() -> str:
    """Markdown: a table of all settings."""
    rows = [f"| `{s.variable}` | {s.type} | {s.default} | {s.meaning} |" for s in settings()]
    return "\n".join([INTRODUCTION, "| variable | type | default | meaning |", "|---|---|---|---|", *rows]) + "\n"


class WithSettings(click.Command):
    """A command whose help lists the settings."""

    @override
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Settings (environment variables)"):
            formatter.write_dl([(s.variable, _help(s)) for s in settings()], col_max=32)


def _help(setting: Setting) -> str:
    return f"{setting.meaning} [{setting.type}; default: {setting.default}]".replace("`", "")


def _setting(variable: str, name: str, field: FieldInfo) -> Setting:
    unit = name.rpartition("_")[2] if name.endswith(UNITS) else ""
    kind = unit or _type(field.annotation, field.metadata)
    meaning = " ".join((field.description or "").split())
    return Setting(variable, kind + _limits(field.metadata), _default(field.default, unit), meaning)


def _type(annotation: Any, metadata: list[Any]) -> str:
    forms = [one.func.meaning for one in metadata if isinstance(one, AfterValidator) and isinstance(one.func, Form)]
    if forms:
        return str(forms[0])
    if annotation in PLAIN:
        return PLAIN[annotation]
    if get_origin(annotation) is tuple:
        return f"list, each {_type(get_args(annotation)[0], [])}"
    if get_origin(annotation) is Mapping:
        name, value = (_type(one, []) for one in get_args(annotation))
        return f"JSON object: by {name} {value}"
    if get_origin(annotation) in {Union, UnionType}:
        return _type(next(one for one in get_args(annotation) if one is not NoneType), metadata)
    return _type(annotation.__origin__, list(annotation.__metadata__))


def _limits(metadata: list[Any]) -> str:
    return "".join(f", {_limit(one)}" for one in metadata if isinstance(one, Ge | Gt | Le))


def _limit(bound: Ge | Gt | Le) -> str:
    match bound:
        case Ge(least):
            return f"at least {least}"
        case Gt(least):
            return f"more than {least}"
        case Le(most):
            return f"at most {most}"


def _default(value: Any, unit: str) -> str:
    if value in (None, "", (), {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    if isinstance(value, float):
        value = int(value) if value.is_integer() else value
    return f"`{value}` ({human_size(value)})" if unit == "bytes" else f"`{value}`"
