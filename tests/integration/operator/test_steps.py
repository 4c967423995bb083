"""Rollouts in steps on a real API server, with a stand-in for the kubelets."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.support.kube import Object
from tests.support.kubelet import PretendKubelet, kubelet
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.cli import main

APPROVED = {"percent": 25, "approve": True}
HALF_AN_HOUR = {"percent": 25, "pauseSeconds": 1800}


@pytest.fixture
def pods(registry: Registry) -> Iterator[PretendKubelet]:
    with kubelet(registry.kube, registry.namespace) as made:
        yield made


@pytest.fixture
def serving(registry: Registry, pods: PretendKubelet) -> Object:
    """Serves 1.0.0 with four pods; 1.1.0 and 1.2.0 are registered."""
    upload(registry.bucket, "mnist", package())
    for number in ("1.0.0", "1.1.0", "1.2.0"):
        registry.version(number=number)
    made = registry.application("mnist", "1.0.0", replicas=4)
    registry.until(made, "Ready", "True")
    return made


def ask(registry: Registry, version: str, *steps: Object, **strategy: Any) -> Object:
    return registry.application("mnist", version, replicas=4, strategy={"steps": list(steps)} | strategy)


def rollout(registry: Registry, application: Object) -> Object:
    """Empty while there is none."""
    status: Object = registry.now(application).get("status") or {}
    return status.get("rollout") or {}


def until(registry: Registry, application: Object, state: str, percent: int) -> Object:
    def there() -> Object:
        found = rollout(registry, application)
        assert (found.get("state"), found.get("percent")) == (state, percent), found
        return found

    return eventually(there)


def deployed(registry: Registry) -> dict[str, int]:
    found = registry.kube.list("apps/v1", "Deployment", registry.namespace)
    return {one["metadata"]["labels"]["aiapp.dev/version"]: one["spec"]["replicas"] for one in found}


def approve(registry: Registry, application: Object) -> None:
    """With the command that the message has."""
    said = rollout(registry, application)
    annotation, _, value = said["message"].rpartition("--overwrite ")[2].split(";")[0].partition("=")
    registry.kube.patch(application, {"metadata": {"annotations": {annotation: value}}})


def test_it_goes_on_step_by_step_with_approvals_to_the_end(registry: Registry, serving: Object) -> None:
    ask(registry, "1.1.0", APPROVED, {"percent": 50, "pauseSeconds": 1})
    said = until(registry, serving, "AwaitingApproval", 25)
    assert said["summary"] == "step 1/3 25 %, awaiting approval"
    assert said["message"].startswith("1.1.0 25 %, 1.0.0 75 % until a person approves: kubectl annotate aiapp mnist ")
    assert deployed(registry) == {"1.0.0": 3, "1.1.0": 1}
    assert registry.condition(serving, "Ready")["reason"] == "AwaitingApproval"
    assert registry.now(serving)["status"]["phase"] == "Deploying"
    approve(registry, serving)
    until(registry, serving, "Completed", 100)
    eventually(lambda: deployed(registry) == {"1.1.0": 4})
    registry.until(serving, "RolloutCompleted", "True")
    registry.until(serving, "Ready", "True", "Running")


def test_a_person_follows_approves_and_takes_back_by_the_command_line(
    registry: Registry, serving: Object, sandbox: Sandbox
) -> None:
    def aiapp(verb: str, *options: str) -> Result:
        where = ("-n", registry.namespace, "--kubeconfig", str(sandbox.kubeconfig))
        return CliRunner().invoke(main, ["rollout", verb, "mnist", *options, *where], catch_exceptions=False)

    assert aiapp("status").exit_code == 1
    ask(registry, "1.1.0", APPROVED, {"percent": 50, "approve": True})
    until(registry, serving, "AwaitingApproval", 25)
    shown = aiapp("status")
    assert shown.exit_code == 0
    assert shown.output.startswith("step 1/3 25 %, awaiting approval, since ")
    assert ["1.1.0", "0", "%", "25", "%", "100", "%"] in [line.split() for line in shown.output.splitlines()]
    assert aiapp("approve").output == "mnist: step 1/3 is approved\n"
    until(registry, serving, "AwaitingApproval", 50)
    assert json.loads(aiapp("status", "-o", "json").output)["step"] == 2
    manifest = yaml.safe_load(aiapp("abort", "--dry-run", "-o", "yaml").output)
    assert manifest["spec"]["serving"]["versions"] == [{"version": "1.0.0", "replicas": 4, "weight": 100}]
    assert aiapp("abort", "--dry-run").output == "mnist would go back to 1.0.0 100 %\n"
    assert registry.now(serving)["spec"]["serving"]["versions"][0]["version"] == "1.1.0"
    assert aiapp("abort").output == "mnist goes back to 1.0.0 100 %\n"
    until(registry, serving, "Completed", 100)
    eventually(lambda: deployed(registry) == {"1.0.0": 4})
    for verb in ("approve", "abort"):
        refused = aiapp(verb)
        assert (refused.exit_code, "has no rollout in steps under way" in refused.output) == (1, True)


def test_a_restarted_operator_goes_on_with_the_pause_where_it_was(
    registry: Registry, serving: Object, operator: Operator
) -> None:
    ask(registry, "1.1.0", HALF_AN_HOUR)
    before = until(registry, serving, "Paused", 25)
    operator.restart()
    registry.look_again(serving, "after the restart")
    registry.until(serving, "RolloutCompleted", "False", "RolloutPaused")
    assert rollout(registry, serving) == before
    assert deployed(registry) == {"1.0.0": 3, "1.1.0": 1}
    ask(registry, "1.1.0", {"percent": 25, "pauseSeconds": 1})
    until(registry, serving, "Completed", 100)


def test_an_edit_in_the_middle_leads_elsewhere_from_the_split_in_force(registry: Registry, serving: Object) -> None:
    ask(registry, "1.1.0", APPROVED)
    first = until(registry, serving, "AwaitingApproval", 25)
    ask(registry, "1.2.0", APPROVED)
    eventually(lambda: rollout(registry, serving).get("id") not in (None, first["id"]))
    second = until(registry, serving, "AwaitingApproval", 25)
    assert {one["version"]: one["weight"] for one in second["from"]} == {"1.0.0": 75, "1.1.0": 25}
    assert sum(deployed(registry).values()) == 4


def test_going_back_to_the_last_good_split_needs_no_approval(registry: Registry, serving: Object) -> None:
    ask(registry, "1.1.0", APPROVED)
    until(registry, serving, "AwaitingApproval", 25)
    ask(registry, "1.0.0", APPROVED)
    until(registry, serving, "Completed", 100)
    eventually(lambda: deployed(registry) == {"1.0.0": 4})


def test_a_crash_holds_the_step_until_a_person_tries_it_again(
    registry: Registry, serving: Object, pods: PretendKubelet
) -> None:
    ask(registry, "1.1.0", HALF_AN_HOUR)
    until(registry, serving, "Paused", 25)
    (one,) = pods.pods("1.1.0")
    eventually(lambda: crashed(registry, serving, pods, one))
    said = until(registry, serving, "Failed", 25)
    assert said["message"].startswith(f"pod {one['metadata']['name']} crashed at ")
    assert registry.condition(serving, "Ready")["reason"] == "StepFailed"
    assert registry.condition(serving, "Stalled")["status"] == "True"
    assert deployed(registry) == {"1.0.0": 3, "1.1.0": 1}
    approve(registry, serving)
    until(registry, serving, "Paused", 25)


def crashed(registry: Registry, serving: Object, pods: PretendKubelet, one: Object) -> bool:
    """Again until it counts: times are in whole seconds, and the step began in one of them."""
    pods.crash(one)
    return bool(rollout(registry, serving)["state"] not in ("Paused", "Progressing"))


def test_lost_readiness_goes_back_by_itself_where_that_is_asked_for(
    registry: Registry, serving: Object, pods: PretendKubelet
) -> None:
    ask(registry, "1.1.0", HALF_AN_HOUR, onFailure="Rollback")
    until(registry, serving, "Paused", 25)
    (one,) = pods.pods("1.1.0")
    pods.lose(one)
    said = until(registry, serving, "RolledBack", 25)
    assert "is no longer ready" in said["message"]
    eventually(lambda: deployed(registry) == {"1.0.0": 4, "1.1.0": 0})
    registry.until(serving, "Ready", "False", "RolledBack")
    assert registry.now(serving)["status"]["history"][0]["outcome"] == "RolledBack"
    ask(registry, "1.0.0", HALF_AN_HOUR, onFailure="Rollback")
    registry.until(serving, "Ready", "True")
    eventually(lambda: deployed(registry) == {"1.0.0": 4})


def test_a_lost_status_begins_anew_from_what_is_served(registry: Registry, serving: Object, operator: Operator) -> None:
    ask(registry, "1.1.0", {"percent": 50, "approve": True})
    first = until(registry, serving, "AwaitingApproval", 50)
    operator.stop()
    registry.kube.patch(serving, {"status": None}, subresource="status")
    operator.start()
    eventually(lambda: rollout(registry, serving).get("id") not in (None, first["id"]))
    second = until(registry, serving, "AwaitingApproval", 50)
    assert {one["version"]: one["weight"] for one in second["from"]} == {"1.0.0": 50, "1.1.0": 50}
    assert sum(deployed(registry).values()) == 4


def test_at_rest_nothing_is_written(registry: Registry, serving: Object, operator: Operator) -> None:
    ask(registry, "1.1.0", {"percent": 25})
    until(registry, serving, "Completed", 100)
    registry.until(serving, "Ready", "True")
    eventually(lambda: deployed(registry) == {"1.1.0": 4})
    settled = registry.now(serving)["metadata"]["resourceVersion"]
    registry.look_again(serving, "at rest")
    eventually(lambda: operator.metric("workqueue_depth") == 0)
    after = registry.now(serving)["metadata"]
    assert (after["generation"], settled != after["resourceVersion"]) == (2, True)
    operator.restart()
    assert registry.now(serving)["metadata"]["resourceVersion"] == after["resourceVersion"]
