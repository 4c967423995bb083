"""Buffered reading from a socket: heads and lines, and bodies straight into the caller's memory.

Knows no more of HTTP than how a head begins and ends.
"""

import re
from typing import Final, Protocol

MAX_HEAD: Final = 64 << 10
"""Bytes of a head or a line."""
_READ_AHEAD: Final = 4 << 10
"""Holds most heads; what arrives of the body is copied once more."""
_BEGINNING: Final = b"HTTP/1."
_END: Final = re.compile(rb"\n\r?\n")


class ProtocolError(Exception):
    """The received bytes are not HTTP."""


class Receiver(Protocol):
    """A socket, with TLS or without."""

    def recv_into(self, buffer: memoryview) -> int:
        """Returns the number of bytes received; 0 at the end."""
        ...


class Stream:
    """A buffered reader. Not for several threads at once."""

    def __init__(self, socket: Receiver) -> None:
        self._socket = socket
        self._buffer = bytearray(MAX_HEAD)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0

    def head(self) -> list[str]:
        """Returns the lines of a head, without the empty one. Raises ProtocolError and OSError."""
        while (found := _END.search(self._buffer, self._start, self._end)) is None:
            begun = self._view[self._start : self._end]
            if begun[: len(_BEGINNING)] != _BEGINNING[: len(begun)]:
                raise ProtocolError("not an answer in HTTP/1")
            self._more()
        text = str(self._view[self._start : found.start()], "latin-1")
        self._start = found.end()
        return text.split("\n")

    def line(self) -> bytes:
        """Returns one line with its end. Raises as `head` does."""
        while (end := self._buffer.find(b"\n", self._start, self._end)) < 0:
            self._more()
        line = bytes(self._view[self._start : end + 1])
        self._start = end + 1
        return line

    def readinto(self, into: memoryview) -> int:
        """Reads into `into`, which must not be empty. Returns the bytes read, 0 at the end."""
        ahead = min(self._end - self._start, len(into))
        if not ahead:
            return self._socket.recv_into(into)
        into[:ahead] = self._view[self._start : self._start + ahead]
        self._start += ahead
        return ahead

    def _more(self) -> None:
        size = self._end - self._start
        if size == MAX_HEAD:
            raise ProtocolError(f"a head or a line of more than {MAX_HEAD} bytes")
        if self._start:
            self._view[:size] = self._view[self._start : self._end]
            self._start, self._end = 0, size
        came = self._socket.recv_into(self._view[size : size + _READ_AHEAD])
        if not came:
            raise ConnectionResetError(
                "the connection was closed within a head" if size else "closed without an answer"
            )
        self._end += came
