"""What the commands that read a cluster print, over an API server in memory."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support import documents
from tests.support.documents import changed
from tests.support.records import CREATED, NORMAL, condition, stored
from tests.support.user_api import UserObjects, answering
from tests.unit.queries.test_calls import objects as calling
from tests.unit.queries.test_calls import pod
from typing_extensions import override

from aiapp.cli import main
from aiapp.cli.output.age import age
from aiapp.cli.output.changes import show_pages
from aiapp.domain.kubernetes.resources import APPLICATIONS, EVENTS, PODS, VERSIONS, Json, Resource
from aiapp.ports.kubernetes import ApiError, ProxiedResponse, WatchEvent
from aiapp.queries.cluster import UserCluster

NOW = datetime.fromisoformat(CREATED) + timedelta(days=5)
HOSTILE = "\x1b[31mred\u202e\nforged: line"


def application(name: str = "mnist", **status: Any) -> Json:
    return stored(documents.application(name), status={"phase": "Running", **status})


def version(number: str, application: str = "mnist", status: Any = None, **changes: Any) -> Json:
    return stored(changed(documents.version(application, number), **changes), status={**NORMAL, **(status or {})})


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> UserObjects:
    """An application of two versions, and versions without one."""
    share = {"version": "1.0.0", "weight": 100, "actualWeight": 100, "replicas": 2, "ready": 1}
    held = {
        APPLICATIONS: [application(traffic=[share], served="1.0.0", replicas=2, readyReplicas=1)],
        VERSIONS: [version("1.0.0"), version("1.1.0", status={"phase": "Failed"}), version("0.1.0", "zoo")],
    }
    api = UserObjects(held)
    for module in ("list", "get", "events"):
        answering(monkeypatch, f"aiapp.cli.{module}", UserCluster(api, "team"))
    for module in ("list", "events"):
        monkeypatch.setattr(f"aiapp.cli.{module}.utc_now", lambda: NOW)
    return api


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_the_list_has_an_application_and_below_it_its_versions(api: UserObjects) -> None:
    assert api.held
    shown = [line.split() for line in run("list").stdout.splitlines()]
    assert shown[0] == ["NAME", "STATE", "REASON", "ENGINE", "NODES", "TRAFFIC", "PODS", "SIZE", "AGE"]
    assert shown[1] == ["mnist", "Running", "-", "-", "-", "1.0.0", "1/2", "-", "5d"]
    assert shown[2][:2] == ["1.1.0", "Failed"]
    assert shown[3] == ["1.0.0", "Normal", "Normal", "Scikit_Learn", "-", "100", "%", "1/2", "3.0", "MiB", "5d"]
    assert " ".join(shown[4]).startswith("zoo (no application)")


@pytest.mark.usefixtures("api")
def test_names_are_those_that_kubectl_takes() -> None:
    assert run("list", "-o", "name", "mnist").stdout.splitlines() == [
        "aiapplication.aiapp.dev/mnist",
        "aiapplicationversion.aiapp.dev/mnist-1.1.0",
        "aiapplicationversion.aiapp.dev/mnist-1.0.0",
    ]


@pytest.mark.usefixtures("api")
def test_a_page_says_on_standard_error_where_the_next_one_begins() -> None:
    found = run("list", "--limit", "1", "-o", "json")
    assert [one["name"] for one in json.loads(found.stdout)["items"]] == ["mnist"]
    assert json.loads(found.stdout)["total"] == 2
    assert found.stderr == "note: 1 of 2; the next with --offset 1\n"
    assert run("list", "--limit", "1", "--offset", "1").stderr == ""


@pytest.mark.usefixtures("api")
def test_filters_are_options() -> None:
    found = json.loads(run("list", "--state", "Failed", "--engine", "scikit_learn", "-o", "json").stdout)
    assert [version["name"] for one in found["items"] for version in one["versions"]] == ["mnist-1.1.0"]
    assert run("list", "-l", "a >").exit_code == 2
    assert "label selector: 'a >' is none" in run("list", "-l", "a >").stderr
    assert run("list", "-w", "-o", "json").exit_code == 2


def test_a_missing_right_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "aiapp.cli.list", UserCluster(UserObjects({}, frozenset({VERSIONS})), "team"))
    found = run("list")
    assert (found.exit_code, found.stderr) == (1, "Error: aiapplicationversions is forbidden\n")


def test_what_strangers_wrote_stays_on_its_line_and_colours_nothing(api: UserObjects) -> None:
    model: Any = {"type": "PyTorch", "algorithm": HOSTILE, "metrics": {"f1": HOSTILE}, "dependencies": [HOSTILE]}
    faulty = [condition("Ready", "False", "ConfigInvalid", HOSTILE), condition("PackageValid", "False", "X", HOSTILE)]
    api.held[VERSIONS] = [version("1.0.0", status={"model": model, "conditions": faulty}, spec__description=HOSTILE)]
    for words in (("get", "mnist-1.0.0"), ("list", "-o", "wide")):
        shown = run(*words).stdout
        assert "red" in shown
        assert not {"\x1b", "\u202e"} & set(shown)
        assert not [line for line in shown.splitlines() if line.startswith("forged")]


def test_the_page_of_a_version_is_read_from_top_to_bottom(api: UserObjects) -> None:
    model: Any = {
        "type": "PyTorch",
        "algorithm": "image_classification",
        "metrics": {"f1": "0.98"},
        "apis": [{"method": "POST", "url": "/", "requestContentType": "application/json"}],
        "dependencies": ["numpy==1.26.0"],
    }
    verdict: Any = {
        "verdict": "Incompatible",
        "nodes": 2,
        "compatible": 0,
        "reasons": [{"reason": "ChipMismatch", "nodes": 2, "examples": ["a"], "detail": "910 for 310P"}],
        "nearFits": [{"missing": "CannTooNew", "nodes": 1, "examples": ["c"], "remedy": "a driver of 23.0"}],
    }
    faulty = [condition("RuntimeCompatible", "False", "Incompatible", "no node fits")]
    api.held[VERSIONS] = [version("1.0.0", status={"model": model, "compatibility": verdict, "conditions": faulty})]
    shown = run("get", "mnist-1.0.0").stdout
    titles = [line for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Precision:", "Parameters:", "Dependencies:", "Constraint:", "Services:", "Findings:"]
    for line in (
        "  f1:  0.98",
        "  POST /: application/json to anything",
        "  numpy==1.26.0",
        "  2 do not: ChipMismatch (a) 910 for 310P",
        "  1 would fit with: a driver of 23.0 (c)",
        "  mnist: Running, 100 % of the traffic (100 % wanted), 1 of 2 pods ready",
        "  RuntimeCompatible False, Incompatible: no node fits",
        "    `aiapp fit` says what each node lacks",
    ):
        assert line in shown.splitlines(), shown


@pytest.mark.usefixtures("api")
def test_the_page_of_an_application_has_its_versions() -> None:
    shown = run("get", "mnist").stdout
    assert "  1.0.0: 100 % (100 % wanted), 1 of 2 pods ready" in shown.splitlines()
    assert [line.split()[:2] for line in shown.splitlines()[-2:]] == [["1.1.0", "Failed"], ["1.0.0", "Normal"]]
    assert run("get", "mnist", "-o", "name").stdout == "aiapplication.aiapp.dev/mnist\n"
    assert json.loads(run("get", "mnist", "-o", "json").stdout)["overview"]["phase"] == "Running"


@pytest.mark.usefixtures("api")
def test_several_names_are_shown_in_their_order_and_one_that_there_is_not_keeps_none_back() -> None:
    pages = [run("get", name).stdout for name in ("mnist-1.0.0", "mnist")]
    found = run("get", "mnist-1.0.0", "absent", "mnist", "mnist-1.0.0", "mnist-9.0.0")
    assert (found.exit_code, found.stdout) == (1, "\n".join(pages))
    assert found.stderr.splitlines() == [
        "Error: namespace team has no application absent",
        "Error: namespace team has no version mnist-9.0.0",
    ]
    listed = run("get", "mnist", "absent", "-o", "json")
    assert (listed.exit_code, [one["overview"]["name"] for one in json.loads(listed.stdout)]) == (1, ["mnist"])
    names = run("get", "mnist", "mnist-1.0.0", "-o", "name")
    assert (names.exit_code, names.stdout.splitlines()) == (
        0,
        ["aiapplication.aiapp.dev/mnist", "aiapplicationversion.aiapp.dev/mnist-1.0.0"],
    )


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("option", ["--watch", "--files", "--calls"])
def test_what_is_of_one_object_takes_one_name(option: str) -> None:
    found = run("get", "mnist", "mnist-1.0.0", option)
    assert (found.exit_code, "--watch, --files and --calls take one name" in found.stderr) == (2, True)


@pytest.mark.usefixtures("api")
def test_what_there_is_not_says_so() -> None:
    found = run("get", "mnist-9.0.0")
    assert (found.exit_code, found.stderr) == (1, "Error: namespace team has no version mnist-9.0.0\n")
    assert run("get", "mnist", "--files").exit_code == 2


def past(reason: str, time: str = CREATED, type_: str = "Normal", message: str = "said") -> Any:
    return {"time": time, "type": type_, "reason": reason, "message": message, "count": 1}


def test_events_of_statuses_and_of_kubernetes_come_together_the_newest_last(api: UserObjects) -> None:
    told = [past("AccessDenied", "2026-01-07T03:04:00Z", "Warning", HOSTILE), past("ImportStarted")]
    api.held[VERSIONS] = [version("1.0.0", status={"events": told})]
    api.held[EVENTS] = [
        {
            "metadata": {"namespace": "team", "name": "e"},
            "involvedObject": {"kind": "Pod", "name": "mnist-1-0-0-5d9c8b7f6c-x2x4z"},
            "reason": "Pulled",
            "message": "image is there",
            "type": "Normal",
            "lastTimestamp": "2026-01-07T03:03:05Z",
        }
    ]
    shown = [line.split() for line in run("events", "mnist-1.0.0").stdout.splitlines()]
    assert [line[:5] for line in shown] == [
        ["LAST", "TYPE", "PHASE", "REASON", "OBJECT"],
        ["5d", "Normal", "Import", "ImportStarted", "aiapplicationversion/mnist-1.0.0"],
        ["60s", "Normal", "ImagePulling", "Pulled", "pod/mnist-1-0-0-5d9c8b7f6c-x2x4z"],
        ["5s", "Warning", "Import", "AccessDenied", "aiapplicationversion/mnist-1.0.0"],
    ]
    assert "\x1b" not in run("events", "mnist").stdout
    for words in (["--type", "Warning"], ["--text", "ACCESSdenied"], ["--since", "10s"]):
        found = json.loads(run("events", "mnist", *words, "-o", "json").stdout)
        assert [one["reason"] for one in found] == ["AccessDenied"], words
    assert json.loads(run("events", "-l", "team=speech", "-o", "json").stdout) == []
    api.held[APPLICATIONS][0]["metadata"]["labels"] = {"team": "speech"}
    assert len(json.loads(run("events", "-l", "team=speech", "-o", "json").stdout)) == 3
    (pulled,) = json.loads(run("events", "--phase", "ImagePulling", "-o", "json").stdout)
    assert (pulled["kind"], pulled["count"], pulled["firstTime"]) == ("Pod", 1, None)


def test_without_the_right_to_events_what_statuses_remember_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {VERSIONS: [version("1.0.0", status={"events": [past("ImportStarted")]})]}
    answering(monkeypatch, "aiapp.cli.events", UserCluster(UserObjects(held, frozenset({EVENTS})), "team"))
    found = run("events")
    assert (found.exit_code, found.stderr) == (
        0,
        "note: events is forbidden: what follows is what statuses remember\n",
    )
    assert "ImportStarted" in found.stdout


@pytest.mark.usefixtures("api")
def test_events_of_nothing_and_durations_of_no_form_are_refused() -> None:
    assert run("events", "other").stderr == "Error: namespace team has no application and no version other\n"
    assert run("events", "--since", "soon").exit_code == 2
    assert run("events", "-w", "-o", "json").exit_code == 2


def test_a_watch_of_events_shows_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {APPLICATIONS: [application()], VERSIONS: [version("1.0.0", status={"events": [past("ImportStarted")]})]}
    api = Changing(held, denied=frozenset({("watch", "events")}))
    api.next = {"events": [past("Normal", "2026-01-02T03:05:05Z"), past("ImportStarted")]}
    answering(monkeypatch, "aiapp.cli.events", UserCluster(api, "team"))
    found = run("events", "-w")
    assert [line.split()[3] for line in found.stdout.splitlines()] == ["REASON", "ImportStarted", "Normal"]
    assert found.stderr == "Error: watch is forbidden\n"


class Changing(UserObjects):
    """One version changes, then the right to watch is taken away."""

    next: Any = MappingProxyType({"phase": "Waiting"})
    """Of the status of version 1.0.0."""

    @override
    async def watch(self, resource: Resource, **_: Any) -> AsyncIterator[WatchEvent]:
        if resource != VERSIONS:
            await asyncio.Event().wait()
        raw = version("1.0.0", status=self.next)
        yield WatchEvent("MODIFIED", raw | {"metadata": raw["metadata"] | {"resourceVersion": "2"}})
        raise ApiError(403, "Forbidden", "watch is forbidden")


def test_a_watch_shows_what_changes_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {APPLICATIONS: [application()], VERSIONS: [version("1.0.0"), version("1.1.0")]}
    answering(monkeypatch, "aiapp.cli.list", UserCluster(Changing(held), "team"))
    found = run("list", "-w")
    assert (found.exit_code, found.stderr) == (1, "Error: watch is forbidden\n")
    shown = [line.split()[:2] for line in found.stdout.splitlines()]
    assert shown[1:4] == [["mnist", "Running"], ["mnist-1.1.0", "Normal"], ["mnist-1.0.0", "Normal"]]
    assert shown[4:] == [["mnist-1.0.0", "Waiting"]]


def test_versions_that_change_come_again_and_what_cannot_be_read_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = version("3.0.0", "zoo", spec__version="x")
    held = {APPLICATIONS: [application()], VERSIONS: [version("1.0.0"), version("1.1.0"), broken]}
    answering(monkeypatch, "aiapp.cli.versions", UserCluster(Changing(held), "team"))
    found = run("versions", "-w")
    shown = [line.split()[:3] for line in found.stdout.splitlines()]
    assert shown[1:3] == [["mnist", "1.1.0", "Normal"], ["mnist", "1.0.0", "Normal"]]
    assert shown[3:] == [["mnist", "1.0.0", "Waiting"]]
    note = f"note: {broken['metadata']['name']} breaks a rule of the API and is left out\n"
    assert (found.exit_code, found.stderr) == (1, f"{note}Error: watch is forbidden\n")
    assert [line.split()[:3] for line in run("versions", "-A", "-w").stdout.splitlines()][3] == [
        "team",
        "mnist",
        "1.0.0",
    ]


@pytest.mark.parametrize(
    ("words", "state"),
    [(("get", "mnist-1.0.0"), "State:"), (("get", "mnist"), "  1.0.0  "), (("tree", "mnist"), "└─ ")],
)
def test_a_page_comes_again_as_a_whole_when_it_says_something_else(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, str], state: str
) -> None:
    held = {APPLICATIONS: [application()], VERSIONS: [version("1.0.0")]}
    answering(monkeypatch, f"aiapp.cli.{words[0]}", UserCluster(Changing(held), "team"))
    once, watched = run(*words).stdout, run(*words, "-w")
    assert watched.stdout.startswith(f"{once}\n{once.splitlines()[0]}\n")
    lines = [line for line in watched.stdout.splitlines() if line.startswith(state)]
    assert ["Waiting" in line for line in lines] == [False, True]
    assert (watched.exit_code, watched.stderr) == (1, "Error: watch is forbidden\n")


async def test_a_page_that_says_the_same_does_not_come_again(capsys: pytest.CaptureFixture[str]) -> None:
    async def pages() -> AsyncIterator[str]:
        for page in ("one", "one", "two", "two"):
            yield page

    await show_pages(pages())
    assert capsys.readouterr().out == "one\n\ntwo\n"


class Deleted(UserObjects):
    """Everything is deleted while it is watched."""

    @override
    async def watch(self, resource: Resource, **_: Any) -> AsyncIterator[WatchEvent]:
        for one in self.held.pop(resource, []):
            yield WatchEvent("DELETED", one | {"metadata": one["metadata"] | {"resourceVersion": "2"}})
        await asyncio.Event().wait()


@pytest.mark.parametrize("words", [("get", "mnist-1.0.0"), ("get", "mnist"), ("tree", "mnist"), ("versions", "mnist")])
def test_a_watch_ends_with_what_it_shows(monkeypatch: pytest.MonkeyPatch, words: tuple[str, str]) -> None:
    held = {APPLICATIONS: [application()], VERSIONS: [version("1.0.0")]}
    answering(monkeypatch, f"aiapp.cli.{words[0]}", UserCluster(Deleted(held), "team"))
    found = run(*words, "-w")
    assert (found.exit_code, found.stderr.splitlines()[-1][:28]) == (1, "Error: namespace team has no")


def test_a_tree_is_watched_without_the_kinds_that_may_not_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Changing({APPLICATIONS: [application()], VERSIONS: [version("1.0.0")]}, frozenset({PODS}))
    answering(monkeypatch, "aiapp.cli.tree", UserCluster(api, "team"))
    assert run("tree", "mnist", "-w").stderr == "note: pods is forbidden\nError: watch is forbidden\n"


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    "words",
    [
        ("versions", "-o", "name"),
        ("get", "mnist", "-o", "json"),
        ("tree", "mnist", "-o", "yaml"),
        ("get", "mnist", "--calls"),
        ("get", "mnist-1.0.0", "--files"),
    ],
)
def test_only_tables_and_pages_are_watched(words: tuple[str, ...]) -> None:
    found = run(*words, "--watch")
    assert (found.exit_code, "Error: --watch shows" in found.stderr) == (2, True)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-3, "0s"), (0, "0s"), (90, "90s"), (150, "2m"), (7200, "2h"), (36 * 3600, "36h"), (10**8, "3y")],
)
def test_an_age_is_in_the_largest_unit_of_which_there_are_two(seconds: int, said: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == said


def test_calls_are_shown_by_version_or_why_they_are_not(api: UserObjects) -> None:
    counting = calling(pod("a"), pod("b"))
    api.held[PODS], api.pods = counting.held[PODS], counting.pods
    api.pods["b:8080"] = ProxiedResponse(500, {}, b"")
    found = run("get", "mnist", "--calls")
    assert [line.split() for line in found.stdout.splitlines()] == [
        ["VERSION", "CALLS", "FAILED", "PODS"],
        ["1.0.0", "4", "2", "1"],
    ]
    assert found.stderr == "note: 1 of 2 ready pods are not in the sums\n"
    assert json.loads(run("get", "mnist", "--calls", "-o", "json").stdout)["versions"][0]["failed"] == 2
    api.denied = frozenset({("get", PODS.plural)})
    assert "get pods/proxy (the ClusterRole edit has them)" in run("get", "mnist", "--calls").stderr
    assert "has no application none" in run("get", "none", "--calls").stderr
    assert run("get", "mnist-1.0.0", "--calls").exit_code == 2


@pytest.mark.parametrize(
    ("author", "said"),
    [({"createdBy": "CronJob nightly"}, "Made by:  CronJob nightly at 2026-03-02"), ({}, "Made:  at 2026-03-02")],
)
def test_a_page_names_who_made_a_version_where_that_is_known(
    api: UserObjects, author: dict[str, str], said: str
) -> None:
    api.held[VERSIONS] = [version("1.0.0", status={"provenance": author | {"createdAt": "2026-03-02T09:14:03Z"}})]
    assert said in run("get", "mnist-1.0.0").output
