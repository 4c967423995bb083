"""What a pod's status says of the fetch of its model, in the words of the fetcher."""

import json
from typing import Any

import pytest

from aiapp.domain.fetching.pod_status import Fetching, FetchState, fetching
from aiapp.domain.kubernetes.resources import Json

FAILURE = json.dumps({"reason": "AccessDenied", "message": "store.example denies reading models/a"})
SUCCESS = json.dumps({"digest": "sha256:ab", "verified": "SHA256", "files": 2, "bytes": 30, "seconds": 1.5})


def pod(status: Json | None = None, *, init: bool = True) -> Json:
    containers = {"initContainers": [{"name": "fetch"}]} if init else {}
    statuses = {"initContainerStatuses": [{"name": "fetch"} | dict(status)]} if status is not None else {}
    metadata = {"name": "mnist-1-0-0-x", "labels": {"aiapp.dev/version": "1.0.0"}}
    return {"metadata": metadata, "spec": containers, "status": statuses}


def ended(code: int, message: str = "") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed", "message": message}}


@pytest.mark.parametrize(
    ("status", "state", "message"),
    [
        pytest.param(None, FetchState.WAITING, "the pod has no node yet", id="not scheduled"),
        pytest.param(
            {"state": {"waiting": {"reason": "PodInitializing"}}},
            FetchState.WAITING,
            "PodInitializing",
            id="not started",
        ),
        pytest.param({"state": {"running": {}}}, FetchState.FETCHING, "", id="running"),
        pytest.param(
            {"state": ended(0, SUCCESS)},
            FetchState.FETCHED,
            "2 files, 30 bytes in 1.5 s, verified by SHA256",
            id="done",
        ),
        pytest.param({"state": ended(0)}, FetchState.FETCHED, "", id="done without a word"),
        pytest.param(
            {"state": ended(4, FAILURE)},
            FetchState.FAILED,
            "AccessDenied: store.example denies reading models/a",
            id="failed, with its reason and key",
        ),
        pytest.param(
            {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended(4, FAILURE)},
            FetchState.FAILED,
            "AccessDenied: store.example denies reading models/a",
            id="failed, and waits for the next attempt",
        ),
        pytest.param(
            {"state": ended(137, "not JSON")},
            FetchState.FAILED,
            "not JSON",
            id="what somebody else wrote is told as it is",
        ),
        pytest.param({"state": ended(137)}, FetchState.FAILED, "Error, exit code 137", id="killed without a word"),
    ],
)
def test_a_pod_tells(status: Json | None, state: FetchState, message: str) -> None:
    assert fetching(pod(status)) == Fetching(pod="mnist-1-0-0-x", version="1.0.0", state=state, message=message)


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({"state": {"waiting": {"message": "\x1b[31mx\ny"}}}, id="waiting"),
        pytest.param({"state": ended(0, json.dumps({"verified": "\x1b[31mx\ny"}))}, id="done"),
        pytest.param({"state": ended(1, json.dumps({"message": "\x1b[31mx\ny"}))}, id="failed"),
        pytest.param({"state": ended(1, "\x1b[31mx\ny")}, id="failed, in words of its own"),
    ],
)
def test_whatever_a_pod_says_it_sends_no_escapes_to_a_terminal(status: Json) -> None:
    found = fetching(pod(status))
    assert found is not None
    assert "?[31mx y" in found.message
    assert found.message.isprintable()


def test_a_pod_without_the_init_container_fetches_nothing() -> None:
    assert fetching(pod(init=False)) is None
