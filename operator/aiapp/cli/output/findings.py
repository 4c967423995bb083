"""What `aiapp check` found, as text, as documents and for CI. Never decides anything."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import click

from aiapp.cli.output.documents import as_json, as_yaml
from aiapp.domain.printable import printable

if TYPE_CHECKING:
    from aiapp.domain.offline.report import Checked
    from aiapp.modelarts.diagnostics import Diagnostic

LONGEST_MESSAGE: Final = 4096

_COLOURS: Final = {"error": "red", "warning": "yellow", "accepted": "green", "refused": "red", "unknown": "magenta"}
_SIGNS: Final = {"accepted": "ok", "refused": "refused", "unknown": "not checked"}


def text(found: Sequence["Checked"]) -> str:
    """A line for each diagnostic as compilers write them, then one for the target; colours are stripped by click."""
    return "".join(f"{line}\n" for checked in found for line in _lines(checked))


def github(found: Sequence["Checked"]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a change, and a line of text for each target."""
    lines = [line for checked in found for line in (*_annotations(checked), _verdict(checked))]
    return "".join(f"{line}\n" for line in lines)


FORMATS: Final[Mapping[str, Callable[[Sequence["Checked"]], str]]] = {
    "text": text,
    "json": lambda found: as_json(_document(found)),
    "yaml": lambda found: as_yaml(_document(found)),
    "github": github,
}


def _document(found: Sequence["Checked"]) -> dict[str, Any]:
    return {"results": [checked.document() for checked in found]}


def _lines(checked: "Checked") -> Iterator[str]:
    for diagnostic in checked.diagnostics:
        place = ":".join(str(part) for part in (_file(checked, diagnostic), diagnostic.line, diagnostic.column) if part)
        severity = click.style(diagnostic.severity, fg=_COLOURS[diagnostic.severity])
        reason = f" [{diagnostic.reason}]" if diagnostic.reason else ""
        yield f"{place}: {severity}: {_message(diagnostic)}{reason}"
    yield _verdict(checked)


def _verdict(checked: "Checked") -> str:
    sign = click.style(_SIGNS[checked.outcome], fg=_COLOURS[checked.outcome], bold=True)
    if checked.outcome == "accepted":
        return f"{checked.target}: {sign}: {checked.message}"
    return f"{checked.target}: {sign}: {checked.reason}"


def _message(diagnostic: "Diagnostic") -> str:
    message = f"{diagnostic.pointer}: {diagnostic.message}" if diagnostic.pointer else diagnostic.message
    return printable(message, LONGEST_MESSAGE)


def _file(checked: "Checked", diagnostic: "Diagnostic") -> str:
    """The path of the file from the folder where the command was called."""
    if not diagnostic.file or diagnostic.file == checked.target:
        return checked.target
    if "://" in checked.target:
        return f"{checked.target.rstrip('/')}/{diagnostic.file}"
    return str(PurePosixPath(checked.target, diagnostic.file))


def _annotations(checked: "Checked") -> Iterator[str]:
    for diagnostic in checked.diagnostics:
        properties = {
            "file": None if "://" in checked.target else _file(checked, diagnostic),
            "line": diagnostic.line,
            "col": diagnostic.column,
            "title": diagnostic.reason,
        }
        shown = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items() if value)
        where = f"{_file(checked, diagnostic)}: " if "://" in checked.target else ""
        yield f"::{diagnostic.severity} {shown}::{_escaped(where + _message(diagnostic))}"


def _escaped(value: str, more: str = "") -> str:
    """As the workflow commands want it: percent signs for what would end the command or a property."""
    for character in ("%", "\r", "\n", *more):
        value = value.replace(character, f"%{ord(character):02X}")
    return value
