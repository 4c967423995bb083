"""A process that is lost, idle or in a prediction, and the requests that wait meanwhile."""

import contextlib
import json
import os
import pathlib
import signal
import sys
from collections.abc import Iterator

import pytest
from tests.integration.serve.conftest import Start
from tests.integration.serve.requesting import (
    LONG_ENOUGH,
    Background,
    brief,
    error_code,
    metrics,
    post,
    running,
)
from tests.integration.serve.running import Reply, Server, serving
from tests.support.waiting import eventually

from aiapp.serve.workers import process


def with_one_sent_ahead(server: Server) -> tuple[Background, Background]:
    """A prediction that goes on for a minute, and the next one, which its worker has already got."""
    eventually(lambda: brief(server) < process.BRIEF_SECONDS * 1000)
    first = running(server, 60)
    second = Background(server, {"a": 2})
    eventually(lambda: "aiapp_model_requests_in_flight 2" in metrics(server))
    return first, second


def test_a_prediction_that_was_sent_ahead_outlives_the_loss_of_its_worker(start: Start) -> None:
    server = start().wait_until_ready()
    first, second = with_one_sent_ahead(server)
    os.kill(server.workers[0], signal.SIGKILL)

    assert (first.reply.status, error_code(first.reply)) == (500, "WorkerLost")
    assert second.reply.json == {"a": 2}


def test_a_prediction_that_was_sent_ahead_is_not_blamed_for_the_one_that_takes_too_long(start: Start) -> None:
    server = start("--predict-timeout", str(LONG_ENOUGH)).wait_until_ready()
    first, second = with_one_sent_ahead(server)

    assert (first.reply.status, error_code(first.reply)) == (504, "PredictionTimeout")
    assert second.reply.json == {"a": 2}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=["out of memory", "a crash"])
def test_a_process_lost_in_a_prediction_is_an_error_answer_and_replaced(start: Start, number: signal.Signals) -> None:
    server = start().wait_until_ready()

    reply = server.post({"die": int(number)})

    assert (reply.status, error_code(reply)) == (500, "WorkerLost")
    assert number.name in json.loads(reply.content)["error_msg"]
    server.wait_until_ready()
    assert server.post({"a": 1}).json == {"a": 1}


def test_a_process_lost_while_it_is_idle_is_noticed_and_replaced(start: Start) -> None:
    server = start().wait_until_ready()
    [worker] = server.workers
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: "was killed by SIGKILL (out of memory?): starting another" in server.output)
    server.wait_until_ready()

    assert server.post({"a": 1}).json == {"a": 1}
    assert server.workers != [worker]


def test_out_of_memory_the_kernel_ends_the_worker_and_not_the_server(start: Start) -> None:
    server = start().wait_until_ready()

    [worker] = [pathlib.Path(f"/proc/{pid}/oom_score_adj") for pid in server.workers]

    assert worker.read_text() == "1000\n"
    assert pathlib.Path(f"/proc/{server.process.pid}/oom_score_adj").read_text() != "1000\n"


def test_requests_that_wait_survive_the_loss_of_the_process(start: Start) -> None:
    server = start().wait_until_ready()
    first = Background(server, {"print": "begun\n", "sleep": 0.5, "die": int(signal.SIGKILL)})
    eventually(lambda: "begun" in server.output)
    second = server.connect().send(post(b'{"n": 2}'))

    assert error_code(first.reply) == "WorkerLost"
    answer = second.reply()
    assert answer
    assert answer.json == {"n": 2}


@contextlib.contextmanager
def asked_without_a_process(
    archive: pathlib.Path, slow_package: pathlib.Path, fault: str = ""
) -> Iterator[tuple[Server, Reply]]:
    """The answer to a request that comes when the only process is lost; the code of the next one ends in `fault`."""
    (slow_package / "go").touch()
    with serving(sys.executable, archive, slow_package) as server:
        [worker] = server.wait_until_ready().workers
        (slow_package / "go").unlink()
        with (slow_package / "customize_service.py").open("a") as file:
            file.write(fault)
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: server.request("GET", "/health").status == 503)
        late = server.connect().send(post(b'{"n": 1}'))
        eventually(lambda: "aiapp_model_queue_length 1" in metrics(server))
        (slow_package / "go").touch()
        answer = late.reply()
        assert answer
        yield server, answer


def test_requests_that_come_while_the_only_process_is_replaced_wait_for_the_next_one(
    archive: pathlib.Path, slow_package: pathlib.Path
) -> None:
    with asked_without_a_process(archive, slow_package) as (_, answer):
        assert answer.json == {"n": 1}


def test_requests_that_wait_are_told_when_the_next_process_cannot_start(
    archive: pathlib.Path, slow_package: pathlib.Path
) -> None:
    fault = "raise RuntimeError('the file is damaged')\n"
    with asked_without_a_process(archive, slow_package, fault) as (server, answer):
        assert (answer.status, answer.headers["Retry-After"], error_code(answer)) == (503, "1", "NotReady")
        assert server.wait() == 3
