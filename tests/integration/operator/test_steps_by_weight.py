"""Rollouts in steps behind a gateway: exact weights, with one pod of each version."""

import pytest
from tests.integration.operator.test_gateway import GATEWAY, _nodes, accepted, route, served, two, until_weights
from tests.integration.operator.test_steps import approve, rollout, until
from tests.support.gateway_api import answer
from tests.support.kube import Object
from tests.support.packages import Registry
from tests.support.waiting import eventually

__all__ = ["_nodes", "served", "two"]

pytestmark = pytest.mark.usefixtures("served")
TENTH = {"percent": 10, "approve": True}


def ask(registry: Registry, version: str) -> Object:
    """One pod of this version, in steps."""
    return registry.application("mnist", version, replicas=1, gateway=GATEWAY, strategy={"steps": [TENTH]})


def test_a_step_moves_weights_while_each_version_has_a_pod(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 100))
    ask(two, "1.1.0")
    until(two, application, "AwaitingApproval", 10)
    answer(two.kube, until_weights(two, v1_0_0=90, v1_1_0=10))
    approve(two, application)
    eventually(lambda: answer(two.kube, route(two)) or rollout(two, application)["state"] == "Completed")
    until_weights(two, v1_1_0=100)


def test_going_back_is_at_once_and_exact(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 100))
    ask(two, "1.1.0")
    until(two, application, "AwaitingApproval", 10)
    ask(two, "1.0.0")
    eventually(lambda: answer(two.kube, route(two)) or rollout(two, application)["state"] == "Completed")
    until_weights(two, v1_0_0=100)
