"""What is said of pods whose dependencies cannot be installed, and of those that no scheduler looked at."""

from typing import Any

import pytest
from tests.support.records import condition, deployed, pod

from aiapp.domain.application.pod_diagnosis import trouble


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
    late["spec"]["template"] = {"spec": {"schedulerName": "volcano"}}
    found = trouble(late, [pod(name="mnist-1", **status)])
    assert found is not None
    assert found.reason == "DeployTimeout"
    said = "; scheduler volcano has not looked at pod mnist-1: does it run here?"
    assert found.message.endswith(said) is overlooked


def fetch(message: str, code: int = 1) -> dict[str, Any]:
    return {"name": "fetch", "lastState": {"terminated": {"exitCode": code, "message": message}}}


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("[" * 4000, id="nested too deeply"),
        pytest.param('{"reason": ["x"], "message": {"a": 1}}', id="of other types"),
        pytest.param('{"message": "\\ud800"}', id="half a character"),
        pytest.param("9" * 5000, id="a number too long to read"),
        pytest.param("\x1b[31mred\x00", id="escape sequences"),
        pytest.param("null", id="nothing"),
    ],
)
def test_whatever_a_pod_tells_is_harmless(message: str) -> None:
    found = trouble(deployed(ready=0), [pod(initContainerStatuses=[fetch(message)])])
    assert found is not None
    assert found.reason == "FetchFailed"
    assert found.message.isprintable()
    assert len(found.message) < 1100


def test_what_a_pod_refers_to_and_lacks_is_no_fault_of_its_package() -> None:
    waiting = {"waiting": {"reason": "CreateContainerConfigError", "message": 'configmap "flags" not found'}}
    found = trouble(deployed(), [pod(containerStatuses=[{"name": "model", "image": "r", "state": waiting}])])
    assert found is not None
    assert (found.reason, 'configmap "flags" not found' in found.message) == ("ReferenceMissing", True)


def test_an_image_of_the_operators_own_that_cannot_be_pulled_is_for_an_administrator() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}}
    found = trouble(deployed(), [pod(initContainerStatuses=[{"name": "fetch", "image": "r/op:1", "state": waiting}])])
    assert found is not None
    assert found.reason == "ImagePullFailed"
    assert "r/op:1 (the operator's own: for an administrator" in found.message


def test_a_refusal_to_make_pods_tells_since_when_it_is_known() -> None:
    refused = condition("ReplicaFailure", "True", "FailedCreate", "maximum cpu usage per Container is 1")
    found = trouble(deployed(conditions=[refused]), [])
    assert found is not None
    assert found.reason == "PodRefused"
    assert f"first refused at {refused['lastTransitionTime']}" in found.message
    assert "Events of the ReplicaSet" in found.message


def test_a_model_server_that_fails_is_told_without_its_reason_twice() -> None:
    ended = {"terminated": {"exitCode": 1, "message": "loading\nStartFailed: a.py:7: KeyError"}}
    found = trouble(deployed(), [pod(name="m", containerStatuses=[{"name": "model", "lastState": ended}])])
    assert found == ("StartFailed", "pod m: a.py:7: KeyError")
