"""Several workers: copies of one that has loaded the model where that is safe, else each on its own."""

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.integration.serve.running import INTERPRETERS, OLDEST_AND_NEWEST, Server, serving
from tests.support.waiting import eventually

SERVICE = """
import os, threading, time
from model_service.model_service import SingleNodeService

class Service(SingleNodeService):
    def __init__(self, model_name, model_path):
        with open(os.path.join(model_path, "loads"), "a") as file:
            file.write("x")
        self.loaded_in = os.getpid()
        {more}

    def _inference(self, data):
        time.sleep(data.get("sleep", 0))
        if data.get("die"):
            os.kill(os.getpid(), 9)
        visible = os.environ.get("ASCEND_RT_VISIBLE_DEVICES")
        return {{"loaded_in": self.loaded_in, "pid": os.getpid(), "visible": visible}}
"""
THREAD = "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"


@pytest.fixture(params=OLDEST_AND_NEWEST)
def python(request: pytest.FixtureRequest) -> str:
    """The oldest and the newest interpreter."""
    return INTERPRETERS[str(request.param)]


@pytest.fixture
def service(package: Path) -> Callable[[str], Path]:
    """`service(more)`: a package that counts its loads, with more code in its constructor."""

    def made(more: str = "pass") -> Path:
        (package / "customize_service.py").write_text(SERVICE.format(more=more))
        return package

    return made


def loads(package: Path) -> int:
    """How often the model was loaded."""
    return len((package / "loads").read_text())


def both(server: Server) -> list[dict[str, object]]:
    """What two predictions at the same time answer, once both workers are there."""

    def asked() -> list[dict[str, object]]:
        with ThreadPoolExecutor(2) as pool:
            found = [json.loads(reply.content) for reply in pool.map(lambda _: server.post({"sleep": 0.3}), range(2))]
        assert len({one["pid"] for one in found}) == 2, found
        return found

    return eventually(asked)


def test_workers_are_copies_of_one_loaded_model(python: str, archive: Path, service: Callable[..., Path]) -> None:
    package = service()
    with serving(python, archive, package, "--workers=2") as server:
        answers = both(server.wait_until_ready())
        assert len({one["loaded_in"] for one in answers}) == 1
        assert loads(package) == 1


def test_a_lost_copy_is_replaced_without_loading_again(
    archive: Path, service: Callable[..., Path], python: str
) -> None:
    package = service()
    with serving(python, archive, package, "--workers=2") as server:
        before = {one["pid"] for one in both(server.wait_until_ready())}
        assert server.post({"die": True}).status == 500
        after = {one["pid"] for one in both(server)}
        assert len(after - before) == 1
        assert loads(package) == 1


def test_when_the_loaded_process_is_lost_its_copies_go_on_and_the_next_loads_again(
    archive: Path, service: Callable[..., Path], python: str
) -> None:
    package = service()
    with serving(python, archive, package, "--workers=2") as server:
        (loaded_in,) = {one["loaded_in"] for one in both(server.wait_until_ready())}
        os.kill(int(str(loaded_in)), signal.SIGKILL)
        both(server)
        assert server.post({"die": True}).status == 500
        both(server)
        assert loads(package) == 2


@pytest.mark.parametrize(
    ("more", "options"),
    [
        pytest.param(THREAD, (), id="a thread that lives on"),
        pytest.param("pass", ("--fork=never",), id="as it is asked for"),
    ],
)
def test_otherwise_each_worker_loads_the_model(
    more: str, options: tuple[str, ...], archive: Path, service: Callable[..., Path], python: str
) -> None:
    package = service(more)
    with serving(python, archive, package, "--workers=2", *options) as server:
        answers = both(server.wait_until_ready())
        assert all(one["loaded_in"] == one["pid"] for one in answers)
        assert loads(package) == 2


def test_each_worker_sees_its_own_devices(
    archive: Path, service: Callable[..., Path], python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASCEND_RT_VISIBLE_DEVICES", "2,5")
    package = service()
    with serving(python, archive, package, "--workers=2") as server:
        answers = both(server.wait_until_ready())
        assert {one["visible"] for one in answers} == {"2", "5"}
        assert loads(package) == 2


def test_copies_end_with_the_server(archive: Path, service: Callable[..., Path], python: str) -> None:
    with serving(python, archive, service(), "--workers=2", "--quiet=0") as server:
        processes = [int(str(one["pid"])) for one in both(server.wait_until_ready())]
        server.process.send_signal(signal.SIGTERM)
        assert server.wait() == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in processes)
