"""How a real pod came up, as its application remembers it when Kubernetes has forgotten."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from tests.e2e.serving import NAME, Serving
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(600)
PHASES = {
    "Scheduled": "Scheduling",
    "EnvironmentPrepared": "EnvironmentPreparation",
    "ContainerStarted": "ModelStart",
    "PodReady": "ModelStart",
}


def told(serving: Serving) -> list[Any]:
    """What `aiapp events` says of the application itself."""
    words = ["events", NAME, "-n", serving.registry.namespace, "-o", "json"]
    environment = {**os.environ, "KUBECONFIG": str(serving.kubectl.kubeconfig)}
    done = subprocess.run(
        [sys.executable, "-m", "aiapp", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    return [one for one in json.loads(done.stdout) if one["kind"] == "AIApplication" and one["reason"] in PHASES]


def test_the_start_of_the_first_pod_is_told_phase_by_phase_by_its_own_times(serving: Serving) -> None:
    serving.deployed("one")
    kube, namespace = serving.registry.kube, serving.registry.namespace

    def remembered() -> list[Any]:
        found = told(serving)
        assert {one["reason"] for one in found} == set(PHASES), found
        return found

    found = eventually(remembered)
    for event in kube.list("v1", "Event", namespace):
        kube.delete(event)
    assert told(serving) == found
    assert {one["reason"]: one["phase"] for one in found} == PHASES
    (pod,) = serving.pods()
    ready = next(one for one in pod["status"]["conditions"] if one["type"] == "Ready")
    by_reason = {one["reason"]: one for one in found}
    assert by_reason["PodReady"]["time"] == ready["lastTransitionTime"]
    assert by_reason["Scheduled"]["message"] == (
        f"1.0.0: pod {pod['metadata']['name']} goes to node {pod['spec']['nodeName']}"
    )
    serving.kill(pod)
    eventually(lambda: [one["reason"] for one in told(serving)].count("PodReady") == 2 or None, timeout=180)
