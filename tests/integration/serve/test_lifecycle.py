"""From the first byte to the last: loading, queueing, time limits, lost processes, the end."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import struct
import sys
import threading
from collections.abc import Iterator

import pytest
from tests.integration.serve.conftest import Start
from tests.integration.serve.running import Reply, Server, serving
from tests.support.waiting import eventually

from aiapp.serve.workers import process


class Background:
    """A request on a thread of its own."""

    def __init__(self, server: Server, document: object) -> None:
        self._replies: list[Reply] = []
        self._thread = threading.Thread(target=lambda: self._replies.append(server.post(document)))
        self._thread.start()

    @property
    def is_answered(self) -> bool:
        return not self._thread.is_alive()

    @property
    def reply(self) -> Reply:
        self._thread.join(30)
        return self._replies[0]


def error_code(reply: Reply) -> str:
    return str(json.loads(reply.content)["error_code"])


def running(server: Server, seconds: float) -> Background:
    """A prediction that has begun and goes on for this long."""
    request = Background(server, {"print": f"begun for {seconds}\n", "sleep": seconds})
    eventually(lambda: f"begun for {seconds}" in server.output)
    return request


def refuses(server: Server) -> bool:
    """Whether it takes no more connections."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", server.port)) != 0


def post(content: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)


@pytest.fixture
def slow_package(package: pathlib.Path) -> pathlib.Path:
    """A package that loads until a file called `go` appears beside it."""
    source = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\n"
    file = package / "customize_service.py"
    file.write_text(source + file.read_text())
    return package


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
    first = running(server, 1.5)
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
    first = running(server, 1)
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
    first = running(server, 1)
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
    first = running(server, 1)
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


def with_one_sent_ahead(server: Server) -> tuple[Background, Background]:
    """A prediction that goes on for a minute, and the next one, which its worker has already got."""
    eventually(lambda: brief(server) < process.BRIEF_SECONDS * 1000)
    first = running(server, 60)
    second = Background(server, {"a": 2})
    eventually(lambda: "aiapp_model_requests_in_flight 2" in metrics(server))
    return first, second


def brief(server: Server) -> float:
    """How long a short prediction took, in milliseconds."""
    header = {"X-Request-Id": os.urandom(8).hex(), "Content-Type": "application/json"}
    server.request("POST", "/", b"{}", header)
    logged = eventually(lambda: re.search(rf"id={header['X-Request-Id']} .* ms=([0-9.]+)", server.output))
    assert logged is not None
    return float(logged.group(1))


def metrics(server: Server) -> str:
    return server.request("GET", "/metrics").content.decode()


def test_a_prediction_that_was_sent_ahead_outlives_the_loss_of_its_worker(start: Start) -> None:
    server = start().wait_until_ready()
    first, second = with_one_sent_ahead(server)
    os.kill(server.workers[0], signal.SIGKILL)

    assert (first.reply.status, error_code(first.reply)) == (500, "WorkerLost")
    assert second.reply.json == {"a": 2}


def test_a_prediction_that_was_sent_ahead_is_not_blamed_for_the_one_that_takes_too_long(start: Start) -> None:
    server = start("--predict-timeout", "0.5").wait_until_ready()
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


def test_sigterm_finishes_what_runs_keeps_answering_and_is_not_ready(start: Start) -> None:
    server = start("--quiet", "1", "--grace", "30").wait_until_ready()
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
    one, two = running(server, 1), running(server, 1.5)

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


def test_hard_coded_paths_are_linked_and_a_folder_of_another_name_is_still_called_model(
    archive: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    folder, link = tmp_path / "other-name", tmp_path / "home" / "mind" / "model"
    folder.mkdir()
    (folder / "part.py").write_text("VALUE = 7")
    source = f"""
from model.part import VALUE
class Service:
    def _inference(self, data):
        return [VALUE, open({str(link / "part.py")!r}).read()]
"""
    (folder / "customize_service.py").write_text(source)
    with serving(sys.executable, archive, folder, "--link", str(link)) as server:
        assert server.wait_until_ready().post({}).json == [7, "VALUE = 7"]


def test_a_package_in_the_model_folder_of_the_one_given_is_found(
    archive: pathlib.Path, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    assert package.parent == tmp_path
    with serving(sys.executable, archive, tmp_path) as server:
        assert server.wait_until_ready().post({"a": 1}).json == {"a": 1}


def test_programs_that_the_package_starts_print_at_once_too(archive: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    source = """
import os
class Service:
    def _inference(self, data):
        return os.environ["PYTHONUNBUFFERED"]
"""
    (folder / "customize_service.py").write_text(source)
    with serving(sys.executable, archive, folder) as server:
        assert server.wait_until_ready().post({}).content == b"1"


def test_a_model_that_a_thread_of_the_constructor_loads_is_waited_for(
    archive: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    source = """
import os, threading, time
class Service:
    def __init__(self, model_name, model_path):
        threading.Thread(target=self.load).start()
    def load(self):
        while not os.path.exists("go"):
            time.sleep(0.01)
        self.model = len
    def _inference(self, data):
        return self.model(data.pop("image"))
"""
    (folder / "customize_service.py").write_text(source)
    with serving(sys.executable, archive, folder) as server:
        first = Background(server.wait_until_ready(), {"image": [1, 2, 3]})
        (folder / "go").touch()

        assert first.reply.content == b"3"


def test_a_package_that_is_a_program_of_its_own_is_run_as_one(archive: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "Customize"}')
    (folder / "part.py").write_text("VALUE = 7")
    (folder / "customize_service.py").write_text("from part import VALUE\nprint(__name__, VALUE)")
    with serving(sys.executable, archive, folder) as server:
        assert server.wait() == 0

        assert server.output == "__main__ 7\n"


def test_why_a_program_of_its_own_fails_is_the_last_line_and_the_termination_message(
    archive: pathlib.Path, python: str, tmp_path: pathlib.Path
) -> None:
    folder, log = tmp_path / "model", tmp_path / "log"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "Custom"}')
    (folder / "customize_service.py").write_text("import os\nfrom log import getLogger\n")
    with serving(python, archive, folder, "--termination-log", str(log)) as server:
        assert server.wait() == 3

        line = "StartFailed: customize_service.py:2: no module 'log' in the package or the image\n"
        assert server.output.endswith(line)
        assert log.read_text() == line


def test_a_package_has_a_home_to_write_to_although_the_image_has_none(
    start: Start, package: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    code = (package / "customize_service.py").read_text()
    (package / "customize_service.py").write_text(code.replace("return data", "return os.path.expanduser('~')"))
    home = start().wait_until_ready().post({}).content.decode()
    assert home == f"/tmp/home-{os.getuid()}"
    assert os.access(home, os.W_OK)
