"""What parsing customize_service.py found: its classes, or the place where it is not Python.

Never sees the code itself, let alone imports it.
"""

from typing import Final, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.package.refusal import Refusal, refusal_at
from aiapp.modelarts.service_bases import SERVICE_BASES

MAX_SERVICE_CODE_BYTES: Final = 1024 * 1024
"""Far above any hand-written file; parsing needs a hundred times its size in memory."""


class ServiceClass(NamedTuple):
    """A class at the top level of the file; bases as they are written, dots included."""

    name: str
    bases: tuple[str, ...]


class ServiceCode(NamedTuple):
    """Code that parses."""

    classes: tuple[ServiceClass, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the classes that visibly derive from a known base; the server decides what it loads."""
        return tuple(
            found.name
            for found in self.classes
            if any(base.rpartition(".")[2] in SERVICE_BASES for base in found.bases)
        )


class SyntaxFault(NamedTuple):
    """Code that does not parse; line and column count from 1, 0 where the parser names no place."""

    message: str
    line: int = 0
    column: int = 0


Syntax = ServiceCode | SyntaxFault


def code_refusal(syntax: Syntax, name: str) -> Refusal | None:
    """Why the file called `name` in messages is not accepted; None when it parses."""
    if isinstance(syntax, ServiceCode):
        return None
    column = max(syntax.column, 1) if syntax.line else 0
    return refusal_at(Reason.SERVICE_CODE_INVALID, syntax.message, name, syntax.line, column)
