"""The server's own log lines on stdout, plain or JSON; it never logs a body or a header's value."""

from __future__ import annotations

import functools
import json
import re
import sys
import time
from typing import Callable, Dict, List, NamedTuple, Union

from ..http.clock import timestamp

Value = Union[str, int, float]


class Served(NamedTuple):
    """What is logged of an answered request; `ms` from its head to its answer."""

    id: str
    method: str
    route: str
    status: int
    ms: float
    bytes_in: int
    bytes_out: int


class Log:
    """One line an event or request. A closed stdout is ignored: serving goes on."""

    def __init__(self, form: str, later: Callable[[Callable[[], None]], object]) -> None:
        """`later` calls a function after a moment, in which the lines of requests gather to be written together."""
        self._event_line = _json_event if form == "json" else _plain_line
        self._request_line = _json_request if form == "json" else _plain_request
        self._later = later
        self._gathered: List[str] = []

    def event(self, message: str, **fields: Value) -> None:
        """Written at once, after what has gathered."""
        self._gathered.append(self._event_line({"time": timestamp(time.time()), "event": message, **fields}))
        self._write()

    def request(self, served: Served) -> None:
        self._gathered.append(self._request_line(timestamp(time.time()), served))
        if len(self._gathered) == 1:
            self._later(self._write)

    def _write(self) -> None:
        lines, self._gathered = self._gathered, []
        try:
            sys.stdout.write("".join(lines))
            sys.stdout.flush()
        except (OSError, ValueError):
            return


def _json_event(fields: Dict[str, Value]) -> str:
    return json.dumps(fields) + "\n"


def _json_request(now: str, served: Served) -> str:
    """As `json` would write it, several times faster."""
    return (
        f'{{"time": "{now}", "event": "request", "id": {_quoted(served.id)}, "method": {_known(served.method)}, '
        f'"route": {_known(served.route)}, "status": {served.status}, "ms": {served.ms:.3f}, '
        f'"bytes_in": {served.bytes_in}, "bytes_out": {served.bytes_out}}}\n'
    )


def _plain_request(now: str, served: Served) -> str:
    return (
        f"{now} request id={_unmistakable(served.id)} method={_known_plain(served.method)} "
        f"route={_known_plain(served.route)} status={served.status} ms={served.ms:.3f} "
        f"bytes_in={served.bytes_in} bytes_out={served.bytes_out}\n"
    )


def _plain_line(fields: Dict[str, Value]) -> str:
    named = (f"{name}={_unmistakable(value)}" for name, value in fields.items() if name not in ("time", "event"))
    return " ".join([str(fields["time"]), str(fields["event"]), *named]) + "\n"


def _unmistakable(value: Value) -> str:
    """A path comes from the client: nothing in it may look like another field or line."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


_PLAIN = re.compile(r"[!#-<>-~]*")
"""Printable ASCII without space, quotation mark and equals sign."""
_REMEMBERED = 64
"""Methods and routes are few, as long as clients ask for what there is."""
_quoted = json.JSONEncoder().encode
_known = functools.lru_cache(maxsize=_REMEMBERED)(_quoted)
_known_plain = functools.lru_cache(maxsize=_REMEMBERED)(_unmistakable)
