"""Who says how many pods there are, with the real autoscaler, which has no metrics here and keeps its bounds."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.kube import ApiError, Object
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import SimulatedNode

CPU = {"type": "CPU", "averageUtilization": 80}
PODS = {"type": "Pods", "name": "aiapp_model_requests_in_flight", "averageValue": "4000m"}


@pytest.fixture(scope="module", autouse=True)
def _nodes(sandbox: Sandbox) -> Iterator[None]:
    with sandbox.simulated(SimulatedNode(name="cpu-1")):
        yield


def scaling(least: int = 2, **more: Any) -> Object:
    return {"autoscaling": {"minReplicas": least, "maxReplicas": 4, "metrics": [CPU, PODS]} | more}


def serve(registry: Registry, **served: Any) -> Object:
    return registry.serving(versions=[{"version": "1.0.0"} | served])


def deployment(registry: Registry) -> Object:
    found = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    assert found is not None
    return found


def autoscaler(registry: Registry) -> Object | None:
    return registry.find("autoscaling/v2", "HorizontalPodAutoscaler", "mnist-1-0-0")


def replicas(registry: Registry) -> int:
    return int(deployment(registry)["spec"]["replicas"])


def ready(registry: Registry, application: Object, number: int) -> None:
    eventually(lambda: registry.now(application)["status"].get("readyReplicas") == number)


def test_the_number_goes_from_the_spec_to_an_autoscaler_and_back_without_losing_a_pod(
    registry: Registry, operator: Operator
) -> None:
    upload(registry.bucket, "mnist", package())
    registry.version()
    application = serve(registry, **scaling())
    ready(registry, application, 2)  # the autoscaler's least
    serve(registry, replicas=3)
    eventually(lambda: autoscaler(registry) is None)
    ready(registry, application, 3)
    pods = {pod["metadata"]["uid"] for pod in registry.kube.list("v1", "Pod", registry.namespace)}
    serve(registry, **scaling())
    eventually(lambda: (autoscaler(registry) or {}).get("spec", {}).get("minReplicas") == 2)
    eventually(lambda: (autoscaler(registry) or {}).get("status", {}).get("currentReplicas") == 3)
    told = registry.until(application, "Ready", "True", "Running")
    eventually(lambda: "finds no number" in registry.condition(application, "Ready")["message"])
    assert told["status"] == "True"
    registry.kube.patch(application, {"spec": {"serving": {"stopped": True}}})
    registry.until(application, "Ready", "True", "Stopped")
    assert {pod["metadata"]["uid"] for pod in registry.kube.list("v1", "Pod", registry.namespace)} == set()
    assert len(pods) == 3
    eventually(lambda: reason(registry) == "ScalingDisabled")
    assert replicas(registry) == 0
    registry.kube.patch(application, {"spec": {"serving": {"stopped": False}}})
    ready(registry, application, 3)
    revisions = [one["metadata"]["resourceVersion"] for one in (deployment(registry), registry.now(application))]
    generation = (autoscaler(registry) or {})["metadata"].get("generation")
    operator.restart()
    eventually(lambda: operator.metric("controller_runtime_reconcile_total", controller="AIApplication") >= 1)
    assert (autoscaler(registry) or {})["metadata"].get("generation") == generation
    assert revisions[0] == deployment(registry)["metadata"]["resourceVersion"]


def reason(registry: Registry) -> str:
    """Why the autoscaler does not work."""
    conditions = (autoscaler(registry) or {}).get("status", {}).get("conditions", ())
    return next((str(one["reason"]) for one in conditions if one["type"] == "ScalingActive"), "")


@pytest.mark.usefixtures("operator")
def test_what_somebody_elses_autoscaler_sets_is_left_and_its_end_costs_no_pod(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    registry.version()
    application = serve(registry)
    registry.until(application, "Ready", "True", "Running")
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mnist-1-0-0"}
    spec = {"scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 3}
    metadata = {"name": "theirs", "namespace": registry.namespace}
    theirs = registry.kube.create(
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}
    )
    ready(registry, application, 3)
    registry.serving(versions=[{"version": "1.0.0"}], deployTimeoutSeconds=900)
    eventually(lambda: deployment(registry)["spec"]["progressDeadlineSeconds"] == 900)
    assert replicas(registry) == 3
    registry.kube.delete(theirs)
    registry.serving(versions=[{"version": "1.0.0"}], deployTimeoutSeconds=901)
    eventually(lambda: deployment(registry)["spec"]["progressDeadlineSeconds"] == 901)
    assert replicas(registry) == 3


@pytest.mark.parametrize(
    ("served", "message"),
    [
        pytest.param(
            scaling() | {"replicas": 1}, "replicas and autoscaling exclude each other", id="two who say how many"
        ),
        pytest.param(scaling(5), "minReplicas may not be more than maxReplicas", id="the least above the most"),
        pytest.param(
            scaling(metrics=[{"type": "CPU"}]),
            "a metric of type CPU or Memory has averageUtilization, and neither name nor averageValue",
            id="a utilization is missing",
        ),
        pytest.param(
            scaling(metrics=[PODS | {"averageUtilization": 5}]),
            "a metric of type Pods has name and averageValue, and no averageUtilization",
            id="a utilization of a metric that has none",
        ),
        pytest.param(scaling(metrics=[]), "should have at least 1 items", id="nothing to follow"),
    ],
)
@pytest.mark.usefixtures("installed")
def test_the_api_server_refuses_what_means_nothing(registry: Registry, served: Object, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        serve(registry, **served)
    assert message in refused.value.message
