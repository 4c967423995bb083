"""The messages between the server and its workers: a JSON header, a tag and raw bytes, each with its length in front.

Headers repeat from request to request, so both sides remember the last ones.
"""

from __future__ import annotations

import functools
import json
import socket
import struct
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .http.errors import RefusedError

LARGE_BYTES = 64 * 1024
REMEMBERED = 64
"""Headers; each is some KiB at most."""
PIECE_BYTES = 256 * 1024
_LENGTHS = struct.Struct("!IIQ")


class Frame(NamedTuple):
    """`text` is the header as JSON in ASCII, `tag` what differs between frames with one header."""

    text: bytes
    content: bytes = b""
    tag: str = ""

    @property
    def header(self) -> Mapping[str, Any]:
        """Not to be changed: others may see the same one."""
        return _fields(self.text)


class Setup(NamedTuple):
    """The header of the first message to a worker; `patience`: seconds for a model that loads in the background."""

    package: str
    model_name: str
    max_body: int
    patience: float
    links: List[str]
    model_type: str = ""
    """That of config.json, as the platform writes it; empty: unknown."""
    pins: Sequence[Sequence[str]] = ()
    """Name and requirement of each library that config.json asks for."""
    control: int = -1
    """Descriptor over which copies of the loaded worker are asked for; -1: none will be."""


@functools.lru_cache(maxsize=REMEMBERED)
def _fields(text: bytes) -> Mapping[str, Any]:
    header: Dict[str, Any] = json.loads(text.decode("ascii"))
    return header


def text(**header: Any) -> bytes:
    """A frame's header, of values that JSON has."""
    return json.dumps(header).encode("ascii")


def refusal(error: RefusedError) -> Frame:
    """The answer to a request that is refused."""
    return Frame(text(status=error.status, code=error.code, message=error.message, headers=error.headers))


def pieces(frame: Frame) -> List[bytes]:
    """The frame's bytes: one piece, or two so that a large content is not copied."""
    tag = frame.tag.encode("ascii")
    head = _LENGTHS.pack(len(frame.text), len(tag), len(frame.content)) + frame.text + tag
    return [head, frame.content] if len(frame.content) > LARGE_BYTES else [head + frame.content]


WITHDRAWAL = b"".join(pieces(Frame(text(event="withdrawn"))))
"""Sent after a request that has not begun and whose client has gone."""
NOTHING = Frame(text(event="nothing"))
"""The answer to a request that was withdrawn."""


def send(connection: socket.socket, frame: Frame) -> None:
    """Blocks until the frame is sent."""
    for piece in pieces(frame):
        connection.sendall(piece)


def take(buffer: bytearray) -> Optional[Frame]:
    """The first complete frame, removed from `buffer`, or None."""
    if len(buffer) < _LENGTHS.size:
        return None
    text_length, tag_length, content_length = _LENGTHS.unpack_from(buffer)
    tag_start = _LENGTHS.size + text_length
    content_start = tag_start + tag_length
    end = content_start + content_length
    if len(buffer) < end:
        return None
    with memoryview(buffer) as view:
        header, tag = bytes(view[_LENGTHS.size : tag_start]), bytes(view[tag_start:content_start])
        content = bytes(view[content_start:end])
    del buffer[:end]
    return Frame(header, content, tag.decode("ascii"))


class Receiver:
    """Takes frames from a socket, as a worker does."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(None)  # a package may have set a default for all
        self._connection = connection
        self._buffer = bytearray()

    def receive(self) -> Optional[Frame]:
        """Blocks for the next frame; None when the other side is gone."""
        frame = take(self._buffer)
        while frame is None:
            content = self._connection.recv(PIECE_BYTES)
            if not content:
                return None
            self._buffer += content
            frame = take(self._buffer)
        return frame

    def is_withdrawn(self) -> bool:
        """Whether the server has taken the last frame back: a withdrawal follows it at once. Never blocks."""
        if len(self._buffer) < len(WITHDRAWAL):
            try:
                self._buffer += self._connection.recv(PIECE_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
        if not self._buffer.startswith(WITHDRAWAL):
            return False
        del self._buffer[: len(WITHDRAWAL)]
        return True
