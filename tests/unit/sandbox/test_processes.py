import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.waiting import eventually

from aiapp_sandbox import processes
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.processes import Identity


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Identity]:
    running = processes.launch([_program("sleep"), "300"], folder=tmp_path, log=tmp_path / "log")
    yield running
    processes.kill([running])


def _program(name: str) -> str:
    path = shutil.which(name)
    assert path
    return path


def test_a_started_process_is_alive_until_it_is_stopped(sleeper: Identity) -> None:
    assert processes.alive(sleeper)
    processes.stop([sleeper], grace_seconds=30)
    assert not processes.alive(sleeper)


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    ignorant = processes.launch(
        [_program("sh"), "-c", "trap '' TERM; echo deaf; while true; do sleep 1; done"], folder=tmp_path, log=log
    )
    eventually(lambda: "deaf" in log.read_text())
    processes.stop([ignorant], grace_seconds=0.1)
    assert not processes.alive(ignorant)
    processes.kill(processes.marked(tmp_path))


def test_another_process_under_a_recorded_pid_is_neither_alive_nor_killed(sleeper: Identity) -> None:
    former = Identity(pid=sleeper.pid, started="another boot/1")
    assert not processes.alive(former)
    processes.stop([former], grace_seconds=1)
    processes.kill([former])
    assert processes.alive(sleeper)


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen([_program("true")]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert processes.identity(child.pid) is None


def test_processes_are_found_by_the_marker_of_their_folder_alone(sleeper: Identity, tmp_path: Path) -> None:
    # Its starter goes on an instant before the kernel shows its environment.
    eventually(lambda: processes.marked(tmp_path) == [sleeper])
    assert processes.marked(tmp_path.parent) == []


def test_children_of_a_started_process_are_found_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = "sleep 300 & echo $!; wait"
    parent = processes.launch([_program("sh"), "-c", script], folder=tmp_path, log=log)
    child = int(eventually(lambda: log.read_text().strip()))

    def both() -> list[Identity]:
        # While the child becomes another program its environment cannot be seen.
        found = processes.marked(tmp_path)
        assert {one.pid for one in found} == {parent.pid, child}
        return found

    processes.kill(eventually(both))
    assert processes.marked(tmp_path) == []


def test_a_started_process_has_a_session_of_its_own_and_default_signals(tmp_path: Path) -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        script = "import os, signal; print(os.getsid(0) == os.getpid(), signal.getsignal(signal.SIGINT).__name__)"
        log = tmp_path / "log"
        processes.launch([sys.executable, "-c", script], folder=tmp_path, log=log)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert eventually(lambda: log.exists() and log.read_text()) == "True default_int_handler\n"


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot start /no/such/etcd: No such file"):
        processes.launch(["/no/such/etcd"], folder=tmp_path, log=tmp_path / "log")
