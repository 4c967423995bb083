"""The messages between the server and its workers: a JSON header and raw bytes, each with its length in front."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any, Dict, List, NamedTuple, Optional

LARGE_BYTES = 64 * 1024
_LENGTHS = struct.Struct("!IQ")


class Frame(NamedTuple):
    header: Dict[str, Any]
    content: bytes = b""


class Setup(NamedTuple):
    """The header of the first message to a worker; `patience`: seconds for a model that loads in the background."""

    package: str
    model_name: str
    max_body: int
    patience: float
    links: List[str]
    control: int = -1
    """Descriptor over which copies of the loaded worker are asked for; -1: none will be."""


def pieces(frame: Frame) -> List[bytes]:
    """The frame's bytes: one piece, or two so that a large content is not copied."""
    header = json.dumps(frame.header).encode("ascii")
    head = _LENGTHS.pack(len(header), len(frame.content)) + header
    return [head, frame.content] if len(frame.content) > LARGE_BYTES else [head + frame.content]


def send(connection: socket.socket, frame: Frame) -> None:
    """Block until the frame is sent."""
    for piece in pieces(frame):
        connection.sendall(piece)


def take(buffer: bytearray) -> Optional[Frame]:
    """The first complete frame, removed from `buffer`, or None."""
    if len(buffer) < _LENGTHS.size:
        return None
    header_length, content_length = _LENGTHS.unpack_from(buffer)
    content_start = _LENGTHS.size + header_length
    end = content_start + content_length
    if len(buffer) < end:
        return None
    with memoryview(buffer) as view:
        header, content = bytes(view[_LENGTHS.size : content_start]), bytes(view[content_start:end])
    del buffer[:end]
    return Frame(json.loads(header.decode("ascii")), content)


def receive(connection: socket.socket) -> Optional[Frame]:
    """Block for the next frame; None when the other side is gone."""
    lengths = _receive_exactly(connection, _LENGTHS.size)
    if lengths is None:
        return None
    header_length, content_length = _LENGTHS.unpack(lengths)
    header = _receive_exactly(connection, header_length)
    content = _receive_exactly(connection, content_length)
    if header is None or content is None:
        return None
    return Frame(json.loads(header.decode("ascii")), content)


def _receive_exactly(connection: socket.socket, size: int) -> Optional[bytes]:
    buffer = bytearray(size)
    with memoryview(buffer) as view:
        received = 0
        while received < size:
            count = connection.recv_into(view[received:])
            if count == 0:
                return None
            received += count
    return bytes(buffer)
