"""`aiapp progress`: one row a pod, out of its status and the log of its init container, over a small API server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from tests.support import documents
from tests.support.small_api import Answers, serving
from typing_extensions import override

from aiapp.cli import progress
from aiapp.domain.fetching.progress import Progress
from aiapp.domain.kubernetes.resources import Json

RUNNING: Json = {"state": {"running": {}}}
DONE = {"state": {"terminated": {"exitCode": 0, "message": '{"files": 1, "bytes": 2, "seconds": 0.1}'}}}
FAILED = {
    "state": {"terminated": {"exitCode": 3, "message": '{"reason": "ContentChanged", "message": "object models/a"}'}}
}
HALF = Progress(bytes=50, total_bytes=100, files=1, total_files=3, bytes_per_second=10, seconds_left=5, retries=0).line


class Cluster(Answers):
    """Answers from `pods` and `logs`, which the tests fill; counts how often pods are listed."""

    pods: tuple[list[Json], ...] = ()
    logs: ClassVar[dict[str, str]] = {}
    lists = 0

    @override
    def answer(self, path: str) -> tuple[int, str]:
        path = urlsplit(path).path
        name = path.split("/")[-2]
        if path.endswith("/log"):
            return 200 if name in self.logs else 403, self.logs.get(name, '{"reason": "Forbidden"}')
        if "/aiapplications/" in path:
            return 200, json.dumps(documents.application() | {"status": {"phase": "Stopped"}})
        items = self.pods[min(Cluster.lists, len(self.pods) - 1)]
        Cluster.lists += 1
        return 200, json.dumps({"metadata": {"resourceVersion": "1"}, "items": items})


def pod(name: str, status: Json) -> Json:
    return {
        "metadata": {"name": name, "labels": {"aiapp.dev/version": "1.0.0"}},
        "spec": {"initContainers": [{"name": "fetch"}]},
        "status": {"initContainerStatuses": [{"name": "fetch"} | dict(status)]},
    }


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(Cluster, "lists", 0)
    monkeypatch.setattr(progress, "POLL_SECONDS", 0.01)
    with serving(Cluster, tmp_path / "kubeconfig") as file:
        yield file


def ran(kubeconfig: Path, *arguments: str) -> Result:
    return CliRunner().invoke(progress.command, ["mnist", "--kubeconfig", str(kubeconfig), *arguments])


def test_each_pod_has_a_row(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "pods", ([pod("b", RUNNING), pod("a", DONE)],))
    monkeypatch.setattr(Cluster, "logs", {"b": f"begins\n{HALF}\n"})
    done = ran(kubeconfig)
    assert done.exit_code == 0, done.output
    _, first, second = done.output.splitlines()
    assert first.split() == ["a", "1.0.0", "Fetched", "-", "-", "-", "-", "1", "files,", "2", "bytes", "in", "0.1", "s"]
    assert second.split() == ["b", "1.0.0", "Fetching", "50", "B", "of", "100", "B", "50", "10", "B/s", "5", "s", "-"]


def test_programs_get_the_figures(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "pods", ([pod("b", RUNNING)],))
    monkeypatch.setattr(Cluster, "logs", {"b": f"{HALF}\n"})
    (found,) = json.loads(ran(kubeconfig, "--once", "-o", "json").stdout)
    assert (found["pod"], found["state"], found["percent"], found["secondsLeft"]) == ("b", "Fetching", 50, 5)


def test_a_failure_is_told_with_its_reason_and_in_the_exit_code(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cluster, "pods", ([pod("a", FAILED)],))
    done = ran(kubeconfig)
    assert done.exit_code == 1
    assert "ContentChanged: object models/a" in done.output


def test_watching_ends_when_all_have_ended(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "pods", ([], [pod("a", RUNNING)], [pod("a", DONE)]))
    monkeypatch.setattr(Cluster, "logs", {"a": f"{HALF}\n"})
    done = ran(kubeconfig, "--watch", "-o", "json")
    looks = [json.loads(line) for line in done.stdout.splitlines()]
    assert [[one["state"] for one in look] for look in looks] == [[], ["Fetching"], ["Fetched"]]


def test_an_application_without_pods_is_said_with_its_state(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "pods", ([],))
    done = ran(kubeconfig)
    message = "Error: namespace team has no pods of the application mnist: Stopped\n"
    assert (done.exit_code, done.output) == (1, message)


def test_the_right_to_read_logs_is_asked_for(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "pods", ([pod("a", RUNNING)],))
    assert ran(kubeconfig).exit_code == 1
