"""What parsing customize_service.py found: its classes and imports, or the place where it is not Python.

Never sees the code itself, let alone imports it.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.package.refusal import Refusal, refusal_at

MAX_SERVICE_CODE_BYTES: Final = 1024 * 1024
"""Far above any hand-written file; parsing needs a hundred times its size in memory."""

_MERGE_MARKERS: Final = ("<<<<<<<", "=======", ">>>>>>>")


class ServiceClass(NamedTuple):
    """A class at the top level of the file; bases and decorators as they are written, dots included."""

    name: str
    bases: tuple[str, ...] = ()
    line: int = 0
    methods: tuple[str, ...] = ()
    """Of the hooks that make a prediction, those that it has."""
    decorators: tuple[str, ...] = ()
    sets_model: bool = False
    """Whether it assigns to `self.model`."""


class Import(NamedTuple):
    """A module that is imported whatever happens, and what is taken from it (nothing: the module itself)."""

    module: str
    names: tuple[str, ...] = ()
    level: int = 0
    """Dots in front of a relative import."""
    line: int = 0


class ServiceCode(NamedTuple):
    """Code that parses."""

    classes: tuple[ServiceClass, ...] = ()
    imports: tuple[Import, ...] = ()


class SyntaxFault(NamedTuple):
    """Code that does not parse; line and column count from 1, 0 where the parser names no place."""

    message: str
    line: int = 0
    column: int = 0
    text: str = ""
    """The line at fault."""


Syntax = ServiceCode | SyntaxFault


def service_code(found: Mapping[str, Any]) -> ServiceCode:
    """From what the parser answers."""
    classes = (
        ServiceClass(
            one["name"],
            tuple(one["bases"]),
            one["line"],
            tuple(one["methods"]),
            tuple(one["decorators"]),
            one["sets_model"],
        )
        for one in found["classes"]
    )
    imports = (Import(module, tuple(names), level, line) for module, names, level, line in found["imports"])
    return ServiceCode(tuple(classes), tuple(imports))


def accepted_code(syntax: Syntax, name: str) -> ServiceCode | Refusal:
    """The code of the file called `name` in messages, or why it is not accepted."""
    if isinstance(syntax, ServiceCode):
        return syntax
    column = max(syntax.column, 1) if syntax.line else 0
    return refusal_at(Reason.SERVICE_CODE_INVALID, _described(syntax), name, syntax.line, column)


def _described(fault: SyntaxFault) -> str:
    if fault.text.startswith(_MERGE_MARKERS):
        return f"{fault.message}, found {fault.text!r}: a merge was not resolved"
    return f"{fault.message}, found {fault.text!r}" if fault.text else fault.message
