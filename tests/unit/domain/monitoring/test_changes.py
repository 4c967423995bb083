"""What the change of a pod or a Deployment counts for."""

import json
from typing import Any

import pytest
from tests.support.records import deployed, pod

from aiapp.api.conditions import Reason
from aiapp.domain.monitoring.changes import FetchEnd, fetch_end, rollout_state

RUNNING = {"running": {"startedAt": "2026-01-02T03:04:05Z"}}


def ended(code: int = 0, message: str = "") -> dict[str, Any]:
    times = {"startedAt": "2026-01-02T03:04:05Z", "finishedAt": "2026-01-02T03:05:35Z"}
    return {"terminated": {"exitCode": code, "message": message, **times}}


def fetching(**states: Any) -> dict[str, Any]:
    return pod(initContainerStatuses=[{"name": "fetch", **states}, {"name": "dependencies", "state": ended(1)}])


def test_a_fetch_counts_when_its_container_ends_with_the_seconds_of_the_kubelet() -> None:
    assert fetch_end(fetching(state=RUNNING), fetching(state=ended())) == FetchEnd(Reason.SUCCEEDED, 90)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(None, fetching(state=ended()), id="a pod that is met when it has ended"),
        pytest.param(fetching(state=ended()), fetching(state=ended()), id="the same end a second time"),
        pytest.param(fetching(state=RUNNING), fetching(state=RUNNING), id="it goes on"),
        pytest.param(pod(), pod(), id="a pod without status"),
    ],
)
def test_nothing_counts_without_an_end(old: dict[str, Any] | None, new: dict[str, Any]) -> None:
    assert fetch_end(old, new) is None


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        pytest.param(json.dumps({"reason": "ContentChanged", "message": "x"}), Reason.CONTENT_CHANGED, id="changed"),
        pytest.param(json.dumps({"reason": "Anything"}), Reason.FETCH_FAILED, id="a word that is no reason of ours"),
        pytest.param("killed", Reason.FETCH_FAILED, id="no JSON"),
        pytest.param("[]", Reason.FETCH_FAILED, id="no object"),
    ],
)
def test_a_failed_fetch_counts_under_a_reason_of_ours(message: str, reason: Reason) -> None:
    again = fetching(state=RUNNING, lastState=ended(1, message))
    end = fetch_end(fetching(state=RUNNING), again)
    assert end is not None
    assert end.reason is reason


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        pytest.param("ReplicaSetUpdated", "going on", id="going on"),
        pytest.param("NewReplicaSetAvailable", "available", id="available"),
        pytest.param("ProgressDeadlineExceeded", "timed_out", id="timed out"),
    ],
)
def test_a_rollout_ends_when_its_deployment_says_so(reason: str, state: str) -> None:
    conditions = [{"type": "Progressing", "status": "True", "reason": reason}]
    assert rollout_state(deployed(conditions=conditions)) == state
