"""The server under clients that want its memory, its connections or its time: it stays small and serves others."""

import contextlib
import gzip
import json
import pathlib
import resource
import socket
import zlib
from collections.abc import Iterator

import pytest
from tests.integration.serve.conftest import Start
from tests.integration.serve.running import RawConnection, Server
from tests.support.waiting import eventually

MIB = 1 << 20
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
GET_HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def many_files() -> Iterator[None]:
    """Room for ten thousand connections on this side too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def sent_until_blocked(connection: RawConnection, raw: bytes) -> int:
    """How much of `raw` the server takes before it stops reading."""
    connection.socket.setblocking(False)
    sent = 0
    with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
        while sent < len(raw):
            sent += connection.socket.send(raw[sent : sent + 65536])
    return sent


def is_served(server: Server) -> bool:
    return server.post({"a": 1}).json == {"a": 1}


@pytest.mark.usefixtures("many_files")
def test_ten_thousand_idle_connections_cost_little_and_others_are_served(echo: Server) -> None:
    before = echo.resident_bytes
    idle = [echo.connect() for _ in range(10_000)]
    for connection in idle:
        connection.send(GET_HEALTH)
    replies = [connection.reply() for connection in idle]

    assert all(reply and reply.status == 200 for reply in replies)
    assert is_served(echo)
    assert echo.resident_bytes - before < 100 * MIB
    assert (again := idle[-1].send(GET_HEALTH).reply())
    assert again.status == 200
    for connection in idle:
        connection.close()


@pytest.mark.usefixtures("many_files")
def test_idle_connections_up_to_the_limit_keep_nobody_out(start: Start) -> None:
    server = start("--max-connections", "2000").wait_until_ready()
    idle = [server.connect() for _ in range(4000)]

    assert server.request("GET", "/health").status == 200
    assert is_served(server)
    for connection in idle:
        connection.close()


@pytest.mark.usefixtures("many_files")
def test_unfinished_heads_share_one_bound(start: Start) -> None:
    server = start("--max-body", str(4 * MIB), "--header-timeout", "60").wait_until_ready()
    before = server.resident_bytes
    unfinished = b"GET / HTTP/1.1\r\nHost: x\r\n" + (b"A: " + b"a" * 1000 + b"\r\n") * 30
    hostile = [server.connect().send(unfinished) for _ in range(2000)]

    eventually(lambda: "route=- status=503" in server.output)
    assert server.resident_bytes - before < 45 * MIB
    for connection in hostile:
        connection.close()
    eventually(lambda: is_served(server))


def test_unfinished_bodies_share_one_bound_that_is_freed_when_their_clients_go(start: Start) -> None:
    server = start("--max-body", "100000").wait_until_ready()
    hostile = [server.connect().send(HEAD + b"Content-Length: 100000\r\n\r\n{") for _ in range(4)]
    body = json.dumps(["x" * 50_000]).encode()

    def refused() -> bool:
        return server.request("POST", "/", body, {"Content-Type": "application/json"}).status == 503

    eventually(refused)
    assert server.request("GET", "/health").status == 200
    for connection in hostile:
        connection.close()
    eventually(lambda: not refused())


def test_what_is_sent_ahead_of_a_slow_answer_is_not_read_for_ever(start: Start) -> None:
    server = start("--queue", "100").wait_until_ready()
    before = server.resident_bytes
    slow = b'{"sleep": 2}'
    hostile = [server.connect().send(HEAD + b"Content-Length: %d\r\n\r\n" % len(slow) + slow) for _ in range(50)]
    for connection in hostile:
        sent_until_blocked(connection, GET_HEALTH * 300_000)

    assert server.request("GET", "/health").status == 200
    assert server.resident_bytes - before < 100 * MIB


def test_answers_that_nobody_reads_share_one_bound(start: Start) -> None:
    server = start("--max-body", str(2 * MIB)).wait_until_ready()
    before = server.resident_bytes
    body = json.dumps(["x" * MIB]).encode()
    large = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    hostile = []
    for _ in range(40):
        connection = server.connect()
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent_until_blocked(connection, large * 3)
        hostile.append(connection)

    eventually(lambda: is_served(server))
    assert server.resident_bytes - before < 60 * MIB


def test_a_body_that_drips_is_cut_off_while_others_are_served(start: Start) -> None:
    server = start("--header-timeout", "0.3").wait_until_ready()
    connection = server.connect().send(HEAD + b"Content-Length: 1000000\r\n\r\n{")

    assert is_served(server)
    assert connection.replies() == [408]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(HEAD + b"Content-Length: 20\r\n\r\n{", id="of a declared length"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n14\r\n{", id="within a chunk"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", id="between chunks"),
    ],
)
def test_a_body_cut_short_is_refused(echo: Server, raw: bytes) -> None:
    connection = echo.connect().send(raw)
    connection.socket.shutdown(socket.SHUT_WR)

    assert connection.replies() == [400]


@pytest.mark.parametrize(
    ("raw", "statuses"),
    [
        pytest.param(b"GET /" + b"a" * 100_000, ([414], []), id="an endless request line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 100_000, ([431], []), id="endless headers"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 101 + b"\r\n", ([431],), id="101 headers"),
        pytest.param(b"GET /health HTTP/1.1\nHost: x\n\n", ([400],), id="bare line feeds"),
        pytest.param(b"GET /health HTTP/1.1\r\nHost: x\r\nA\x00: b\r\n\r\n", ([400],), id="a NUL"),
        pytest.param(HEAD + b"Content-Length: 2, 2\r\n\r\n{}", ([400],), id="a list of lengths"),
        pytest.param(HEAD + b"Content-Length: +2\r\n\r\n{}", ([400],), id="a signed length"),
        pytest.param(HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n{}", ([400],), id="a length of 30 digits"),
        pytest.param(HEAD + b"Transfer-Encoding: identity\r\n\r\n{}", ([501],), id="another coding"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17, ([400], []), id="a chunk of exabytes"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;a\n{}\r\n0\r\n\r\n",
            ([400],),
            id="a bare line feed in a chunk extension",
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;" + b"a" * 300, ([400],), id="an endless chunk extension"
        ),
    ],
)
def test_a_malformed_request_ends_its_connection_and_no_other(
    echo: Server, raw: bytes, statuses: tuple[list[int], ...]
) -> None:
    connection = echo.connect()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.send(raw + (b"\r\n" if raw.endswith(b"f") else b""))

    assert connection.replies() in statuses
    assert is_served(echo)


# Bombs in what is within the limits of HTTP.

PART = b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        pytest.param("multipart/form-data; boundary=X", PART * 200_000 + b"--X--", 413, id="200,000 parts"),
        pytest.param("multipart/form-data; boundary=X", b"--X\r\nA: " + b"a" * MIB, 400, id="an endless part header"),
        pytest.param(
            "multipart/form-data; boundary=X",
            b"--X\r\nContent-Disposition: form-data" + b";a=b" * 3500 + b'; name="a"\r\n\r\nv\r\n--X--',
            200,
            id="thousands of parameters",
        ),
        pytest.param("multipart/form-data; boundary=" + "a" * 7000, b"a" * MIB, 400, id="an endless boundary"),
        pytest.param("multipart/form-data; boundary=X", b"--" * MIB, 400, id="only dashes"),
        pytest.param("multipart/form-data; boundary=X", b"\r\n--" * MIB, 400, id="only beginnings of boundaries"),
        pytest.param(
            "multipart/form-data; boundary=X", PART + b"\r\n".join([b"--Y"] * MIB), 400, id="parts of another"
        ),
        pytest.param("application/x-www-form-urlencoded", b"a=&" * MIB, 413, id="a million fields"),
        pytest.param("text/plain; charset=punycode", b"-" + b"a" * MIB, 415, id="text in a quadratic codec"),
        pytest.param("application/json", b"[%b]" % (b"9" * MIB), 400, id="an integer of a million digits"),
        pytest.param("application/json", b"[" * 10 * MIB, 400, id="ten million brackets"),
        pytest.param("application/json", b'{"a":' * MIB, 400, id="a million objects"),
    ],
)
def test_a_bomb_in_a_body_is_defused(echo: Server, content_type: str, body: bytes, status: int) -> None:
    reply = echo.request("POST", "/", body, {"Content-Type": content_type})

    assert reply.status == status, reply.content[:300]
    assert is_served(echo)


def test_forms_within_forms_are_not_unfolded(echo: Server) -> None:
    nested = b"core"
    for level in range(200):
        edge = b"--%d" % level
        nested = (
            edge + b"\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % level + nested + b"\r\n" + edge + b"--"
        )
    part = b'--X\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: multipart/mixed; boundary=199\r\n\r\n'

    reply = echo.request("POST", "/", part + nested + b"\r\n--X--", {"Content-Type": "multipart/form-data; boundary=X"})

    assert reply.json == {"a": nested.decode()}


def test_a_decompression_bomb_never_unfolds(start: Start) -> None:
    server = start("--max-body", str(MIB)).wait_until_ready()
    compressor = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = b"".join(compressor.compress(b" " * 10 * MIB) for _ in range(80)) + compressor.flush()

    reply = server.request("POST", "/", bomb, {"Content-Encoding": "gzip", "Content-Type": "application/json"})

    assert reply.status == 413
    [worker] = server.workers
    status = pathlib.Path(f"/proc/{worker}/status").read_text()
    peak = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < 100 * MIB


def test_gzip_within_gzip_is_undone_once(echo: Server) -> None:
    twice = gzip.compress(gzip.compress(b"[1]"))

    reply = echo.request("POST", "/", twice, {"Content-Encoding": "gzip", "Content-Type": "application/json"})

    assert reply.status == 400
