"""One GET after the other over one connection, and the answers' heads and bodies. Knows nothing of objects.

`http.client` connects, through TLS and proxies; but it reads each head as if it were an e-mail, which takes longer than
a small file. Raises its exceptions all the same, and OSError.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.client import BadStatusLine, HTTPConnection, HTTPException, LineTooLong, RemoteDisconnected
from io import BufferedReader
from typing import Final

MAX_LINE: Final = 64 << 10
MAX_HEADERS: Final = 100


class Answer:
    """A head, and the body to be read in order."""

    def __init__(self, status: int, headers: Mapping[str, str], file: BufferedReader, *, persistent: bool) -> None:
        self.status = status
        self.headers = headers
        """By their names in lower case; of several the first."""
        self._file = file
        self._left_of_chunk = 0
        self._ended = False
        self.chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        length = headers.get("content-length", "")
        self.length = int(length) if length.isdecimal() and not self.chunked else None
        """Bytes of the body, where the head tells."""
        closing = "close" in headers.get("connection", "").lower()
        self.closes = closing or not persistent or (self.length is None and not self.chunked)
        """The store will take no further request over this connection."""

    def readinto(self, into: memoryview) -> int:
        """Fill some of `into`, which must not be longer than what is left of a body of known length; 0 at its end."""
        if not self.chunked:
            return self._file.readinto1(into)
        if self._left_of_chunk == 0 and not self._begin_chunk():
            return 0
        size = self._file.readinto1(into[: self._left_of_chunk])
        self._left_of_chunk -= size
        if self._left_of_chunk == 0 and self._file.readline(MAX_LINE) != b"\r\n":
            raise HTTPException("a chunk of another length than it says")
        return size

    def read(self, most: int) -> bytes:
        """The beginning of the body."""
        content = bytearray(most if self.length is None else min(most, self.length))
        filled = 0
        with memoryview(content) as view:
            while filled < len(content) and (size := self.readinto(view[filled:])):
                filled += size
        return bytes(content[:filled])

    def _begin_chunk(self) -> bool:
        """Whether there is one more."""
        if self._ended:
            return False
        line = _line(self._file)
        try:
            self._left_of_chunk = int(line.partition(b";")[0], 16)
        except ValueError as error:
            raise HTTPException("a chunk without a length") from error
        if self._left_of_chunk < 0:
            raise HTTPException("a chunk of negative length")
        if self._left_of_chunk == 0:
            _headers(self._file)  # trailers
            self._ended = True
        return not self._ended


class Channel:
    """A connection that is opened at its first request, and again after `close`."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._file: BufferedReader | None = None

    @property
    def is_open(self) -> bool:
        """Whether the store could have closed it meanwhile."""
        return self._file is not None

    def get(self, target: str, headers: Mapping[str, str], silence: float) -> Answer:
        """Send a request; `silence`: seconds that may pass without a byte. The body before must have been read."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"GET {target} HTTP/1.1\r\n{head}accept-encoding: identity\r\n\r\n".encode("latin-1")
        if request.count(b"\n") != len(headers) + 3:
            raise ValueError("a header with a line break")
        if self._file is None:
            self._connection.connect()
            self._file = self._socket.makefile("rb")
        self._socket.settimeout(silence)
        self._socket.sendall(request)
        return _answer(self._file)

    def close(self) -> None:
        """Let go of the connection."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._connection.close()

    def break_off(self) -> None:
        """From another thread: whoever waits for an answer gets an error."""
        if (sock := self._connection.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    @property
    def _socket(self) -> socket.socket:
        sock: socket.socket | None = self._connection.sock
        if sock is None:
            raise ConnectionResetError("broken off")
        return sock


def _answer(file: BufferedReader) -> Answer:
    while True:
        version, status = _status(file)
        headers = _headers(file)
        if status >= HTTPStatus.OK:  # those before tell of one that will come
            return Answer(status, headers, file, persistent=version != b"HTTP/1.0")


def _status(file: BufferedReader) -> tuple[bytes, int]:
    line = _line(file)
    if not line:
        raise RemoteDisconnected("the connection was closed without an answer")
    version, _, rest = line.partition(b" ")
    status = rest[:3]
    if not version.startswith(b"HTTP/1.") or not status.isdigit():
        raise BadStatusLine(line[:80].decode("latin-1"))
    return version, int(status)


def _headers(file: BufferedReader) -> dict[str, str]:
    found: dict[str, str] = {}
    for _ in range(MAX_HEADERS + 1):
        line = _line(file)
        if line in {b"\r\n", b"\n"}:
            return found
        if not line:
            raise RemoteDisconnected("the connection was closed within a head")
        name, _, value = line.decode("latin-1").partition(":")
        found.setdefault(name.strip().lower(), value.strip())
    raise HTTPException(f"more than {MAX_HEADERS} headers")


def _line(file: BufferedReader) -> bytes:
    line = file.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE:
        raise LineTooLong("line")
    return line
