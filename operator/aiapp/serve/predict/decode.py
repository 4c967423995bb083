"""From the bytes of a request to the `data` that a package's hooks receive; it never looks at `config.json`.

The header of the request decides, as packages often misdeclare their content types.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple
from urllib.parse import parse_qsl

from ..http import multipart
from ..http.charsets import codec
from ..http.compression import decompressed
from ..http.errors import RefusedError
from . import json_text

MAX_FIELDS = 10_000
"""Of a form or query: each takes far more memory than its few bytes."""


class Body(NamedTuple):
    """A request's body and the headers that describe it."""

    content: bytes
    content_type: str
    content_encoding: str
    query: str


def decode(body: Body, *, raw_text: bool, max_bytes: int) -> Any:
    """The value for the first hook.

    `raw_text`: text instead of parsed JSON (the scikit-learn, XGBoost and Spark kinds parse it themselves).
    `max_bytes` bounds the body after decompression. Raises RefusedError (400, 413, 415).
    """
    content = decompressed(body.content, body.content_encoding, max_bytes)
    kind = body.content_type.partition(";")[0].strip().lower()
    if "json" in kind:
        return _text(content, body.content_type) if raw_text else _json(content, body)
    if kind.startswith("multipart/"):
        return multipart.parse(body.content_type, content)
    if kind.startswith(("image/", "audio/", "video/", "application/octet-stream")):
        return content
    return _undeclared(content, body, kind, raw_text=raw_text)


def _undeclared(content: bytes, body: Body, kind: str, *, raw_text: bool) -> Any:
    """What a client sent without a telling Content-Type: a JSON object or list, form fields, text or bytes."""
    if not content:
        return "" if raw_text else _empty(body)
    charset = _charset(body.content_type)
    looks_like_json = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
    if looks_like_json and not raw_text:
        try:
            return json_text.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            pass
    if kind == "application/x-www-form-urlencoded" and not looks_like_json:
        return _fields(content.decode("utf-8", "replace"))
    try:
        return content.decode(charset)
    except UnicodeError:
        return content


def _json(content: bytes, body: Body) -> Any:
    if not content.strip():
        return _empty(body)
    try:
        return json_text.loads(_text(content, body.content_type))
    except ValueError as error:
        raise RefusedError(400, "MalformedJson", f"the body is not valid JSON: {error}") from None
    except RecursionError:
        raise RefusedError(400, "MalformedJson", "the JSON body is nested too deeply") from None


def _empty(body: Body) -> Dict[str, Any]:
    """Without a body the query's parameters are the data."""
    return _fields(body.query)


def _fields(encoded: str) -> Dict[str, Any]:
    fields: Dict[str, Any] = {}
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise RefusedError(413, "TooManyFields", f"the form has more than {MAX_FIELDS} fields") from None
    for name, value in pairs:
        if name not in fields:
            fields[name] = value
        elif isinstance(fields[name], list):
            fields[name].append(value)
        else:
            fields[name] = [fields[name], value]
    return fields


def _text(content: bytes, content_type: str) -> str:
    charset = _charset(content_type)
    try:
        return content.decode(charset)
    except UnicodeError as error:
        raise RefusedError(400, "MalformedBody", f"the body is not valid {charset}: {error}") from None


def _charset(content_type: str) -> str:
    """Python's name for the declared charset, UTF-8 if there is none. Raises RefusedError (415)."""
    declared = ""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            declared = value.strip().strip("\"'") or declared
    charset = codec(declared or "utf-8")
    if charset is None:
        raise RefusedError(415, "CharsetNotSupported", f"the charset {declared!r:.80} is not supported: send UTF-8")
    return "utf-8-sig" if charset == "utf_8" else charset  # some editors and clients send a byte order mark
