"""What has become of a change that was asked for."""

from typing import Any

import pytest

from aiapp.api.meta import RESTART_AT, START_AT
from aiapp.domain.application.outcome import Outcome, current_state, restarted, settled
from aiapp.domain.kubernetes.resources import Json

CHANGED: Json = {"metadata": {"generation": 2}}
STARTED: Json = {
    "metadata": {"generation": 2, "annotations": {START_AT: "now"}},
    "spec": {"serving": {"autoStopAfterSeconds": 60}},
}


def seen(generation: int = 2, **conditions: str) -> Json:
    found = [{"type": kind, "status": value, "message": f"{kind} it is"} for kind, value in conditions.items()]
    return {"status": {"observedGeneration": generation, "phase": "Running", "conditions": found}}


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        pytest.param({}, None, id="not looked at"),
        pytest.param(seen(1, Ready="True"), None, id="of before"),
        pytest.param(seen(Ready="False", Reconciling="True"), None, id="under way"),
        pytest.param(seen(Ready="True", Reconciling="True"), None, id="not at its end"),
        pytest.param(seen(Ready="True"), Outcome(succeeded=True, message="Running"), id="done"),
        pytest.param(
            seen(Ready="False", Stalled="True"), Outcome(succeeded=False, message="Stalled it is"), id="has failed"
        ),
    ],
)
def test_an_object_is_settled_when_its_status_speaks_of_the_change(now: Json, outcome: Outcome | None) -> None:
    assert settled(CHANGED, now) == outcome


def test_a_start_by_annotation_has_been_carried_out() -> None:
    ready = seen(Ready="True")
    assert settled(STARTED, ready) is None
    ready["status"]["lastHandledStartAt"] = "now"
    assert settled(STARTED, ready) == Outcome(succeeded=True, message="Running")


def test_what_is_stopped_waits_for_no_start_of_before() -> None:
    stopped = STARTED | {"spec": {"serving": {"autoStopAfterSeconds": 60, "stopped": True}}}
    assert settled(stopped, seen(Ready="True")) == Outcome(succeeded=True, message="Running")


def deployment(at: str = "now", generation: int = 3, **counts: int) -> Json:
    status = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "observedGeneration": 3} | counts
    template = {"metadata": {"annotations": {RESTART_AT: at}}}
    return {"metadata": {"generation": generation}, "spec": {"replicas": 2, "template": template}, "status": status}


@pytest.mark.parametrize(
    ("deployments", "done"),
    [
        pytest.param([deployment()], True, id="all are new"),
        pytest.param([deployment(), deployment("before")], False, id="one was not asked"),
        pytest.param([deployment(generation=4)], False, id="not seen"),
        pytest.param([deployment(updatedReplicas=1)], False, id="one is old"),
        pytest.param([deployment(replicas=3)], False, id="an old one is left"),
        pytest.param([deployment(availableReplicas=1)], False, id="one is not ready"),
    ],
)
def test_a_restart_ends_with_new_pods_alone(deployments: list[Json], *, done: bool) -> None:
    changed: dict[str, Any] = {"metadata": {"annotations": {RESTART_AT: "now"}}}
    assert (restarted(changed, deployments) is not None) is done


def test_who_has_waited_in_vain_reads_how_it_stands() -> None:
    assert current_state(seen(Ready="False")) == "Running, Ready it is"
    assert current_state({}) == "nobody has looked at it yet"
