"""Checks by queries at the end of steps, on a real API server and before a server that answers as a test wants."""

import json
from collections.abc import Iterator

import pytest
from tests.integration.operator.test_steps import approve, ask, deployed, pods, rollout, serving, until
from tests.support.kube import Object
from tests.support.metrics_server import MetricsServer, metrics_server, vector
from tests.support.operator import Operator, running_operator
from tests.support.packages import Registry
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

__all__ = ["pods", "serving"]

QUERY = 'errors{namespace="$namespace",application="$application",version="$version"}'
STEP = {"percent": 25, "pauseSeconds": 1}
ERRORS = {"prometheus": [{"name": "errors", "max": 0.01}]}


@pytest.fixture(scope="module")
def metrics() -> Iterator[MetricsServer]:
    with metrics_server() as made:
        yield made


@pytest.fixture(scope="module")
def operator(
    sandbox: Sandbox, installed: None, metrics: MetricsServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """It may ask for errors."""
    offered = json.dumps({"errors": QUERY})
    environment = {"AIAPP_PROMETHEUS_URL": metrics.url, "AIAPP_PROMETHEUS_QUERIES": offered}
    with running_operator(sandbox, tmp_path_factory, environment) as running:
        yield running


def test_a_check_that_passes_lets_the_step_end(registry: Registry, serving: Object, metrics: MetricsServer) -> None:
    metrics.body = vector("0.001")
    ask(registry, "1.1.0", STEP, checks=ERRORS)
    until(registry, serving, "Completed", 100)
    assert set(metrics.asked) == {f'errors{{namespace="{registry.namespace}",application="mnist",version="1.1.0"}}'}


def test_a_check_that_fails_takes_the_rollout_back(registry: Registry, serving: Object, metrics: MetricsServer) -> None:
    metrics.body = vector("0.5")
    ask(registry, "1.1.0", STEP, checks=ERRORS, onFailure="Rollback")
    said = until(registry, serving, "RolledBack", 25)
    assert said["message"].startswith("check errors of 1.1.0: 0.5 is more than 0.01; back to 1.0.0 100 %")
    eventually(lambda: deployed(registry) == {"1.0.0": 4, "1.1.0": 0})


def test_without_an_answer_it_waits_and_says_so_and_nobody_sees_the_labels(
    registry: Registry, serving: Object, metrics: MetricsServer
) -> None:
    metrics.body = vector("0", "0")
    ask(registry, "1.1.0", STEP, checks=ERRORS)
    registry.until(serving, "RolloutCompleted", "False", "CheckUnanswered")
    text = json.dumps(registry.now(serving)["status"])
    assert "the query yields 2 series instead of one" in text
    assert "secret" not in text
    metrics.body = vector("0")
    registry.look_again(serving, "now")
    until(registry, serving, "Completed", 100)


def test_a_query_that_is_not_offered_never_passes(registry: Registry, serving: Object) -> None:
    ask(registry, "1.1.0", {"percent": 25, "approve": True}, checks={"prometheus": [{"name": "mine", "min": 0}]})
    until(registry, serving, "AwaitingApproval", 25)
    approve(registry, serving)
    registry.until(serving, "RolloutCompleted", "False", "CheckUnanswered")
    assert "offers no query of that name; offered: errors" in rollout(registry, serving)["message"]
