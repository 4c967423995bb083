"""Shells complete names from the cluster; without one they complete nothing, in silence."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from tests.support.small_api import Answers, serving
from typing_extensions import override

from aiapp.cli import main
from aiapp.cli.completion import kubectl
from aiapp.domain.kubernetes.resources import APPLICATIONS, NAMESPACES, PODS, RUNTIMES, VERSIONS

NAMES = {
    APPLICATIONS: ("mnist", "mnist-a"),
    VERSIONS: ("mnist-1.0.0", "mnist-1.1.0", "mnist-a-2.0.0"),
    NAMESPACES: ("team", "other"),
    PODS: ("mnist-1-0-0-x",),
    RUNTIMES: ("pytorch",),
}
"""What the user's namespace holds."""


class Cluster(Answers):
    """Lists the names."""

    @override
    def answer(self, path: str) -> tuple[int, str]:
        place = path.partition("?")[0]
        found = next(names for kind, names in NAMES.items() if place == kind.path("team"))
        items = [{"metadata": {"name": name}, "spec": {"name": name}} for name in found]
        return 200, json.dumps({"metadata": {"resourceVersion": "1"}, "items": items})


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("aiapp.cli.options.names.SECONDS", 60)
    with serving(Cluster, tmp_path / "kubeconfig") as file:
        yield file


def completed(line: str, kubeconfig: Path) -> list[str]:
    """Completions of the last word; `@` stands for the choice of a cluster."""
    *given, incomplete = line.replace("@", f"--kubeconfig {kubeconfig}").split(" ")
    found = ShellComplete(main, {}, "aiapp", "_AIAPP_COMPLETE").get_completions(given, incomplete)
    return [one.value if one.type == "plain" else one.type for one in found]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("stop @ ", ["mnist", "mnist-a"], id="applications"),
        pytest.param("stop @ mnist-", ["mnist-a"], id="of that beginning"),
        pytest.param("trace @ ", ["mnist-1.0.0", "mnist-1.1.0", "mnist-a-2.0.0"], id="versions"),
        pytest.param("deploy @ mnist ", ["1.0.0", "1.1.0"], id="numbers of its versions"),
        pytest.param("logs @ mnist-a ", ["2.0.0"], id="of an application whose name begins alike"),
        pytest.param("logs @ mnist --pod ", ["mnist-1-0-0-x"], id="pods"),
        pytest.param("predict @ mnist ", ["1.0.0", "1.1.0", "file"], id="numbers or a file"),
        pytest.param("edit @ mnist-1.1", ["mnist-1.1.0"], id="applications or versions"),
        pytest.param("stop @ mnist ", ["mnist", "mnist-a"], id="applications again"),
        pytest.param("get @ mnist mnist-1.1", ["mnist-1.1.0"], id="a second name"),
        pytest.param("stop @ -n ", ["other", "team"], id="namespaces"),
        pytest.param("stop @ --context ", ["mine", "plain"], id="contexts"),
        pytest.param("create version @ mnist --runtime ", ["pytorch"], id="runtimes"),
        pytest.param("comp", ["completion"], id="commands"),
    ],
)
def test_names_come_from_the_cluster(line: str, words: list[str], kubeconfig: Path) -> None:
    assert completed(line, kubeconfig) == words


def test_without_a_cluster_nothing_is_completed_in_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").touch()
    assert completed("stop @ ", tmp_path / "empty") == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        pytest.param(["stop", "mnist"], "mnist\nmnist-a\n:4\n", id="names"),
        pytest.param(["predict", "mnist", ""], "1.0.0\n1.1.0\n:0\n", id="names or files"),
    ],
)
def test_kubectl_gets_a_line_each_and_a_word_on_files(
    given: list[str],
    printed: str,
    kubeconfig: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command, *others = given
    monkeypatch.setattr("sys.argv", ["kubectl_complete-aiapp", command, "--kubeconfig", str(kubeconfig), *others])
    kubectl()
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert (done.exit_code, f"_AIAPP_COMPLETE={shell}_complete" in done.output) == (0, True)
