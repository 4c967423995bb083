"""The server's own log lines on stdout, plain or JSON; it never logs a body or a header's value."""

from __future__ import annotations

import json
import sys
import time
from typing import Dict, Union

Value = Union[str, int, float]


class Log:
    """One line an event or request, flushed at once. A closed stdout is ignored: serving goes on."""

    def __init__(self, form: str) -> None:
        self._line = _json_line if form == "json" else _plain_line

    def event(self, message: str, **fields: Value) -> None:
        self._write({"time": _now(), "event": message, **fields})

    def request(self, **fields: Value) -> None:
        self._write({"time": _now(), "event": "request", **fields})

    def _write(self, fields: Dict[str, Value]) -> None:
        try:
            sys.stdout.write(self._line(fields) + "\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            return


def _now() -> str:
    seconds = time.time()
    milliseconds = int(seconds * 1000) % 1000
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{milliseconds:03d}Z"


def _json_line(fields: Dict[str, Value]) -> str:
    return json.dumps(fields)


def _plain_line(fields: Dict[str, Value]) -> str:
    named = (f"{name}={_quoted(value)}" for name, value in fields.items() if name not in ("time", "event"))
    return " ".join([str(fields["time"]), str(fields["event"]), *named])


def _quoted(value: Value) -> str:
    """A path comes from the client: nothing in it may look like another field or line."""
    text = str(value)
    return text if text.isascii() and text.isprintable() and not set(text) & set(' "=') else json.dumps(text)
