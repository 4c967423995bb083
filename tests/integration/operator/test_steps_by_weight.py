"""Rollouts in steps behind a gateway: exact weights, with one pod of each version."""

import pytest
from tests.integration.operator.test_gateway import GATEWAY, _nodes, accepted, route, served, two, until_weights
from tests.integration.operator.test_steps import approve, rollout, until
from tests.support.gateway_api import answer, weights
from tests.support.kube import Object
from tests.support.packages import Registry
from tests.support.waiting import eventually

__all__ = ["_nodes", "served", "two"]

pytestmark = pytest.mark.usefixtures("served")
TENTH = {"percent": 10, "approve": True}


def ask(registry: Registry, version: str) -> Object:
    """One pod of this version, in steps."""
    return registry.application("mnist", version, replicas=1, gateway=GATEWAY, strategy={"steps": [TENTH]})


def completed(registry: Registry, application: Object, service: str) -> None:
    """Wait until the rollout is, and only this Service is in the route; the gateway takes the route as it comes."""

    def done() -> bool:
        answer(registry.kube, route(registry))
        return weights(route(registry)) == {service: 100} and rollout(registry, application)["state"] == "Completed"

    eventually(done)


def test_a_step_moves_weights_while_each_version_has_a_pod(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 100))
    ask(two, "1.1.0")
    until(two, application, "AwaitingApproval", 10)
    answer(two.kube, until_weights(two, v1_0_0=90, v1_1_0=10))
    approve(two, application)
    completed(two, application, "mnist-1-1-0")


def test_going_back_is_at_once_and_exact(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 100))
    ask(two, "1.1.0")
    until(two, application, "AwaitingApproval", 10)
    ask(two, "1.0.0")
    completed(two, application, "mnist-1-0-0")
