"""What the commands ask of an application."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.records import NOON, condition, stored

from aiapp.domain.application.operation import (
    CannotOperateError,
    Operation,
    note,
    restart,
    scale,
    start,
    stop,
)
from aiapp.domain.kubernetes.resources import Json

TWO = [{"version": "1.0.0", "weight": 90}, {"version": "1.1.0", "weight": 10, "replicas": 2}]
AT = "2026-01-02T12:00:00Z"
AUTO_STOPPED = {"conditions": [condition("Ready", reason="AutoStopped")]}
PATH = "/metadata/annotations/aiapp.dev~1"


def application(status: Json | None = None, **serving: Any) -> Json:
    raw = stored(documents.application(), status=status)
    raw["metadata"] |= {"resourceVersion": "7", "annotations": {"team": "blue"}}
    wanted = {"versions": [{"version": "1.0.0"}]} | serving
    return raw | {"spec": {"serving": wanted}}


def change(path: str, value: object) -> Json:
    return {"op": "add", "path": path, "value": value}


@pytest.mark.parametrize(
    ("asked", "outcome", "patch"),
    [
        pytest.param(stop(application()), "stopped", change("/spec/serving/stopped", value=True), id="stop"),
        pytest.param(
            start(application(stopped=True, autoStopAfterSeconds=60), NOON),
            "started",
            change("/spec/serving/stopped", value=False),
            id="start what was stopped",
        ),
        pytest.param(
            start(application(AUTO_STOPPED, autoStopAfterSeconds=60), NOON),
            "started",
            change(f"{PATH}start-at", AT),
            id="start what stopped by itself",
        ),
        pytest.param(
            start(application(autoStopAfterSeconds=60), NOON),
            "given its time again",
            change(f"{PATH}start-at", AT),
            id="start what runs for a time",
        ),
        pytest.param(restart(application(), NOON), "restarted", change(f"{PATH}restart-at", AT), id="restart"),
        pytest.param(
            scale(application(), 3, None),
            "scaled: version 1.0.0 to 3",
            change("/spec/serving/versions/0/replicas", 3),
            id="scale the only version",
        ),
        pytest.param(
            scale(application(versions=TWO), 3, "1.1.0"),
            "scaled: version 1.1.0 to 3",
            change("/spec/serving/versions/1/replicas", 3),
            id="scale one of several",
        ),
    ],
)
def test_a_command_changes_one_thing(asked: Operation, outcome: str, patch: Json) -> None:
    assert (asked.outcome, asked.patch[-1]) == (outcome, patch)


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        pytest.param(stop(application(stopped=True)), "stopped already", id="stop"),
        pytest.param(start(application(), NOON), "started already", id="start"),
        pytest.param(
            scale(application(versions=TWO), 2, "1.1.0"), "scaled: version 1.1.0 to 2 already", id="the same number"
        ),
    ],
)
def test_what_is_so_already_is_not_written(asked: Operation, outcome: str) -> None:
    assert (asked.outcome, asked.patch) == (outcome, ())


def test_what_was_not_looked_at_is_not_overwritten() -> None:
    (same, _) = scale(application(versions=TWO), 3, "1.1.0").patch
    assert same == {"op": "test", "path": "/spec/serving/versions/1/version", "value": "1.1.0"}
    bare = application()
    del bare["metadata"]["annotations"]
    unchanged, annotations = restart(bare, NOON).patch
    assert unchanged == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert annotations == change("/metadata/annotations", {"aiapp.dev/restart-at": AT})


@pytest.mark.parametrize(
    ("app", "version", "message"),
    [
        pytest.param(
            application() | {"spec": {}},
            None,
            "application mnist serves nothing: name versions in spec.serving first",
            id="nothing is served",
        ),
        pytest.param(
            application(versions=TWO),
            None,
            "application mnist serves 1.0.0, 1.1.0: say which with --version",
            id="which of two",
        ),
        pytest.param(
            application(versions=TWO),
            "2.0.0",
            "application mnist serves 1.0.0, 1.1.0: it does not serve 2.0.0",
            id="none of them",
        ),
        pytest.param(
            application(versions=[{"version": "1.0.0", "autoscaling": {"maxReplicas": 3}}]),
            None,
            "an autoscaler says how many pods version 1.0.0 has: change minReplicas and maxReplicas in "
            "serving.versions[0].autoscaling, or remove it",
            id="an autoscaler",
        ),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(app: Json, version: str | None, message: str) -> None:
    with pytest.raises(CannotOperateError) as refused:
        scale(app, 3, version)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("manager", "told"),
    [
        pytest.param("argocd-controller", True, id="Argo CD"),
        pytest.param("kubectl-edit", False, id="a person"),
    ],
)
def test_a_tool_that_may_set_it_back_is_named(manager: str, *, told: bool) -> None:
    versions = [{"version": "1.0.0", "weight": 100}]
    entry = {"revision": 1, "generation": 1, "time": AT, "manager": manager, "outcome": "Succeeded"}
    found = application({"history": [entry | {"versions": versions}]})
    assert (note(found, stop(found)) is not None) is told
    assert note(found, restart(found, NOON)) is None
