"""Heads and bodies as stores send them, and as they should not."""

import socket
from collections.abc import Iterator

import pytest

from aiapp.fetch.http.exchange import Answer, Channel
from aiapp.fetch.http.stream import MAX_HEAD, ProtocolError

WHOLE = b'HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nETag: "a"\r\netag: "b"\r\n\r\nbytes'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Wire:
    """A connection to a store that has sent everything already."""

    def __init__(self, sent: bytes) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.theirs.settimeout(5)
        self.theirs.sendall(sent)
        self.theirs.shutdown(socket.SHUT_WR)


@pytest.fixture
def wires() -> Iterator[list[Wire]]:
    made: list[Wire] = []
    yield made
    for wire in made:
        wire.ours.close()
        wire.theirs.close()


def channel(wires: list[Wire], sent: bytes) -> Channel:
    wires.append(Wire(sent))
    return Channel(lambda: wires[-1].ours)


def asked(wires: list[Wire], sent: bytes) -> Answer:
    return channel(wires, sent).get("/", {}, 5)


def test_several_answers_come_over_one_connection(wires: list[Wire]) -> None:
    kept = channel(wires, WHOLE + WHOLE)
    for _ in range(2):
        answer = kept.get("/bucket/key", {"host": "store"}, 5)
        assert (answer.status, answer.length, answer.headers["etag"], answer.closes) == (206, 5, '"a"', False)
        assert answer.read(99) == b"bytes"
    request = b"GET /bucket/key HTTP/1.1\r\nhost: store\r\naccept-encoding: identity\r\n\r\n"
    assert wires[-1].theirs.recv(999) == 2 * request


def test_what_comes_before_the_answer_is_passed_over(wires: list[Wire]) -> None:
    assert asked(wires, b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" + WHOLE).status == 206


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nbytes", id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 5\r\n\r\nbytes", id="it asks to close"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nbytes", id="its end is the end of the body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nbytes", id="a length that is none"),
    ],
)
def test_a_connection_is_not_kept_when(wires: list[Wire], sent: bytes) -> None:
    answer = asked(wires, sent)
    assert answer.closes
    assert answer.read(99) == b"bytes"


def test_chunks_are_joined_and_trailers_passed_over(wires: list[Wire]) -> None:
    kept = channel(wires, CHUNKED + b"2;x=y\r\nby\r\n3\r\ntes\r\n0\r\nMD5: x\r\n\r\n" + WHOLE)
    answer = kept.get("/", {}, 5)
    assert (answer.chunked, answer.length, answer.closes) == (True, None, False)
    assert answer.read(99) == b"bytes"
    assert answer.read(1) == b""
    assert kept.get("/", {}, 5).read(99) == b"bytes"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"x\r\n", id="no number"),
        pytest.param(b"-1\r\n", id="less than nothing"),
        pytest.param(b"1\r\nabc\r\n", id="longer than its size line"),
        pytest.param(b"", id="cut off"),
        pytest.param(b"0\r\n" + b"A: b\r\n" * 200, id="trailers without end"),
    ],
)
def test_a_chunk_is_refused(wires: list[Wire], body: bytes) -> None:
    answer = asked(wires, CHUNKED + body)
    with pytest.raises((ProtocolError, ConnectionResetError)):
        answer.read(99)


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        pytest.param(b"", ConnectionResetError, id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nA: b\r\n", ConnectionResetError, id="half of it"),
        pytest.param(b"SSH-2.0-x\r\n", ProtocolError, id="another protocol"),
        pytest.param(b"HTTP/1.1 abc\r\n\r\n", ProtocolError, id="no status"),
        pytest.param(b"HTTP/1.1 " + b"2" * MAX_HEAD, ProtocolError, id="a line without end"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * (MAX_HEAD // 6), ProtocolError, id="headers without end"),
    ],
)
def test_a_head_is_refused(wires: list[Wire], sent: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        asked(wires, sent)


def test_a_header_never_becomes_two(wires: list[Wire]) -> None:
    with pytest.raises(ValueError, match="line break"):
        channel(wires, WHOLE).get("/", {"x-amz-security-token": "a\r\nevil: b"}, 5)


def test_what_is_broken_off_raises(wires: list[Wire]) -> None:
    kept = channel(wires, WHOLE)
    kept.get("/", {}, 5).read(99)
    kept.abort()
    with pytest.raises(OSError, match=r"."):
        kept.get("/", {}, 5)
