"""The HTTP side under clients that are hostile, slow or broken: others stay served, nothing is read two ways."""

import contextlib
import gzip
import json
import socket

import pytest
from tests.integration.serve.conftest import Start
from tests.integration.serve.running import RawConnection, Server
from tests.support.waiting import eventually

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
GET_HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def post(content: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return HEAD + lines + b"Content-Length: %d\r\n\r\n" % len(content) + content


def test_pipelined_requests_are_answered_in_order_on_one_connection(echo: Server) -> None:
    connection = echo.connect().send(GET_HEALTH + b"".join(post(b"[%d]" % n) for n in range(5)) + GET_HEALTH)

    replies = [connection.reply() for _ in range(7)]

    assert [reply and reply.content for reply in replies[1:6]] == [b"[0]", b"[1]", b"[2]", b"[3]", b"[4]"]
    assert [reply and reply.json for reply in (replies[0], replies[6])] == [{"status": "ready"}] * 2


@pytest.mark.parametrize(
    ("raw", "statuses"),
    [
        pytest.param(
            HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET_HEALTH, [400], id="CL.TE"
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n" + GET_HEALTH, [400], id="TE.CL"
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\nTransfer-encoding: x\r\n\r\n0\r\n\r\n" + GET_HEALTH,
            [400],
            id="TE.TE",
        ),
        pytest.param(
            HEAD + b"Content-Length: 2\r\nContent-Length: 0\r\n\r\n{}" + GET_HEALTH, [400], id="two different lengths"
        ),
        pytest.param(HEAD + b"X: a\r\n\tTransfer-Encoding: chunked\r\n\r\n" + GET_HEALTH, [400], id="a folded header"),
        pytest.param(HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + GET_HEALTH, [400], id="a blank name"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n" + GET_HEALTH, [400], id="a false chunk"
        ),
        pytest.param(
            HEAD + b"Content-Length: 3\r\n\r\n{ }" + GET_HEALTH + b"x y z\r\n\r\n", [200, 200, 400], id="junk"
        ),
        pytest.param(GET_HEALTH.replace(b"1.1", b"1.0"), [200], id="1.0 without keep-alive"),
    ],
)
def test_what_follows_an_ambiguous_request_is_never_taken_for_another(
    echo: Server, raw: bytes, statuses: list[int]
) -> None:
    assert echo.connect().send(raw).replies() == statuses


def test_chunked_bodies_trailers_and_extensions_are_read(echo: Server) -> None:
    connection = echo.connect().send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for piece in (b"4;x=y\r\n[1, \r", b"\n2\r\n2]", b"\r\n0\r\nTrailer: x\r\n\r\n"):
        connection.send(piece)

    reply = connection.reply()

    assert reply
    assert reply.json == [1, 2]


def test_a_client_that_waits_for_permission_gets_it_before_it_sends_the_body(echo: Server) -> None:
    connection = echo.connect().send(HEAD + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")

    permission = connection.reply()
    answer = connection.send(b"{}").reply()

    assert (permission and permission.status, answer and answer.status) == (100, 200)


def test_permission_is_not_given_for_what_will_be_refused(start: Start) -> None:
    server = start("--max-body", "10").wait_until_ready()
    connection = server.connect().send(HEAD + b"Content-Length: 11\r\nExpect: 100-continue\r\n\r\n")

    assert connection.replies() == [413]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(HEAD + b"Content-Length: 5000000\r\n\r\n" + b"x" * 100_000, id="declared"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n", id="chunked"),
        pytest.param(post(gzip.compress(b" " * 100_000), b"Content-Encoding: gzip"), id="decompressed"),
    ],
)
def test_a_body_over_the_limit_is_refused_and_the_refusal_is_readable(start: Start, raw: bytes) -> None:
    server = start("--max-body", "1000").wait_until_ready()

    reply = server.connect().send(raw).reply()

    assert reply
    assert reply.status == 413
    assert json.loads(reply.content)["error_code"] == "BodyTooLarge"


def test_gzip_bodies_are_read(echo: Server) -> None:
    reply = echo.request("POST", "/", gzip.compress(b'{"a": 1}'), {"Content-Encoding": "gzip"})

    assert reply.json == {"a": 1}


def test_malformed_json_is_the_clients_fault(echo: Server) -> None:
    reply = echo.request("POST", "/", b"{", {"Content-Type": "application/json"})

    assert reply.status == 400
    assert json.loads(reply.content)["error_code"] == "MalformedJson"


def test_head_is_answered_without_a_body_and_wrong_methods_say_what_is_allowed(echo: Server) -> None:
    head = echo.connect().send(b"HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    raw = b"".join(iter(lambda: head.socket.recv(4096), b""))
    wrong = echo.request("DELETE", "/")

    assert raw.endswith(b"\r\n\r\n")
    assert b"Content-Length: 19" in raw
    assert (wrong.status, wrong.headers["Allow"]) == (405, "POST")


def test_a_request_id_is_taken_over_if_it_cannot_harm_the_log(echo: Server) -> None:
    kept = echo.request("GET", "/health", headers={"X-Request-Id": "abc-1"})
    replaced = echo.request("GET", "/health", headers={"X-Request-Id": 'x" y'})

    assert kept.headers["X-Request-Id"] == "abc-1"
    assert replaced.headers["X-Request-Id"] != 'x" y'


def test_a_body_cut_short_is_no_prediction(echo: Server) -> None:
    connection = echo.connect().send(HEAD + b'Content-Length: 20\r\n\r\n{"print": "ran"}')
    connection.socket.shutdown(socket.SHUT_WR)

    assert connection.replies() == [400]
    assert "ran" not in echo.output


def test_a_client_that_closes_its_side_after_the_request_gets_its_answer(echo: Server) -> None:
    connection = echo.connect().send(post(b'{"sleep": 0.3}') + post(b"[2]"))
    connection.socket.shutdown(socket.SHUT_WR)

    assert connection.replies() == [200, 200]


def test_slow_requests_are_cut_off_while_others_are_served(start: Start) -> None:
    server = start("--header-timeout", "0.5").wait_until_ready()
    slow = [server.connect().send(b"GET /health HTTP/1.1\r\nHos") for _ in range(50)]

    assert server.request("GET", "/health").status == 200
    assert [connection.replies() for connection in slow] == [[408]] * 50


def test_a_head_that_drips_does_not_get_more_time(start: Start) -> None:
    server = start("--header-timeout", "1").wait_until_ready()
    connection = server.connect().send(b"GET /health HTTP/1.1\r\n")

    def dripped() -> bool:
        try:
            connection.send(b"A: b\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return True
        return False

    eventually(dripped)


def test_idle_connections_are_closed_after_the_keep_alive_time(start: Start) -> None:
    server = start("--keep-alive", "0.5").wait_until_ready()

    assert server.connect().send(GET_HEALTH).replies() == [200]


def test_many_idle_connections_do_not_keep_others_from_being_served(echo: Server) -> None:
    idle = [echo.connect() for _ in range(400)]

    assert echo.post({"a": 1}).json == {"a": 1}
    for connection in idle:
        connection.close()


def test_of_more_connections_than_allowed_the_one_that_is_idle_longest_is_closed(start: Start) -> None:
    server = start("--max-connections", "3").wait_until_ready()
    first, second, third = (server.connect() for _ in range(3))
    assert all(connection.send(GET_HEALTH).reply() for connection in (second, first, third))

    assert server.request("GET", "/health").status == 200
    assert second.replies() == []
    assert all(connection.send(GET_HEALTH).reply() for connection in (first, third))


def test_a_flood_of_headers_is_refused(echo: Server) -> None:
    connection = echo.connect()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.send(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        for _ in range(50):
            connection.send(b"A: " + b"a" * 10_000 + b"\r\n")

    assert connection.replies() in ([431], [])
    assert echo.request("GET", "/health").status == 200


def test_large_bodies_and_answers_pass_whole(echo: Server) -> None:
    document = {"a": ["x" * 1000] * 5000}

    assert echo.post(document).json == document


def test_a_client_that_never_reads_its_answers_is_not_read_from_any_more(echo: Server) -> None:
    connection: RawConnection = echo.connect()
    connection.socket.settimeout(2)
    requests = post(json.dumps(["x" * 100_000]).encode()) * 1000

    with pytest.raises(TimeoutError):
        connection.send(requests)

    assert echo.request("GET", "/health").status == 200
