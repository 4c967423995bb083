"""What the commands that change something, ask and read logs take and print."""

from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result
from tests.support import documents
from tests.support.records import NORMAL, on_the_way, stored
from tests.support.user_api import UserObjects, answering

from aiapp.cli import main
from aiapp.domain.kubernetes.resources import APPLICATIONS, PODS, SERVICES, VERSIONS
from aiapp.domain.rendering.service import application_service, version_service
from aiapp.ports.kubernetes import ApiError, ProxiedRequest, ProxiedResponse
from aiapp.queries.cluster import UserCluster

COMMANDS = ("create", "delete", "deploy", "edit", "logs", "predict", "rollback", "options.operation")


@pytest.fixture
def api() -> UserObjects:
    """An application that serves 1.0.0 of its two Normal versions, with two pods."""
    kept: dict[Any, list[Any]] = {
        APPLICATIONS: [documents.application()],
        VERSIONS: [documents.version() | {"status": {"phase": "Normal"}} for _ in range(2)],
        PODS: [{"metadata": {"name": name}} for name in ("a", "b")],
        SERVICES: [application_service("mnist")],
    }
    kept[VERSIONS][1] = documents.version(number="1.1.0") | {"status": {"phase": "Normal"}}
    for one in (*kept[APPLICATIONS], *kept[VERSIONS]):
        one["metadata"]["uid"] = one["metadata"]["name"]
    found = UserObjects(kept)
    found.logs = {("a", "model"): ["asked"], ("b", "model"): [ApiError(400, "BadRequest", "waiting to start")]}
    found.responses = {"/": ProxiedResponse(200, {}, b'{"seen": 1}')}
    return found


@pytest.fixture(autouse=True)
def cluster(api: UserObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COMMANDS:
        answering(monkeypatch, f"aiapp.cli.{name}", UserCluster(api, "team"))


def ran(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=given)


@pytest.mark.parametrize(
    "versions",
    [("1.0.0=90", "1.1.0=10"), ("mnist-1.0.0=90%", "mnist-1.1.0=10%")],
)
def test_weights_are_percent_and_a_name_stands_for_its_number(versions: tuple[str, ...]) -> None:
    done = ran("deploy", "mnist", *versions)
    assert (done.exit_code, done.stdout) == (
        0,
        "mnist is being deployed: 1.0.0 90 %, 1.1.0 10 % (before: 1.0.0)\n",
    )
    assert "choose replicas in the same ratio" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (("deploy", "mnist", "1.1.0"), "mnist would be deployed: 1.1.0 (before: 1.0.0)\n"),
        (("stop", "mnist"), "mnist would be stopped\n"),
        (("edit", "mnist", "--description", "digits"), "mnist would be described: description\n"),
        (("delete", "mnist-1.1.0"), "mnist-1.1.0 would be deleted\n"),
        (("create", "version", "mnist", "--uri", "obs://models/x/"), "mnist-1.1.1 would be registered\n"),
        (("create", "application", "other"), "other would be registered\n"),
    ],
)
def test_a_client_dry_run_says_what_would_be_and_writes_nothing(
    arguments: tuple[str, ...], printed: str, api: UserObjects
) -> None:
    done = ran(*arguments, "--dry-run=client")
    assert (done.exit_code, done.stdout, api.written) == (0, printed, [])
    assert yaml.safe_load(ran(*arguments, "--dry-run=client", "-o", "yaml").stdout)["kind"].startswith("AIApplication")


def test_an_image_is_registered_from_a_registry_without_tls(api: UserObjects) -> None:
    assert ran("create", "version", "mnist", "--image", "shop:5000/mnist:1", "--allow-http").exit_code == 0
    ((_, written),) = api.written
    assert written["spec"]["source"] == {"image": {"reference": "shop:5000/mnist:1", "plainHttp": True}}


def test_several_applications_are_changed_by_name_and_by_label(api: UserObjects) -> None:
    for name, team in (("faces", "vision"), ("words", "speech")):
        one = documents.application(name)
        one["metadata"] |= {"uid": name, "labels": {"team": team}}
        api.held[APPLICATIONS].append(one)
    done = ran("stop", "mnist", "faces", "-l", "team in (vision)")
    assert (done.exit_code, done.stdout) == (0, "mnist is being stopped\nfaces is being stopped\n")
    assert [one["name"] for _, one in api.written] == ["mnist", "faces"]
    printed = ran("scale", "-l", "team", "--replicas", "2", "--dry-run=client", "-o", "yaml").stdout
    assert [one["metadata"]["name"] for one in yaml.safe_load_all(printed)] == ["faces", "words"]
    assert "no applications with these labels" in ran("restart", "-l", "team=none").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("stop", "mnist", "absent"), "namespace team has no application absent"),
        (("scale", "mnist", "faces", "--version", "1.0.0", "--replicas", "2"), "faces: "),
    ],
)
def test_where_one_of_several_cannot_be_changed_none_is(
    arguments: tuple[str, ...], message: str, api: UserObjects
) -> None:
    api.held[APPLICATIONS].append(documents.application("faces") | {"spec": {}})
    done = ran(*arguments)
    assert (done.exit_code, api.written, message in done.stderr) == (1, [], True), done.stderr


def test_several_are_waited_for_together_and_each_is_told(api: UserObjects) -> None:
    ready = {"type": "Ready", "status": "True"}
    (first,) = api.held[APPLICATIONS]
    first |= {"status": {"observedGeneration": 1, "phase": "Running", "conditions": [ready]}}
    other = documents.application("faces")
    other["metadata"] |= {"uid": "faces"}
    api.held[APPLICATIONS].append(other)
    done = ran("stop", "faces", "mnist", "--wait")  # a list in memory begins with mnist, whatever is asked for
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (1, "mnist: Running")
    assert done.stderr == "Error: faces: it is deleted\n"


def test_names_are_printed_as_kubectl_takes_them() -> None:
    assert ran("stop", "mnist", "-o", "name").stdout == "aiapplication.aiapp.dev/mnist\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("deploy", "mnist", "=5"), "is no VERSION or VERSION=WEIGHT"),
        (("edit", "mnist"), "say what to change"),
        (("delete",), "say what to delete"),
        (("delete", "-l", " "), "say what to delete"),
        (("stop",), "say which: APPLICATION or -l LABELS"),
        (("scale", "-l", "a >", "--replicas", "1"), "label selector: 'a >' is none"),
        (("edit", "mnist", "--document", "Card"), "is not NAME=URL"),
        (("create", "version", "mnist", "--image", "a", "--uri", "b"), "--image is a source of its own"),
        (("create", "version", "mnist", "--allow-http"), "--allow-http needs --image"),
        (("create", "version", "mnist", "--job-kind", "TFJob"), "--job-kind needs --job"),
        (("create", "version", "mnist", "--digest", "x"), "--digest needs --uri"),
        (("create", "version", "mnist", "-l", "stage"), "is not KEY=VALUE"),
        (("predict", "mnist", "a.json", "b.json"), "is no VERSION such as 1.0.0"),
        (("predict", "mnist", "-F", "images"), "is neither NAME=VALUE nor NAME=@FILE"),
        (("predict", "mnist", "/not/there"), "No such file"),
        (("predict", "mnist", '{"x": 1}'), "FILE is a path; JSON itself comes by standard input"),
        (("logs", "mnist", "--since", "soon"), "is no duration such as 30s"),
        (("stop", "mnist", "--wait", "--timeout", ""), "is no duration"),
    ],
)
def test_wrong_arguments_end_with_2_and_say_what_is_wrong(arguments: tuple[str, ...], message: str) -> None:
    done = ran(*arguments)
    assert (done.exit_code, message in done.output) == (2, True), done.output


@pytest.mark.parametrize(
    ("arguments", "given"),
    [(("-",), '{"a": 1}'), (("input.json",), None), (("mnist-1.0.0", "input.json"), None)],
)
def test_the_answer_of_a_model_is_all_of_standard_output(
    arguments: tuple[str, ...], given: str | None, api: UserObjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("input.json").write_text('{"a": 1}')
    api.held[SERVICES].append(version_service("mnist", "1.0.0"))
    done = ran("predict", "mnist", *arguments, given=given)
    assert (done.exit_code, done.stdout) == (0, '{"seen": 1}\n')
    ((_, request),) = api.written
    assert isinstance(request, ProxiedRequest)
    assert request.body == b'{"a": 1}'


def test_of_several_pods_each_line_names_its_own_and_what_cannot_be_read_is_told_beside() -> None:
    done = ran("logs", "mnist")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "[a] asked\n", "b: waiting to start\n")
    assert ran("logs", "mnist", "--no-prefix").stdout == "asked\n"
    assert ran("logs", "mnist", "--pod", "a").stdout == "asked\n"


def test_what_is_followed_ends_when_no_pod_is_left_that_writes(api: UserObjects) -> None:
    container = {"name": "model", "containerID": "1", "state": {"terminated": {"exitCode": 1}}}
    for pod in api.held[PODS]:
        pod["metadata"]["uid"] = pod["metadata"]["name"]
        pod["status"] = {
            "phase": "Failed",
            "containerStatuses": [{**container, "containerID": pod["metadata"]["name"]}],
        }
    done = ran("logs", "mnist", "-f")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "[a] asked\n", "b: waiting to start\n")
    assert ran("logs", "mnist", "-f", "--pod", "b").exit_code == 1


def test_what_a_model_says_colours_a_terminal_and_does_not_steer_it(
    api: UserObjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "\x1b[32mINFO\x1b[0m\ta\x1b]0;title\x07\x1b[2J\u202e"
    api.logs = {("a", "model"): [said]}
    api.responses = {"/": ProxiedResponse(200, {}, said.encode())}
    file = tmp_path / "input.json"
    file.write_text("{}")
    for words in (["logs", "mnist", "--pod", "a"], ["predict", "mnist", str(file)]):
        assert CliRunner().invoke(main, words, color=True).stdout == f"{said}\n", "no person reads it"
        monkeypatch.setattr(f"aiapp.cli.{words[0]}.is_terminal", lambda: True)
        assert CliRunner().invoke(main, words, color=True).stdout == "\x1b[32mINFO\x1b[0m\ta?]0;title??[2J?\n"


@pytest.mark.parametrize("words", [["trace", "mnist-1.0.0"], ["versions"], ["rollout", "status", "mnist"]])
def test_what_a_status_holds_does_not_steer_the_terminal(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = "\x1b]0;title\x07\u202e"
    model = {"type": "PyTorch", "algorithm": "x", "metrics": {"f1": said}}
    runtime = {"name": "mnist", "engine": said, "lifecycle": "Supported"}
    version = stored(documents.version(), status=NORMAL | {"model": model | {"type": said}, "runtime": runtime})
    application = stored(documents.application(), status={"rollout": on_the_way("Paused", message=said)})
    cluster = UserCluster(UserObjects({VERSIONS: [version], APPLICATIONS: [application]}), "vision")
    answering(monkeypatch, f"aiapp.cli.{words[0]}", cluster)
    done = CliRunner().invoke(main, words, color=True)
    assert done.exit_code == 0, done.output
    assert "?" in done.stdout
    assert not set("\x1b\x07\u202e") & set(click.unstyle(done.stdout))


def test_when_no_pod_can_be_read_it_ends_with_1() -> None:
    assert ran("logs", "mnist", "--pod", "b").exit_code == 1


@pytest.mark.parametrize(("written", "seconds"), [("30s", 30), ("10m", 600), ("1h30m", 5400), ("0s", 1)])
def test_a_duration_is_written_as_for_kubectl(
    written: str, seconds: int, api: UserObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    log = api.log

    def watched(namespace: str, pod: str, *, container: str, part: Any) -> Any:
        asked.append(part.since_seconds)
        return log(namespace, pod, container=container, part=part)

    monkeypatch.setattr(api, "log", watched)
    ran("logs", "mnist", "--pod", "a", "--since", written)
    assert asked == [seconds]
