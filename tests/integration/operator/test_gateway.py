"""An application behind a gateway: its route before a real API server. The test plays the gateway's controller."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from tests.support.gateway_api import API, EDGE, answer, gateway_api, weights
from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION
from aiapp_sandbox.profiles import SimulatedNode

GATEWAY: Final = {"parentRefs": [EDGE], "hostnames": ["mnist.example.com"]}
TOO_LARGE: Final = {"requests": {"cpu": "1000"}}
"""Of a version whose pods find no node."""


@pytest.fixture(scope="module", autouse=True)
def _nodes(sandbox: Sandbox) -> Iterator[None]:
    with sandbox.simulated(SimulatedNode(name="cpu-1")):
        yield


@pytest.fixture(scope="module")
def served(kube: Kube) -> Iterator[None]:
    with gateway_api(kube):
        yield


@pytest.fixture
def two(registry: Registry) -> Registry:
    """Two versions are registered."""
    upload(registry.bucket, "mnist", package())
    for number in ("1.0.0", "1.1.0"):
        registry.until(registry.version(number=number), "Ready", "True")
    return registry


def serve(registry: Registry, *versions: tuple[str, int], gateway: Any = GATEWAY, **fields: Any) -> Object:
    """Serve these versions with these weights, a pod each; `fields` are of the last one."""
    wanted: list[Object] = [{"version": number, "weight": weight, "replicas": 1} for number, weight in versions]
    wanted[-1] |= fields
    body = {"versions": wanted} | ({"gateway": gateway} if gateway else {})
    return registry._create("AIApplication", "mnist", {"serving": body})


def route(registry: Registry) -> Object:
    found = registry.find(API, "HTTPRoute", "mnist")
    assert found is not None
    return found


def until_weights(registry: Registry, **expected: int) -> Object:
    """Wait until the route has these; `v1_0_0=100` stands for the Service mnist-1-0-0."""
    wanted = {f"mnist-{name[1:].replace('_', '-')}": weight for name, weight in expected.items()}

    def holds() -> Object:
        found = route(registry)
        assert weights(found) == wanted
        return found

    return eventually(holds)


def accepted(registry: Registry, *versions: tuple[str, int]) -> Object:
    """An application whose route the gateway has accepted."""
    application = serve(registry, *versions)
    eventually(lambda: route(registry))
    answer(registry.kube, route(registry))
    registry.until(application, "Ready", "True", "Running")
    return application


def shares(registry: Registry, application: Object) -> dict[str, int]:
    return {one["version"]: one["actualWeight"] for one in registry.now(application)["status"]["traffic"]}


@pytest.mark.usefixtures("operator")
def test_the_gateway_api_may_come_and_go(two: Registry, kube: Kube) -> None:
    application = serve(two, ("1.0.0", 90), ("1.1.0", 10))
    two.until(application, "RouteAccepted", "False", "GatewayApiMissing")
    eventually(lambda: shares(two, application) == {"1.0.0": 50, "1.1.0": 50})
    with gateway_api(kube):
        two.until(application, "RouteAccepted", "Unknown", "Pending")
        until_weights(two, v1_0_0=90, v1_1_0=10)
        answer(kube, route(two))
        two.until(application, "Ready", "True", "Running")
        assert shares(two, application) == {"1.0.0": 90, "1.1.0": 10}
        assert two.now(application)["status"]["url"] == "http://mnist.example.com"
    two.until(application, "RouteAccepted", "False", "GatewayApiMissing")
    eventually(lambda: shares(two, application) == {"1.0.0": 50, "1.1.0": 50})


@pytest.mark.usefixtures("operator", "served")
def test_the_route_survives_a_promotion_and_the_old_version_leaves_when_the_gateway_knows(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 100))
    uid = route(two)["metadata"]["uid"]
    serve(two, ("1.1.0", 100))
    until_weights(two, v1_1_0=100, v1_0_0=0)
    two.until(application, "VersionsResolved", "True")
    eventually(lambda: shares(two, application) == {"1.1.0": 100, "1.0.0": 0})
    assert two.find("apps/v1", "Deployment", "mnist-1-0-0") is not None
    answer(two.kube, route(two))
    eventually(lambda: two.find("apps/v1", "Deployment", "mnist-1-0-0") is None)
    until_weights(two, v1_1_0=100)
    eventually(lambda: two.find("v1", "Service", "mnist-1-0-0") is None)
    assert route(two)["metadata"]["uid"] == uid
    log = two.now(application)["status"]["trafficLog"]
    assert [(one["from"], one["to"], one["cause"]) for one in log] == [
        ({"1.0.0": 100}, {"1.1.0": 100}, "1.1.0 became ready"),
        ({}, {"1.0.0": 100}, "1.0.0 became ready"),
    ]


@pytest.mark.usefixtures("operator", "served")
def test_pods_that_lose_their_readiness_lose_their_weight_and_get_it_back(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 99), ("1.1.0", 1))
    until_weights(two, v1_0_0=99, v1_1_0=1)
    (pod,) = two.kube.list("v1", "Pod", two.namespace, labelSelector="aiapp.dev/version=1.0.0")
    ready = {"type": "Ready", "lastTransitionTime": "2026-01-02T12:00:00Z"}
    two.kube.patch_status(pod, {"conditions": [ready | {"status": "False"}]})
    until_weights(two, v1_0_0=0, v1_1_0=100)
    two.until(application, "TrafficSplit", "False", "ByReadiness")
    two.kube.patch_status(pod, {"conditions": [ready | {"status": "True"}]})
    until_weights(two, v1_0_0=99, v1_1_0=1)
    two.until(application, "TrafficSplit", "True")


@pytest.mark.usefixtures("operator", "served")
def test_the_last_split_stays_while_what_is_asked_for_does_not_come_up(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 100))
    serve(two, ("1.1.0", 100), resources=TOO_LARGE)
    until_weights(two, v1_1_0=0, v1_0_0=100)
    two.until(application, "TrafficSplit", "False", "LastSplitKept")
    serve(two, ("1.0.0", 100))
    two.until(application, "TrafficSplit", "True")
    answer(two.kube, route(two))
    until_weights(two, v1_0_0=100)


@pytest.mark.usefixtures("operator", "served")
def test_what_the_gateway_says_is_what_the_application_says(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 100))
    answer(two.kube, route(two), status="False", reason="NotAllowedByListeners", message="no route of this namespace")
    found = two.until(application, "RouteAccepted", "False", "RouteRefused")
    assert found["message"] == (
        "Gateway infra/edge says Accepted=False/NotAllowedByListeners: no route of this namespace"
    )
    two.until(application, "Ready", "False", "RouteRefused")
    answer(two.kube, route(two))
    two.until(application, "Ready", "True", "Running")


@pytest.mark.usefixtures("operator", "served")
def test_without_the_gateway_the_route_goes_and_the_service_stays(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 100))
    serve(two, ("1.0.0", 100), gateway=None)
    eventually(lambda: two.find(API, "HTTPRoute", "mnist") is None)
    eventually(lambda: two.now(application)["status"]["url"] == f"http://mnist.{two.namespace}.svc")
    two.until(application, "RouteAccepted", "absent")
    two.until(application, "Ready", "True", "Running")


@pytest.mark.usefixtures("served")
def test_at_rest_nothing_is_written_behind_a_gateway_either(two: Registry, operator: Operator) -> None:
    application = accepted(two, ("1.0.0", 90), ("1.1.0", 10))
    until_weights(two, v1_0_0=90, v1_1_0=10)
    two.until(application, "TrafficSplit", "True")
    eventually(lambda: len(two.kube.list(GROUP_VERSION, "AIApplication")) == 1)  # what other tests left is going
    operator.restart()
    eventually(lambda: operator.metric("controller_runtime_reconcile_total", controller="AIApplication") >= 1)
    two.look_again(application, "now")
    eventually(lambda: operator.metric("controller_runtime_reconcile_total", controller="AIApplication") >= 2)
    assert operator.writes() == 0


@pytest.mark.usefixtures("operator", "served")
def test_a_route_that_lost_its_application_is_taken_back_as_it_is(two: Registry) -> None:
    application = accepted(two, ("1.0.0", 100))
    uid = route(two)["metadata"]["uid"]
    two.kube.delete(application, propagationPolicy="Orphan")
    eventually(lambda: two.find(GROUP_VERSION, "AIApplication", "mnist") is None)
    again = serve(two, ("1.0.0", 100))
    two.until(again, "Ready", "True", "Running")
    found = route(two)["metadata"]
    assert (found["uid"], [owner["uid"] for owner in found["ownerReferences"]]) == (uid, [again["metadata"]["uid"]])


@pytest.mark.usefixtures("operator", "served")
def test_weights_that_a_person_changes_by_hand_are_mended(two: Registry) -> None:
    accepted(two, ("1.0.0", 90), ("1.1.0", 10))
    found = until_weights(two, v1_0_0=90, v1_1_0=10)
    rules = found["spec"]["rules"]
    rules[0]["backendRefs"][1]["weight"] = 0
    two.kube.patch(found, {"spec": {"rules": rules}})
    until_weights(two, v1_0_0=90, v1_1_0=10)
