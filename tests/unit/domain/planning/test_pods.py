"""What is said of pods whose dependencies cannot be installed, and of those that no scheduler looked at."""

from typing import Any

import pytest
from tests.support.records import condition, deployed, pod

from aiapp.domain.planning.pods import trouble


@pytest.mark.parametrize(
    ("terminated", "said"),
    [
        pytest.param(
            {"exitCode": 1, "message": "DependenciesFailed: x==9: No matching distribution found for x==9\n"},
            "x==9: No matching distribution found for x==9",
            id="in the words of pip",
        ),
        pytest.param({"exitCode": 137, "reason": "OOMKilled"}, "OOMKilled, exit code 137", id="killed"),
    ],
)
@pytest.mark.parametrize("state", ["state", "lastState"])
def test_dependencies_that_cannot_be_installed_are_named(state: str, terminated: dict[str, Any], said: str) -> None:
    broken = pod(initContainerStatuses=[{"name": "dependencies", state: {"terminated": terminated}}])
    found = trouble(deployed(), [broken])
    assert found is not None
    assert found.reason == "DependenciesFailed"
    assert found.message == f"pod {broken['metadata']['name']}: a dependency cannot be installed: {said}"


def test_installed_dependencies_are_no_trouble() -> None:
    done = pod(initContainerStatuses=[{"name": "dependencies", "state": {"terminated": {"exitCode": 0}}}])
    assert trouble(deployed(), [done]) is None


@pytest.mark.parametrize(
    ("status", "overlooked"),
    [
        pytest.param({}, True, id="nobody left a condition"),
        pytest.param({"conditions": [condition("PodScheduled")]}, False, id="bound"),
    ],
)
def test_a_scheduler_that_does_not_look_at_a_pod_is_named(status: dict[str, Any], *, overlooked: bool) -> None:
    late = deployed(ready=0, conditions=[condition("Progressing", "False", "ProgressDeadlineExceeded")])
    late["spec"]["template"]["spec"]["schedulerName"] = "volcano"
    found = trouble(late, [pod(name="mnist-1", **status)])
    assert found is not None
    assert found.reason == "DeployTimeout"
    said = "; scheduler volcano has not looked at pod mnist-1: does it run here?"
    assert found.message.endswith(said) is overlooked
