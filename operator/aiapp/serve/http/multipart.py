"""Reading of multipart/form-data (RFC 7578) into what packages expect; it never touches the disk."""

from __future__ import annotations

import io
import re
from typing import Any, Dict, NamedTuple, Optional, Tuple
from urllib.parse import unquote

from .charsets import codec
from .errors import RefusedError

MAX_PARTS = 1000
MAX_PART_HEAD_BYTES = 16 * 1024
MAX_BOUNDARY_BYTES = 200
"""RFC 2046 allows 70. Old Pythons take time for a search that grows with the length of both texts."""

_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))')
_SNIFFED_BOUNDARY = re.compile(rb"--([\x21-\x7e]{1,70})\r\n")

_BINARY = ("image/", "audio/", "video/", "application/octet-stream")

Form = Dict[str, Any]
"""`{field: {file name: BytesIO}}`; a plain field is its text, or a list of texts when it is repeated."""


class _Part(NamedTuple):
    field: str
    filename: Optional[str]
    content: bytes


def parse(content_type: str, body: bytes) -> Form:
    """The form in `body`. Raises RefusedError (400) when it is cut short, malformed or has too many parts."""
    form: Form = {}
    names = _Names()
    delimiter = b"--" + _boundary(content_type, body)
    position = _after_first(body, delimiter)
    for _ in range(MAX_PARTS):
        if body.startswith(b"--", position):
            return form
        start = _part_start(body, position)
        end = body.find(b"\r\n" + delimiter, start - 2)
        if end < 0:
            raise _malformed("the last part is cut short")
        _add(form, _part(body, start, end), names)
        position = end + 2 + len(delimiter)
    raise RefusedError(413, "TooManyParts", f"the form has more than {MAX_PARTS} parts")


def _malformed(why: str) -> RefusedError:
    return RefusedError(400, "MalformedForm", why)


def _boundary(content_type: str, body: bytes) -> bytes:
    """The declared boundary, else the one that the body begins with."""
    declared = _parameters(content_type).get("boundary")
    if declared and len(declared) > MAX_BOUNDARY_BYTES:
        raise _malformed(f"the boundary is longer than {MAX_BOUNDARY_BYTES} bytes")
    if declared:
        return declared.encode("utf-8")
    sniffed = _SNIFFED_BOUNDARY.match(body)
    if sniffed is None:
        raise _malformed("the Content-Type names no boundary")
    return sniffed.group(1)


def _after_first(body: bytes, delimiter: bytes) -> int:
    if body.startswith(delimiter):
        return len(delimiter)
    found = body.find(b"\r\n" + delimiter)
    if found < 0:
        raise _malformed("the boundary does not occur in the body")
    return found + 2 + len(delimiter)


def _part_start(body: bytes, position: int) -> int:
    line_end = body.find(b"\r\n", position, position + MAX_PART_HEAD_BYTES)
    if line_end < 0 or body[position:line_end].strip(b" \t"):
        raise _malformed("a boundary is not followed by a line end")
    return line_end + 2


def _part(body: bytes, start: int, end: int) -> _Part:
    head_end = body.find(b"\r\n\r\n", start, min(end, start + MAX_PART_HEAD_BYTES))
    if head_end < 0:
        raise _malformed("a part has no complete header")
    headers = _headers(_text(body[start:head_end]))
    if "content-disposition" not in headers:
        raise _malformed("a part has no Content-Disposition")
    disposition = _parameters(headers["content-disposition"])
    if "name" not in disposition:
        raise _malformed("a part has no field name")
    filename = _filename(disposition)
    if filename is None and headers.get("content-type", "").strip().lower().startswith(_BINARY):
        filename = disposition["name"]  # a client that gives a file no name
    return _Part(disposition["name"], filename, body[head_end + 4 : max(end, head_end + 4)])


def _headers(head: str) -> Dict[str, str]:
    lines = (line.partition(":") for line in head.split("\r\n"))
    return {name.strip().lower(): value for name, _, value in lines}


def _parameters(value: str) -> Dict[str, str]:
    found = {}
    for name, quoted, plain in _PARAMETER.findall(value):
        # Browsers write %22 for a quote and leave backslashes alone; RFC 2183 escapes with a backslash.
        text = re.sub(r'\\(["\\])', r"\1", quoted).replace("%22", '"')
        found[name.lower()] = text or plain
    return found


def _filename(disposition: Dict[str, str]) -> Optional[str]:
    """The file's own name without any folder, None for a plain field."""
    name = disposition.get("filename")
    extended = disposition.get("filename*", "")
    if extended.count("'") >= 2:
        charset, _, encoded = extended.split("'", 2)
        name = unquote(encoded, encoding=codec(charset) or "utf-8", errors="replace")
    if name is None:
        return None
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _add(form: Form, part: _Part, names: "_Names") -> None:
    held = form.get(part.field)
    if part.filename is not None:
        files = held if isinstance(held, dict) else {}
        files[names.free(part, files)] = io.BytesIO(part.content)
        form[part.field] = files
    elif held is None:
        form[part.field] = _text(part.content)
    elif isinstance(held, list):
        held.append(_text(part.content))
    elif isinstance(held, str):
        form[part.field] = [held, _text(part.content)]


class _Names:
    """Names for files of one form: those that they were sent under, or `name (2)` and so on for further ones."""

    def __init__(self) -> None:
        self._last: Dict[Tuple[str, str], int] = {}

    def free(self, part: _Part, taken: Dict[str, io.BytesIO]) -> str:
        name = part.filename or ""
        free, key = name, (part.field, name)
        while free in taken:
            self._last[key] = self._last.get(key, 1) + 1
            free = f"{name} ({self._last[key]})"
        return free
