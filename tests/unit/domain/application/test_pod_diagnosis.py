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


def serving(state: str = "state", /, **ended: Any) -> dict[str, Any]:
    """The status of the container that serves, which has ended."""
    return {"name": "model", "image": "r/x@sha256:1", state: {"terminated": {"reason": "Error", **ended}}}


DIGEST = "r.example.com/x@sha256:1"


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        pytest.param("failed to resolve reference: r.example.com/x@sha256:1: not found", "does not have it", id="gone"),
        pytest.param("unexpected status: 401 Unauthorized", "container.imagePullSecrets", id="no login"),
        pytest.param("pull access denied, repository does not exist", "container.imagePullSecrets", id="denied"),
        pytest.param(
            "no match for platform in manifest: not found", "is not made for the node's processor", id="platform"
        ),
        pytest.param("tls: failed to verify certificate: x509: unknown authority", "does not trust", id="no trust"),
        pytest.param("http: server gave HTTP response to HTTPS client", "asks with TLS", id="plain http"),
        pytest.param("dial tcp 10.0.0.1:5000: connect: connection refused", "does not reach", id="away"),
        pytest.param("write /var/lib/x: no space left on device", "disk of the node is full", id="full"),
        pytest.param("429 Too Many Requests", "goes on by itself", id="limited"),
    ],
)
def test_an_image_that_cannot_be_pulled_is_told_in_the_words_of_the_node_with_what_to_do(
    said: str, remedy: str
) -> None:
    call = f'rpc error: code = Unknown desc = failed to pull and unpack image "{DIGEST}": {said}'
    backing_off = f'Back-off pulling image "{DIGEST}": ErrImagePull: {call}'
    words = []
    for reason, message in (("ErrImagePull", call), ("ImagePullBackOff", backing_off)):
        container = {"name": "model", "image": DIGEST, "state": {"waiting": {"reason": reason, "message": message}}}
        found = trouble(deployed(), [pod(name="m", containerStatuses=[container])])
        assert found is not None
        assert found.reason == "ImagePullFailed"
        words.append(found.message)
    assert words[0] == words[1], "the same failure has the same words, whatever the kubelet does next"
    assert words[0].startswith(f'pod m: image {DIGEST}: failed to pull and unpack image "{DIGEST}": {said} (')
    assert remedy in words[0]


@pytest.mark.parametrize("before", ["", 'Back-off pulling image "r": ErrImagePull: '])
def test_a_failure_that_nobody_foresaw_is_told_as_it_is(before: str) -> None:
    waiting = {"waiting": {"reason": "ErrImagePull", "message": f"{before}the moon is full"}}
    found = trouble(deployed(), [pod(name="m", containerStatuses=[{"name": "model", "image": "r", "state": waiting}])])
    assert found == ("ImagePullFailed", "pod m: image r: the moon is full")


def test_a_program_for_another_processor_is_named_as_such() -> None:
    ended = serving("lastState", exitCode=1, message="exec /serve: exec format error\n")
    found = trouble(deployed(), [pod(name="m", containerStatuses=[ended])])
    said = "pod m: exec /serve: exec format error (its program is for another processor than the node's)"
    assert found == ("StartFailed", said)


def test_of_a_server_that_is_not_ours_the_last_lines_are_shown() -> None:
    ended = serving(exitCode=1, message="starting\nloading\n  File x\n\nValueError: no weights\n")
    found = trouble(deployed(), [pod(name="m", containerStatuses=[ended])])
    assert found == ("StartFailed", "pod m: loading | File x | ValueError: no weights")


def test_a_program_that_ends_by_itself_is_no_server() -> None:
    ended = serving("lastState", exitCode=0, reason="Completed")
    crashing = ended | {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    found = trouble(deployed(), [pod(name="m", containerStatuses=[crashing])])
    assert found is not None
    assert (found.reason, "ends by itself" in found.message) == ("StartFailed", True)
    assert trouble(deployed(), [pod(containerStatuses=[ended | {"state": {"running": {}}}])]) is None


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"tcpSocket": {"port": "http"}}, "nothing took a connection at port 9000 within 1200 s"),
        ({"httpGet": {"path": "/h", "port": "http"}}, "GET /h at port 9000 did not succeed within 1200 s"),
        ({"exec": {"command": ["/check"]}}, "its health command did not succeed within 1200 s"),
        ({}, "its health check did not succeed within 1200 s"),
    ],
)
@pytest.mark.parametrize("before", [{}, serving("lastState", exitCode=137), serving("lastState", exitCode=143)])
def test_a_server_that_is_not_up_in_time_is_told_with_the_check_that_it_did_not_pass(
    check: dict[str, Any], said: str, before: dict[str, Any]
) -> None:
    late = deployed(ready=0, conditions=[condition("Progressing", "False", "ProgressDeadlineExceeded")])
    ports = [{"name": "http", "containerPort": 9000}]
    late["spec"]["template"] = {"spec": {"containers": [{"name": "model", "ports": ports, "readinessProbe": check}]}}
    running = before | {"name": "model", "state": {"running": {}}, "ready": False}
    found = trouble(late, [pod(name="m", containerStatuses=[running])])
    assert found == ("ProbeFailing", f"pod m: its container runs, but {said}: see its Events")


def test_a_container_that_ran_out_of_memory_is_not_taken_for_one_that_was_too_slow() -> None:
    killed = serving("lastState", exitCode=137, reason="OOMKilled") | {"state": {"running": {}}}
    found = trouble(deployed(), [pod(name="m", containerStatuses=[killed])])
    assert found == ("StartFailed", "pod m: OOMKilled, exit code 137")
