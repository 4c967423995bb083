"""The HTTP/1.1 parser: what it reads, what it refuses, whatever way the bytes arrive in."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve.http import http1
from aiapp.serve.http.errors import RefusedError
from aiapp.serve.http.http1 import MAX_HEAD_BYTES, MAX_HEADERS, MAX_TARGET_BYTES, Head, Parser, response, response_start

GET = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def parsed(raw: bytes, *, step: int = 0, max_body: int = 1000) -> list[tuple[Head, bytes]]:
    """All complete requests in `raw`, fed in pieces of `step` bytes (0: at once)."""
    parser, requests = Parser(max_body), []
    head = None
    for start in range(0, len(raw), step or len(raw)):
        parser.feed(raw[start : start + (step or len(raw))])
        while True:
            head = head or parser.head()
            body = parser.body() if head else None
            if head is None or body is None:
                break
            requests.append((head, body))
            head = None
    return requests


def refusal(raw: bytes, *, max_body: int = 1000) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        parsed(raw, max_body=max_body)
    return caught.value


@pytest.mark.parametrize("step", [0, 1, 3], ids=["at once", "byte by byte", "three bytes at a time"])
def test_pipelined_requests_come_out_one_by_one_however_they_arrive(step: int) -> None:
    chunked = CHUNKED + b"3\r\nabc\r\n2;name=value\r\nde\r\n0\r\nTrailer: x\r\n\r\n"

    requests = parsed(GET + POST + chunked + GET, step=step)

    assert [(head.method, body) for head, body in requests] == [
        ("GET", b""),
        ("POST", b"body"),
        ("POST", b"abcde"),
        ("GET", b""),
    ]


def test_a_head_gives_path_query_and_lower_case_headers() -> None:
    raw = b"GET /caf%C3%A9?a=1&b HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two:2 \t\r\n\r\n"

    [(head, _)] = parsed(raw)

    assert (head.path, head.query) == ("/café", "a=1&b")
    assert head.headers == {"host": "x", "x-two": "1, 2"}


@pytest.mark.parametrize(
    ("lines", "keep_alive"),
    [
        pytest.param(b"HTTP/1.1\r\nHost: x", True, id="1.1 stays open"),
        pytest.param(b"HTTP/1.1\r\nHost: x\r\nConnection: Close", False, id="1.1 closes when asked"),
        pytest.param(b"HTTP/1.0", False, id="1.0 closes"),
        pytest.param(b"HTTP/1.0\r\nConnection: keep-alive", True, id="1.0 stays open when asked"),
    ],
)
def test_the_connection_header_decides_about_keeping_it_open(lines: bytes, keep_alive: bool) -> None:
    [(head, _)] = parsed(b"GET / " + lines + b"\r\n\r\n")

    assert head.keep_alive is keep_alive


def test_an_absolute_target_is_read_as_its_path() -> None:
    [(head, _)] = parsed(b"GET http://x:8080/a?b HTTP/1.1\r\nHost: x\r\n\r\n")

    assert (head.path, head.query) == ("/a", "b")


def test_empty_lines_before_a_request_are_ignored() -> None:
    assert len(parsed(b"\r\n\r\n" + GET)) == 1


HOST = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        pytest.param(HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400, id="both framings"),
        pytest.param(HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", 400, id="both, other order"),
        pytest.param(HOST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\n", 400, id="the length twice"),
        pytest.param(HOST + b"Content-Length: 4, 4\r\n\r\n", 400, id="a list of lengths"),
        pytest.param(HOST + b"Content-Length: +4\r\n\r\n", 400, id="a sign in the length"),
        pytest.param(HOST + b"Content-Length: -1\r\n\r\n", 400, id="a negative length"),
        pytest.param(HOST + b"Content-Length: 0x4\r\n\r\n", 400, id="a hexadecimal length"),
        pytest.param(HOST + b"Content-Length: 4_0\r\n\r\n", 400, id="an underscore in the length"),
        pytest.param(HOST + b"Content-Length: \xb2\r\n\r\n", 400, id="a superscript as length"),
        pytest.param(HOST + b"Content-Length:\r\n\r\n", 400, id="an empty length"),
        pytest.param(HOST + b"Content-Length : 4\r\n\r\n", 400, id="a blank before the colon"),
        pytest.param(HOST + b"X: a\r\n b\r\n\r\n", 400, id="a folded header"),
        pytest.param(HOST + b" Content-Length: 4\r\n\r\n", 400, id="a header that begins with a blank"),
        pytest.param(HOST + b"Transfer-Encoding: xchunked\r\n\r\n", 501, id="an unknown coding"),
        pytest.param(HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501, id="two codings"),
        pytest.param(
            HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400, id="the coding twice"
        ),
        pytest.param(HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n", 400, id="a control character before chunked"),
        pytest.param(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, id="chunked in 1.0"),
        pytest.param(HOST + b"A: b\nContent-Length: 4\r\n\r\n", 400, id="a bare line feed between headers"),
        pytest.param(HOST + b"A: b\rContent-Length: 4\r\n\r\n", 400, id="a bare carriage return between headers"),
        pytest.param(b"GET / HTTP/1.1\nHost: x\n\n", 400, id="only line feeds"),
        pytest.param(HOST + b"A: \x00\r\n\r\n", 400, id="a zero byte in a value"),
        pytest.param(HOST + b"A\x00: b\r\n\r\n", 400, id="a zero byte in a name"),
        pytest.param(HOST + b"no colon\r\n\r\n", 400, id="a line without a colon"),
        pytest.param(HOST + b"Host: y\r\n\r\n", 400, id="two hosts"),
        pytest.param(b"POST / HTTP/1.1\r\n\r\n", 400, id="no host"),
        pytest.param(b"POST /  HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="two blanks in the request line"),
        pytest.param(b"POST\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="a tab in the request line"),
        pytest.param(b"POST / http/1.1\r\nHost: x\r\n\r\n", 400, id="the version in lower case"),
        pytest.param(b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="a tunnel"),
        pytest.param(b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, id="another version"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, id="the preface of HTTP/2"),
        pytest.param(HOST + b"Expect: 200-ok\r\n\r\n", 417, id="an unknown expectation"),
        pytest.param(HOST + b"Content-Length: 1001\r\n\r\n", 413, id="a declared body over the limit"),
        pytest.param(HOST + b"Content-Length: 999999999999999999999\r\n\r\n", 400, id="a length beyond any number"),
        pytest.param(b"GET /" + b"a" * MAX_TARGET_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, id="a long target"),
        pytest.param(b"GET /" + b"a" * MAX_HEAD_BYTES, 414, id="an endless target"),
        pytest.param(HOST + b"A: " + b"a" * MAX_HEAD_BYTES, 431, id="an endless header"),
        pytest.param(HOST + b"A: b\r\n" * MAX_HEADERS + b"\r\n", 431, id="too many headers"),
        pytest.param(CHUNKED + b"+1\r\na\r\n0\r\n\r\n", 400, id="a sign in a chunk size"),
        pytest.param(CHUNKED + b"0x1\r\na\r\n0\r\n\r\n", 400, id="a prefix in a chunk size"),
        pytest.param(CHUNKED + b" 1\r\na\r\n0\r\n\r\n", 400, id="a blank before a chunk size"),
        pytest.param(CHUNKED + b"\r\na\r\n0\r\n\r\n", 400, id="no chunk size"),
        pytest.param(CHUNKED + b"1\na\r\n0\r\n\r\n", 400, id="a bare line feed after a chunk size"),
        pytest.param(CHUNKED + b"1;a\nb\r\na\r\n0\r\n\r\n", 400, id="a bare line feed in a chunk extension"),
        pytest.param(CHUNKED + b"1\r\nab\r\n0\r\n\r\n", 400, id="a chunk longer than its size"),
        pytest.param(CHUNKED + b"1;" + b"a" * 300, 400, id="an endless chunk extension"),
        pytest.param(CHUNKED + b"3e9\r\n", 413, id="a chunk over the limit"),
        pytest.param(CHUNKED + b"ffffffffffffffff\r\n", 413, id="a chunk size near overflow"),
        pytest.param(CHUNKED + b"0\r\nA: b\r\n c\r\n\r\n", 400, id="a folded trailer"),
        pytest.param(CHUNKED + b"0\r\n" + b"A: b\r\n" * 101 + b"\r\n", 431, id="too many trailers"),
    ],
)
def test_what_could_be_read_in_two_ways_or_is_too_much_is_refused(raw: bytes, status: int) -> None:
    assert refusal(raw).status == status


def test_a_header_however_long_and_wrong_is_judged_in_one_pass() -> None:
    line = "A:" + " " * 3_000_000 + "\x00"  # trying each way to read its blanks would take hours

    with pytest.raises(RefusedError, match="invalid header line"):
        http1._parse_header(line)
    assert http1._parse_header("A:" + " \t" * 1000 + "b c" + " \t" * 1000) == ("a", "b c")


def test_chunks_together_may_not_exceed_the_limit() -> None:
    assert refusal(CHUNKED + b"200\r\n" + b"a" * 0x200 + b"\r\n200\r\n").status == 413


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_no_bytes_make_the_parser_raise_anything_but_its_own_error(pieces: list[bytes]) -> None:
    with contextlib.suppress(RefusedError):
        parsed(b"".join(pieces) or b" ")


@given(st.data())
def test_a_mutated_request_is_refused_or_read_never_a_crash(data: st.DataObject) -> None:
    raw = bytearray(CHUNKED + b"3\r\nabc\r\n0\r\n\r\n" + POST)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RefusedError):
        parsed(bytes(raw), step=data.draw(st.integers(1, 20)))


@given(st.lists(st.binary(max_size=60), max_size=6), st.integers(1, 50))
def test_chunked_bodies_come_back_whole_however_they_are_cut(bodies: list[bytes], step: int) -> None:
    def chunked(body: bytes) -> bytes:
        chunks = [body[i : i + 7] for i in range(0, len(body), 7)]
        return b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"

    raw = b"".join(CHUNKED + chunked(body) for body in bodies)

    assert [body for _, body in parsed(raw or b"\r\n", step=step)] == bodies


def test_an_answer_to_head_says_the_length_and_leaves_the_body_out() -> None:
    start = response_start(200, (("Content-Type", "text/plain"),), keep_alive=True)
    raw = response(start, "id-1", b"12345", head_only=True)

    assert raw.startswith(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nX-Request-Id: id-1\r\n"
    )
    assert raw.endswith(b"Content-Length: 5\r\n\r\n")


def test_a_head_that_came_before_is_read_as_before_and_another_anew() -> None:
    parser = Parser(1000)
    for path in ("/a", "/b", "/a"):
        parser.feed(b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy" % path.encode())
        head = parser.head()
        assert head is not None
        assert (head.path, parser.body()) == (path, b"xy")
