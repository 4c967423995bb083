"""An incremental HTTP/1.1 request parser (RFC 9112); it never does I/O and never guesses.

What two servers could read differently (both Content-Length and Transfer-Encoding, folded lines, bare line
feeds, signs in numbers) is refused, so that nothing can be smuggled past a proxy in front.
"""

from __future__ import annotations

import functools
import re
import time
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import unquote_to_bytes

from .clock import http_date
from .errors import RefusedError

MAX_HEAD_BYTES = 32 * 1024
MAX_HEADERS = 100
MAX_TARGET_BYTES = 8 * 1024
MAX_CHUNK_LINE_BYTES = 256
REMEMBERED_HEAD_BYTES = 2 * 1024
"""Clients send the same head again and again: those up to this size are parsed once."""
REMEMBERED_HEADS = 64
LINE_END = b"\r\n"

_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rf"({_NAME}) ([\x21-\x7e\x80-\xff]+) HTTP/(\d)\.(\d)")
_HEADER = re.compile(rf"({_NAME}):([\t\x20-\x7e\x80-\xff]*)")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_ABSOLUTE = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,18}")
_SINGLE = frozenset(["host", "content-length", "transfer-encoding", "content-type", "content-encoding", "expect"])

_PHRASES = {
    100: "Continue",
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    417: "Expectation Failed",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Head(NamedTuple):
    """A request's first part, shared by equal ones. `length` is None for a chunked body; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    length: Optional[int]
    keep_alive: bool
    expects_continue: bool


class Parser:
    """Bytes in by `feed`, then `head()` and `body()` in turn; each gives None until it is complete.

    `head` and `body` raise `RefusedError`; after that the connection cannot be used any more.
    """

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        self._buffer = bytearray()
        self._length: Optional[int] = 0
        self._chunks = _Chunks(max_body)

    @property
    def buffered(self) -> int:
        """Bytes held that have not been handed out."""
        return len(self._buffer) + len(self._chunks.content)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def discard(self) -> None:
        """Discards what is held: the connection will not be used any more."""
        self._buffer.clear()
        self._chunks.content.clear()

    def head(self) -> Optional[Head]:
        while self._buffer.startswith(LINE_END):
            del self._buffer[:2]
        if not self._buffer:
            return None
        end = self._buffer.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES + 4)
        if end < 0:
            _check_unfinished(self._buffer)
            return None
        raw = _take(self._buffer, end + 4)[:-4]
        head = _remembered_head(raw) if len(raw) <= REMEMBERED_HEAD_BYTES else _parse_head(raw)
        self._length = head.length
        if head.length is not None and head.length > self._max_body:
            raise _too_large(self._max_body)
        self._chunks = _Chunks(self._max_body)
        return head

    def body(self) -> Optional[bytes]:
        if self._length is None:
            return self._chunks.take(self._buffer)
        if len(self._buffer) < self._length:
            return None
        return _take(self._buffer, self._length)


class _Chunks:
    """The chunked coding: sizes, contents and trailers; trailers are checked and thrown away."""

    def __init__(self, max_body: int) -> None:
        self.content = bytearray()
        self._max_body = max_body
        self._left: Optional[int] = None
        self._trailers: Optional[int] = None

    def take(self, buffer: bytearray) -> Optional[bytes]:
        while self._trailers is None:
            if not self._step(buffer):
                return None
        while self._trailers is not None:
            line = _line(buffer, MAX_TARGET_BYTES)
            if line is None:
                return None
            if not line:
                content, self.content = bytes(self.content), bytearray()
                return content
            _parse_header(line.decode("latin-1"))
            self._trailers += 1
            if self._trailers > MAX_HEADERS:
                raise RefusedError(431, "HeadersTooLarge", f"more than {MAX_HEADERS} trailers")
        return None

    def _step(self, buffer: bytearray) -> bool:
        """Consumes one chunk size or one chunk; False when more bytes are needed."""
        if self._left is None:
            line = _line(buffer, MAX_CHUNK_LINE_BYTES)
            if line is None:
                return False
            self._begin(line)
            return True
        if len(buffer) < self._left + 2:
            return False
        if buffer[self._left : self._left + 2] != LINE_END:
            raise _malformed("a chunk is longer than its size line")
        self.content += memoryview(buffer)[: self._left]
        del buffer[: self._left + 2]
        self._left = None
        return True

    def _begin(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise _malformed("invalid chunk size")
        size = int(match.group(1), 16)
        if len(self.content) + size > self._max_body:
            raise _too_large(self._max_body)
        if size:
            self._left = size
        else:
            self._trailers = 0


def response(start: bytes, request_id: str, body: bytes, *, head_only: bool = False) -> bytes:
    """One complete answer that begins with `start`; `head_only` (for HEAD): with its length, but without a body."""
    rest = f"X-Request-Id: {request_id}\r\nDate: {http_date(time.time())}\r\nContent-Length: {len(body)}\r\n\r\n"
    head = start + rest.encode("latin-1", "replace")
    return head if head_only else head + body


@functools.lru_cache(maxsize=REMEMBERED_HEADS)
def response_start(status: int, headers: Tuple[Tuple[str, str], ...], *, keep_alive: bool) -> bytes:
    """The first lines of an answer, which are the same for many."""
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append("Connection: " + ("keep-alive" if keep_alive else "close"))
    return ("\r\n".join(lines) + "\r\n").encode("latin-1", "replace")


def _malformed(why: str) -> RefusedError:
    return RefusedError(400, "MalformedRequest", why)


def _too_large(limit: int) -> RefusedError:
    return RefusedError(413, "BodyTooLarge", f"the body is larger than {limit} bytes")


def _take(buffer: bytearray, size: int) -> bytes:
    with memoryview(buffer) as view:
        content = bytes(view[:size])
    del buffer[:size]
    return content


def _line(buffer: bytearray, limit: int) -> Optional[bytes]:
    end = buffer.find(LINE_END, 0, limit + 2)
    if end < 0:
        if len(buffer) > limit + 1:
            raise _malformed(f"a line of the chunked coding is longer than {limit} bytes")
        return None
    line = bytes(buffer[:end])
    if b"\n" in line or b"\r" in line:
        raise _malformed("bare line end in the chunked coding")
    del buffer[: end + 2]
    return line


def _check_unfinished(buffer: bytearray) -> None:
    """Refuses early what can never become a valid head."""
    if buffer.count(b"\n") != buffer.count(LINE_END):
        raise _malformed("a line ends without carriage return")
    if len(buffer) <= MAX_HEAD_BYTES:
        return
    if LINE_END not in buffer:
        raise RefusedError(414, "TargetTooLong", f"the request line is longer than {MAX_TARGET_BYTES} bytes")
    raise RefusedError(431, "HeadersTooLarge", f"the headers are longer than {MAX_HEAD_BYTES} bytes")


def _parse_head(raw: bytes) -> Head:
    if not raw.count(b"\n") == raw.count(b"\r") == raw.count(LINE_END):
        raise _malformed("a line ends without carriage return and line feed")
    lines = raw.decode("latin-1").split("\r\n")
    method, target, version = _parse_request_line(lines[0])
    headers = _parse_headers(lines[1:])
    if version == (1, 1) and "host" not in headers:
        raise _malformed("the Host header is missing")
    path, _, query = _origin_form(method, target).partition("?")
    return Head(
        method=method,
        path=unquote_to_bytes(path.encode("latin-1")).decode("utf-8", "replace"),
        query=query,
        headers=headers,
        length=_body_length(headers, version),
        keep_alive=_keeps_alive(headers, version),
        expects_continue=_expects_continue(headers, version),
    )


_remembered_head = functools.lru_cache(maxsize=REMEMBERED_HEADS)(_parse_head)


def _parse_request_line(line: str) -> Tuple[str, str, Tuple[int, int]]:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise _malformed("invalid request line")
    method, target, major, minor = match.groups()
    if len(target) > MAX_TARGET_BYTES:
        raise RefusedError(414, "TargetTooLong", f"the target is longer than {MAX_TARGET_BYTES} bytes")
    if major != "1" or minor not in "01":
        raise RefusedError(505, "VersionNotSupported", "only HTTP/1.0 and HTTP/1.1 are spoken here")
    return method, target, (int(major), int(minor))


def _origin_form(method: str, target: str) -> str:
    if target.startswith("/") or (target == "*" and method == "OPTIONS"):
        return target
    match = _ABSOLUTE.match(target)
    if match is None:
        raise _malformed("the target is neither a path nor an http URL")
    return target[match.end() :] or "/"


def _parse_headers(lines: List[str]) -> Dict[str, str]:
    if len(lines) > MAX_HEADERS:
        raise RefusedError(431, "HeadersTooLarge", f"more than {MAX_HEADERS} headers")
    headers: Dict[str, str] = {}
    for line in lines:
        name, value = _parse_header(line)
        if name not in headers:
            headers[name] = value
        elif name in _SINGLE:
            raise _malformed(f"the header {name} is given twice")
        else:
            headers[name] += ", " + value
    return headers


def _parse_header(line: str) -> Tuple[str, str]:
    match = _HEADER.fullmatch(line)
    if match is None:
        folded = line[:1] in (" ", "\t")
        raise _malformed("a header is folded over two lines" if folded else "invalid header line")
    return match.group(1).lower(), match.group(2).strip(" \t")


def _body_length(headers: Dict[str, str], version: Tuple[int, int]) -> Optional[int]:
    """The declared length, 0 without a body, None when chunked."""
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    if coding is not None:
        if length is not None:
            raise _malformed("both Content-Length and Transfer-Encoding are given")
        if version < (1, 1):
            raise _malformed("Transfer-Encoding needs HTTP/1.1")
        if coding.lower() != "chunked":
            raise RefusedError(501, "CodingNotSupported", "the only transfer coding supported is chunked")
        return None
    if length is None:
        return 0
    if not _DIGITS.fullmatch(length):
        raise _malformed("invalid Content-Length")
    return int(length)


def _keeps_alive(headers: Dict[str, str], version: Tuple[int, int]) -> bool:
    options = [option.strip().lower() for option in headers.get("connection", "").split(",")]
    if version < (1, 1):
        return "keep-alive" in options and "close" not in options
    return "close" not in options


def _expects_continue(headers: Dict[str, str], version: Tuple[int, int]) -> bool:
    expected = headers.get("expect")
    if expected is None or version < (1, 1):
        return False
    if expected.lower() != "100-continue":
        raise RefusedError(417, "ExpectationFailed", "the only expectation supported is 100-continue")
    return True
