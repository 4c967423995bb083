"""Sandboxes of their own, from start to end: what `aiapp sandbox` leaves behind, whatever ends it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.kube import Kube
from tests.support.waiting import eventually

import aiapp
from aiapp_sandbox import cluster, processes, state, storage
from aiapp_sandbox.progress import Silent
from aiapp_sandbox.state import Folder


@dataclass(frozen=True)
class CommandLine:
    """`aiapp sandbox` with a home of its own."""

    environ: Mapping[str, str]

    def folder(self, name: str) -> Folder:
        return state.folder(self.environ, name)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "aiapp", "sandbox", *arguments]
        return subprocess.Popen(
            command, env=dict(self.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def __call__(self, *arguments: str, code: int = 0) -> str:
        with self.begin(*arguments) as running:
            said, _ = running.communicate(timeout=240)
        assert running.returncode == code, said
        return said


@pytest.fixture
def sandboxes(tmp_path: Path) -> Iterator[CommandLine]:
    source = str(Path(aiapp.__file__).parents[1])
    environ = {**os.environ, "AIAPP_SANDBOX_HOME": str(tmp_path / "home"), "PYTHONPATH": source}
    command = CommandLine(environ)
    yield command
    for folder in state.folders(environ):
        cluster.down(folder)


def nothing_left(command: CommandLine, *names: str) -> bool:
    home = state.home(command.environ)
    assert not any(processes.marked(home / name) for name in names)
    return not list(home.iterdir())


def test_two_sandboxes_run_side_by_side_and_leave_nothing(sandboxes: CommandLine) -> None:
    starts = [sandboxes.begin("up", "--name", name) for name in ("one", "two")]
    for start in starts:
        said, _ = start.communicate(timeout=240)
        assert start.returncode == 0, said
    first, second = (Kube(sandboxes.folder(name).kubeconfig) for name in ("one", "two"))
    assert first.server != second.server
    assert {found["metadata"]["name"] for found in first.list("v1", "Namespace")} >= {"default", "kube-system"}

    status = json.loads(sandboxes("status", "--name", "one", "-o", "json"))
    assert [found["name"] for found in status["processes"]] == [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ]
    assert sandboxes("kubeconfig", "--name", "one").strip() == str(sandboxes.folder("one").kubeconfig)
    assert "kube-apiserver" in sandboxes("logs", "--name", "one")

    assert "'one' is gone" in sandboxes("down", "--name", "one")
    assert second.list("v1", "Namespace")
    sandboxes("down", "--all")
    assert nothing_left(sandboxes, "one", "two")


def crash(sandboxes: CommandLine, *names: str) -> None:
    """End processes of the sandbox `one` as a crash would; without names all of them."""
    record = sandboxes.folder("one").present()
    ended = [process.identity for process in record.processes if not names or process.name in names]
    assert ended
    processes.kill(ended)


def up(sandboxes: CommandLine, kept: Iterable[str]) -> str:
    """What `up` says of a sandbox whose objects it must keep."""
    before = sandboxes.folder("one").present()
    client = Kube(sandboxes.folder("one").kubeconfig)
    said = sandboxes("up", "--name", "one", "--nodes", before.nodes)
    assert sandboxes.folder("one").present().services == before.services
    assert client.server == Kube(sandboxes.folder("one").kubeconfig).server
    assert {found["metadata"]["name"] for found in client.list("v1", "Namespace")} >= set(kept)
    sandboxes("status", "--name", "one")
    return said


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("kube-scheduler",), id="the scheduler"),
        pytest.param(("kube-apiserver",), id="the API server"),
        pytest.param(("etcd",), id="etcd"),
        pytest.param((), id="everything"),
    ],
)
def test_what_a_sandbox_holds_is_kept_when_what_has_ended_is_started_again(
    sandboxes: CommandLine, names: tuple[str, ...]
) -> None:
    sandboxes("up", "--name", "one", "--nodes", "simulated", "--with", "s3", "--with", "registry")
    Kube(sandboxes.folder("one").kubeconfig).create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kept"}}
    )
    with closing(storage.client(sandboxes.folder("one").present().services["s3"])) as client:
        client.create_bucket(Bucket="kept")
        crash(sandboxes, *names)
        assert "(ended)" in sandboxes("status", "--name", "one", code=1)
        said = up(sandboxes, kept=["kept"])
        assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["kept"]
    assert "of sandbox 'one' had ended: starting again" in said
    sandboxes("down", "--name", "one")
    assert nothing_left(sandboxes, "one")


def test_a_sandbox_that_cannot_be_started_again_is_left_as_it_is_and_says_what_to_do(sandboxes: CommandLine) -> None:
    sandboxes("up", "--name", "one")
    crash(sandboxes, "etcd")
    data = sandboxes.folder("one").path / "etcd"
    data.rename(data.with_name("lost"))
    data.write_text("no folder")
    said = sandboxes("up", "--name", "one", code=1)
    assert "etcd ended at its start" in said
    assert "To begin anew, without its objects: aiapp sandbox down --name one" in said
    assert sandboxes.folder("one").present().process("kube-apiserver")


def test_a_list_shows_each_sandbox_and_what_has_ended(sandboxes: CommandLine) -> None:
    assert "no sandbox; start one with: aiapp sandbox up" in sandboxes("list")
    sandboxes("up", "--name", "one", "--with", "s3")
    crash(sandboxes, "kube-scheduler")
    head, row = sandboxes("list").splitlines()
    assert head.split() == ["NAME", "STATE", "NODES", "SERVICES", "SERVER"]
    assert row.startswith("one    kube-scheduler ended   none    s3         https://")


def test_a_shell_that_evaluates_env_uses_the_sandbox(sandboxes: CommandLine, tmp_path: Path) -> None:
    sandboxes("up", "--name", "one", "--with", "s3")
    (tmp_path / "mean").mkdir()
    (tmp_path / "mean/config.json").write_text("{}")
    script = f'eval "$({sys.executable} -m aiapp sandbox env --name one)" && kubectl get ns -o name && echo $ENDPOINT'
    done = subprocess.run(
        ["bash", "-c", script], env=dict(sandboxes.environ), capture_output=True, text=True, check=True
    )
    assert "namespace/kube-system" in done.stdout
    assert sandboxes.folder("one").present().services["s3"].endpoint in done.stdout
    said = sandboxes("upload", "--name", "one", str(tmp_path / "mean"), "obs://models/mean/1.0.0/")
    assert said == "uploaded obs://models/mean/1.0.0/config.json\n"
    assert "'mean' is not obs://BUCKET/PATH/" in sandboxes("upload", "--name", "one", str(tmp_path), "mean", code=1)


def started_half(sandboxes: CommandLine, *arguments: str) -> tuple[subprocess.Popen[str], Folder]:
    """An `up` that has started the API server and waits for it."""
    running = sandboxes.begin("up", "--name", "half", *arguments)
    folder = sandboxes.folder("half")

    def waits_for_the_api_server() -> bool:
        record = folder.read()
        return record is not None and record.process("kube-apiserver") is not None

    eventually(waits_for_the_api_server)
    return running, folder


def test_what_a_killed_start_leaves_goes_with_down(sandboxes: CommandLine) -> None:
    running, folder = started_half(sandboxes)
    with running:
        running.kill()
    assert {found.name for found in folder.present().processes} >= {"etcd", "kube-apiserver"}
    assert processes.marked(folder.path)
    sandboxes("down", "--name", "half")
    assert nothing_left(sandboxes, "half")


def test_a_process_that_a_killed_start_had_no_time_to_record_goes_too(sandboxes: CommandLine) -> None:
    running, folder = started_half(sandboxes)
    with running:
        running.kill()
    folder.record_file.unlink()
    sandboxes("down", "--name", "half")
    assert nothing_left(sandboxes, "half")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_start_cleans_up_itself(sandboxes: CommandLine, number: signal.Signals) -> None:
    running, _ = started_half(sandboxes)
    with running:
        running.send_signal(number)
        said, _ = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "interrupted" in said
    assert nothing_left(sandboxes, "half")


@pytest.mark.parametrize("verb", ["up", "down"])
def test_a_sandbox_that_another_process_starts_or_stops_is_left_to_it(sandboxes: CommandLine, verb: str) -> None:
    with sandboxes.folder("busy").lock(wait=False):
        said = sandboxes(verb, "--name", "busy", code=1)
    assert "'busy' is being started or stopped by another process" in said


def test_a_part_that_dies_at_its_start_is_named_with_its_last_words(sandboxes: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    broken = tmp_path / "assets/etcd"
    broken.write_text("#!/bin/sh\necho 'disk on fire'\nexit 1\n")
    broken.chmod(0o755)
    command = CommandLine({**sandboxes.environ, "KUBEBUILDER_ASSETS": str(tmp_path / "assets")})
    said = command("up", "--name", "broken", code=1)
    assert "etcd ended at its start" in said
    assert "disk on fire" in said
    assert nothing_left(command, "broken")


def test_a_sandbox_whose_owner_is_gone_is_removed_by_the_next_start_and_services_can_be_added(
    sandboxes: CommandLine,
) -> None:
    with subprocess.Popen(["sleep", "300"]) as owner:
        sandboxes("up", "--name", "owned", "--owner-pid", str(owner.pid))
        cluster.reap(sandboxes.environ, Silent())
        assert sandboxes.folder("owned").read(), "its owner lives"
        sandboxes("up", "--name", "owned", "--with", "s3")
        assert "s3" in json.loads(sandboxes("status", "--name", "owned", "-o", "json"))["services"]
        owner.kill()
    cluster.reap(sandboxes.environ, Silent())
    assert nothing_left(sandboxes, "owned")


def test_commands_on_a_sandbox_that_is_not_there_say_so(sandboxes: CommandLine) -> None:
    assert "no sandbox 'none' is up; start one with: aiapp sandbox up --name none" in sandboxes(
        "status", "--name", "none", code=1
    )
    assert "there is no sandbox 'none'" in sandboxes("down", "--name", "none")
    assert "unknown: s4; there are s3, registry" in sandboxes("up", "--with", "s4", code=2)
    assert "no node profile" in sandboxes("up", "--nodes", "dmo", code=1)
    assert "no process 4194305 runs" in sandboxes("up", "--owner-pid", "4194305", code=1)
