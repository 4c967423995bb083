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
    """A line for each remark as compilers write them, then one for the target; colours are stripped by click."""
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
    for remark in checked.remarks:
        place = ":".join(str(part) for part in (_file(checked, remark), remark.line, remark.column) if part)
        severity = click.style(remark.severity, fg=_COLOURS[remark.severity])
        reason = f" [{remark.reason}]" if remark.reason else ""
        yield f"{place}: {severity}: {_message(remark)}{reason}"
    yield _verdict(checked)


def _verdict(checked: "Checked") -> str:
    sign = click.style(_SIGNS[checked.outcome], fg=_COLOURS[checked.outcome], bold=True)
    if checked.outcome == "accepted":
        return f"{checked.target}: {sign}: {checked.message}"
    return f"{checked.target}: {sign}: {checked.reason}"


def _message(remark: "Diagnostic") -> str:
    message = f"{remark.pointer}: {remark.message}" if remark.pointer else remark.message
    return printable(message, LONGEST_MESSAGE)


def _file(checked: "Checked", remark: "Diagnostic") -> str:
    """The path of the file from the folder where the command was called."""
    if not remark.file or remark.file == checked.target:
        return checked.target
    if "://" in checked.target:
        return f"{checked.target.rstrip('/')}/{remark.file}"
    return str(PurePosixPath(checked.target, remark.file))


def _annotations(checked: "Checked") -> Iterator[str]:
    for remark in checked.remarks:
        properties = {
            "file": None if "://" in checked.target else _file(checked, remark),
            "line": remark.line,
            "col": remark.column,
            "title": remark.reason,
        }
        shown = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items() if value)
        where = f"{_file(checked, remark)}: " if "://" in checked.target else ""
        yield f"::{remark.severity} {shown}::{_escaped(where + _message(remark))}"


def _escaped(value: str, more: str = "") -> str:
    """As the workflow commands want it: percent signs for what would end the command or a property."""
    for character in ("%", "\r", "\n", *more):
        value = value.replace(character, f"%{ord(character):02X}")
    return value
