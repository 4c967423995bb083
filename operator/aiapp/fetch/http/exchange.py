"""Sends GET requests over one connection, one after the other, and reads the responses. Knows nothing of objects.

The standard library's client reads each head as if it were an e-mail, which takes longer than a small file does.
"""

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from aiapp.fetch.http.low_watermark_reader import LowWatermarkReader
from aiapp.fetch.http.stream import ProtocolError, Stream

MAX_TRAILERS: Final = 100


class Answer:
    """A response: its head, and the body to be read in order."""

    def __init__(self, status: int, headers: Mapping[str, str], stream: Stream, *, persistent: bool) -> None:
        self.status = status
        self.headers = headers
        """By lower-case name; of several with one name the first."""
        self._stream = stream
        self._left_of_chunk = 0
        self._ended = False
        self.chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        length = headers.get("content-length", "")
        self.length = int(length) if length.isdecimal() and not self.chunked else None
        """Length of the body in bytes; None if the head does not contain it."""
        closing = "close" in headers.get("connection", "").lower()
        self.closes = closing or not persistent or (self.length is None and not self.chunked)
        """True if the connection cannot be used for another request."""

    def readinto(self, into: memoryview) -> int:
        """Reads into `into`, at most the rest of a body of known length. Returns the bytes read, 0 at the end."""
        if not self.chunked:
            return self._stream.readinto(into)
        if self._left_of_chunk == 0 and not self._begin_chunk():
            return 0
        size = self._stream.readinto(into[: self._left_of_chunk])
        self._left_of_chunk -= size
        if self._left_of_chunk == 0 and self._stream.line() != b"\r\n":
            raise ProtocolError("a chunk whose length differs from its size line")
        return size

    def read(self, most: int) -> bytes:
        """Returns up to `most` bytes of the body."""
        content = bytearray(most if self.length is None else min(most, self.length))
        filled = 0
        with memoryview(content) as view:
            while filled < len(content) and (size := self.readinto(view[filled:])):
                filled += size
        return bytes(content[:filled])

    def _begin_chunk(self) -> bool:
        """Returns True if there is another chunk."""
        if self._ended:
            return False
        line = self._stream.line()
        try:
            self._left_of_chunk = int(line.partition(b";")[0], 16)
        except ValueError as error:
            raise ProtocolError("a chunk without a length") from error
        if self._left_of_chunk < 0:
            raise ProtocolError("a chunk of negative length")
        if self._left_of_chunk == 0:
            self._skip_trailers()
            self._ended = True
        return not self._ended

    def _skip_trailers(self) -> None:
        for _ in range(MAX_TRAILERS + 1):
            if not self._stream.line().strip():
                return
        raise ProtocolError(f"more than {MAX_TRAILERS} trailers")


class Channel:
    """A connection that is opened at its first request, and again after `close`."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        """`connect` returns a new connection; it may raise OSError and ProtocolError."""
        self._connect = connect
        self._socket: socket.socket | None = None
        self._stream: Stream | None = None

    @property
    def is_open(self) -> bool:
        """True if there is a connection, which the store may have closed meanwhile."""
        return self._socket is not None

    def get(self, target: str, headers: Mapping[str, str], silence: float) -> Answer:
        """Sends a request; `silence` is the read timeout in seconds. The previous body must have been read."""
        head = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        request = f"GET {target} HTTP/1.1\r\n{head}accept-encoding: identity\r\n\r\n".encode("latin-1")
        if request.count(b"\n") != len(headers) + 3:
            raise ValueError("a header with a line break")
        if self._socket is None or self._stream is None:
            self._socket = self._connect()
            self._socket.settimeout(silence)
            plain = type(self._socket) is socket.socket
            self._stream = Stream(LowWatermarkReader(self._socket) if plain else self._socket)
        self._socket.sendall(request)
        return answer(self._stream)

    def close(self) -> None:
        """Closes the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = self._stream = None

    def abort(self) -> None:
        """Shuts the connection down from another thread, so that a pending read fails."""
        if (sock := self._socket) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def answer(stream: Stream) -> Answer:
    """Reads the next final response. Raises ProtocolError and OSError."""
    while True:
        first, *lines = stream.head()
        status = _status(first)
        if status >= HTTPStatus.OK:  # those below 200 precede the final one
            return Answer(status, _headers(lines), stream, persistent=not first.startswith("HTTP/1.0"))


def _status(line: str) -> int:
    version, _, rest = line.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not (status.isascii() and status.isdigit()):
        raise ProtocolError("not an answer in HTTP/1")
    return int(status)


def _headers(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        found.setdefault(name.lower(), value.strip())
    return found
