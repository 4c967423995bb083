"""From the first byte to the last: loading, queueing, time limits, the end."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import struct
import sys

import pytest
from tests.integration.serve.conftest import Start
from tests.integration.serve.requesting import LONG_ENOUGH, brief, error_code, metrics, post, refuses, running
from tests.integration.serve.running import serving
from tests.support.waiting import eventually

from aiapp.serve.workers import process


def test_it_listens_while_the_model_loads_but_is_not_ready(archive: pathlib.Path, slow_package: pathlib.Path) -> None:
    with serving(sys.executable, archive, slow_package) as server:
        health, prediction = server.request("GET", "/health"), server.post({})
        (slow_package / "go").touch()
        server.wait_until_ready()

        assert (health.status, health.json) == (503, {"status": "loading"})
        assert (prediction.status, prediction.headers["Retry-After"]) == (503, "1")
        assert server.post({}).status == 200


def test_sigterm_while_loading_ends_at_once(archive: pathlib.Path, slow_package: pathlib.Path) -> None:
    with serving(sys.executable, archive, slow_package) as server:
        server.request("GET", "/health")
        server.process.send_signal(signal.SIGTERM)

        assert server.wait() == 0


def test_health_is_answered_while_a_prediction_runs_and_the_next_ones_wait_in_order(start: Start) -> None:
    server = start("--queue", "1").wait_until_ready()
    first = running(server)
    connection = server.connect().send(post(b'{"n": 2}'))
    health = server.request("GET", "/health")
    refused = eventually(lambda: [reply for reply in [server.post({"n": 3})] if reply.status == 429])[0]

    assert (error_code(refused), refused.headers["Retry-After"]) == ("QueueFull", "1")
    assert (health.status, first.reply.status) == (200, 200)
    second = connection.reply()
    assert second
    assert second.json == {"n": 2}


@pytest.mark.parametrize("is_reset", [True, False], ids=["by a reset", "by closing"])
def test_a_client_that_goes_away_while_it_waits_is_forgotten(start: Start, *, is_reset: bool) -> None:
    server = start("--queue", "1").wait_until_ready()
    first = running(server)
    gone = server.connect().send(post(b'{"print": "never"}'))
    if is_reset:
        reset_on_close = struct.pack("ii", 1, 0)
        gone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_on_close)
    eventually(lambda: server.post({}).status == 429)
    gone.close()

    eventually(lambda: "status=499" in server.output)
    assert first.reply.status == 200
    assert server.post({"a": 1}).json == {"a": 1}
    assert "never" not in server.output


def test_many_clients_with_a_time_limit_do_not_keep_a_slow_model_busy_when_they_have_gone(start: Start) -> None:
    server = start().wait_until_ready()
    first = running(server)
    gone = [server.connect().send(post(b'{"print": "never", "sleep": 60}')) for _ in range(20)]
    eventually(lambda: "aiapp_model_queue_length 20" in metrics(server))
    for connection in gone:
        connection.close()

    assert server.post({"a": 1}).json == {"a": 1}
    assert first.reply.status == 200
    eventually(lambda: server.output.count("status=499") == 20)
    assert "never" not in server.output


def test_a_prediction_that_was_sent_ahead_is_not_computed_when_its_client_has_gone(start: Start) -> None:
    server = start().wait_until_ready()
    eventually(lambda: brief(server) < process.BRIEF_SECONDS * 1000)
    first = running(server)
    gone = server.connect().send(post(b'{"print": "never"}'))
    eventually(lambda: "aiapp_model_queue_length 1" in metrics(server))
    gone.close()

    assert server.post({"a": 1}).json == {"a": 1}
    assert first.reply.status == 200
    assert "never" not in server.output


def test_an_overlong_prediction_is_answered_504_its_place_shown_and_the_process_replaced(start: Start) -> None:
    server = start("--predict-timeout", "0.5").wait_until_ready()

    reply = server.post({"sleep": 60})

    assert (reply.status, error_code(reply)) == (504, "PredictionTimeout")
    eventually(lambda: "customize_service.py" in server.output and "in _inference" in server.output)
    server.wait_until_ready()
    assert server.post({"a": 1}).json == {"a": 1}


def test_brief_predictions_of_many_clients_are_answered_to_whom_they_belong(start: Start) -> None:
    server = start().wait_until_ready()
    clients = [server.connect() for _ in range(16)]
    for round_number in range(20):
        for number, client in enumerate(clients):
            client.send(post(json.dumps({"n": [round_number, number]}).encode()))
        replies = [client.reply() for client in clients]
        assert [reply.json if reply else None for reply in replies] == [{"n": [round_number, n]} for n in range(16)]


def test_sigterm_finishes_what_runs_keeps_answering_and_is_not_ready(start: Start) -> None:
    server = start("--quiet", str(LONG_ENOUGH), "--grace", "30").wait_until_ready()
    unfinished = running(server, 1)
    kept_open = server.connect()
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: server.request("GET", "/health").status == 503)
    late = server.post({"late": True})
    reused = kept_open.send(post(b"{}")).reply()

    assert server.request("GET", "/health").json == {"status": "stopping"}
    assert unfinished.reply.status == 200
    assert (late.status, late.headers["Connection"]) == (200, "close")
    assert reused
    assert reused.status == 200
    assert server.wait() == 0


def test_a_prediction_that_outlasts_the_grace_period_is_finished_while_no_more_are_taken(start: Start) -> None:
    server = start("--quiet", "60", "--grace", "0.5").wait_until_ready()
    unfinished = running(server, 4)
    waiting = server.connect().send(post(b'{"n": 2}'))
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: refuses(server))

    assert not unfinished.is_answered
    assert unfinished.reply.status == 200
    answer = waiting.reply()
    assert answer
    assert answer.json == {"n": 2}
    assert server.wait() == 0


def test_an_answer_that_its_client_reads_slowly_is_sent_to_its_end(start: Start) -> None:
    server = start("--quiet", "0", "--grace", "0").wait_until_ready()
    slow = server.connect().send(post(json.dumps({"text": "x" * (1 << 24)}).encode()))
    eventually(lambda: "status=200" in server.output)
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: refuses(server))
    answer = slow.reply()

    assert answer
    assert len(answer.content) > 1 << 24
    assert server.wait() == 0


def test_the_grace_period_is_the_longest_it_goes_on(start: Start) -> None:
    server = start("--quiet", "60", "--grace", "0.5").wait_until_ready()
    server.process.send_signal(signal.SIGTERM)

    assert server.wait() == 0


def test_sigterm_while_a_lost_process_is_replaced_loses_none_of_the_requests_that_wait(
    archive: pathlib.Path, slow_package: pathlib.Path
) -> None:
    (slow_package / "go").touch()
    with serving(sys.executable, archive, slow_package, "--fork", "never", "--quiet", "0") as server:
        server.wait_until_ready()
        unfinished = running(server, 30)
        waiting = server.connect().send(post(b'{"n": 2}'))
        eventually(lambda: "aiapp_model_queue_length 1" in server.request("GET", "/metrics").content.decode())
        (slow_package / "go").unlink()
        [worker] = server.workers
        os.kill(worker, signal.SIGKILL)
        assert error_code(unfinished.reply) == "WorkerLost"
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: "stopping" in server.output)
        (slow_package / "go").touch()
        answer = waiting.reply()

        assert answer
        assert answer.json == {"n": 2}
        assert server.wait() == 0


def test_a_second_sigterm_ends_at_once(start: Start) -> None:
    server = start("--quiet", "60", "--grace", "60").wait_until_ready()
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: "stopping" in server.output)
    server.process.send_signal(signal.SIGTERM)

    assert server.wait() == 0


def test_no_process_is_left_behind_when_the_server_is_killed(start: Start) -> None:
    server = start().wait_until_ready()
    [worker] = server.workers
    server.process.kill()
    server.process.wait()

    eventually(lambda: not pathlib.Path(f"/proc/{worker}").exists())


def test_several_workers_predict_at_the_same_time(start: Start) -> None:
    server = start("--workers", "2").wait_until_ready()
    eventually(lambda: server.output.count("worker ready") == 2)
    one, two = running(server), running(server, LONG_ENOUGH + 0.5)

    assert (one.is_answered, two.is_answered) == (False, False)
    assert (one.reply.status, two.reply.status) == (200, 200)
    assert len(server.workers) == 3, "two, and the one that they are copies of"


def test_prints_appear_and_requests_are_logged_once_each_in_json(start: Start) -> None:
    server = start("--log-format", "json")
    eventually(lambda: '"event": "worker ready"' in server.output)
    port = next(json.loads(line)["port"] for line in server.output.splitlines() if '"listening"' in line)
    with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as client:
        body = b'{"print": "printed without line end"}'
        client.sendall(b"POST / HTTP/1.0\r\nX-Request-Id: r1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        assert client.recv(4096)

    [line] = eventually(lambda: [line for line in server.output.splitlines() if '"id": "r1"' in line])
    printed, brace, logged_text = line.partition("{")
    logged = json.loads(brace + logged_text)
    assert printed == "printed without line end"
    assert (logged["method"], logged["route"], logged["status"]) == ("POST", "/", 200)
    assert (logged["bytes_in"], logged["bytes_out"]) == (len(body), len(body))


def test_a_port_in_use_ends_with_its_own_code_and_line(archive: pathlib.Path, package: pathlib.Path) -> None:
    with contextlib.closing(socket.create_server(("0.0.0.0", 0))) as taken:
        port = taken.getsockname()[1]
        with serving(sys.executable, archive, package, "--port", str(port)) as server:
            assert server.wait() == 4

            assert server.output == f"ServerFailed: cannot listen on port {port}: Address already in use\n"
