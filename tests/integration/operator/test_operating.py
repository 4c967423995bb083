"""An application is stopped and started, on real parts but for what its pods run."""

from collections.abc import Iterator

import pytest
from tests.support.kube import Object
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import SimulatedNode


@pytest.fixture(scope="module", autouse=True)
def _nodes(sandbox: Sandbox) -> Iterator[None]:
    with sandbox.simulated(SimulatedNode(name="cpu-1")):
        yield


def running(registry: Registry, replicas: int | None = None) -> Object:
    """An application whose pods are ready."""
    upload(registry.bucket, "mnist", package())
    registry.version()
    application = registry.application(replicas=replicas)
    registry.until(application, "Ready", "True", "Running")
    return application


def deployment(registry: Registry) -> Object:
    found = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    assert found is not None
    return found


def stop(registry: Registry, application: Object, *, stopped: bool = True) -> None:
    registry.kube.patch(application, {"spec": {"serving": {"stopped": stopped}}})


def phase(registry: Registry, application: Object) -> str:
    return str(registry.now(application)["status"]["phase"])


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("replicas", [pytest.param(2, id="of the spec"), pytest.param(None, id="of somebody else")])
def test_a_stopped_application_keeps_its_objects_and_comes_back_with_its_pods(
    registry: Registry, replicas: int | None
) -> None:
    application = running(registry, replicas)
    if replicas is None:
        registry.kube.patch(deployment(registry), {"spec": {"replicas": 3}}, subresource="scale")
        eventually(lambda: registry.now(application)["status"]["readyReplicas"] == 3)
    before = deployment(registry)
    stop(registry, application)
    registry.until(application, "Ready", "True", "Stopped")
    assert phase(registry, application) == "Stopped"
    assert list(registry.kube.list("v1", "Pod", registry.namespace)) == []
    stopped = deployment(registry)
    assert (stopped["metadata"]["uid"], stopped["spec"]["replicas"]) == (before["metadata"]["uid"], 0)
    assert stopped["spec"]["template"] == before["spec"]["template"]
    assert registry.find("v1", "Service", "mnist") is not None
    stop(registry, application, stopped=False)
    registry.until(application, "Ready", "True", "Running")
    started = deployment(registry)
    assert started["spec"]["replicas"] == (replicas or 3)
    assert started["spec"]["template"] == before["spec"]["template"]


def test_after_a_stop_the_number_of_pods_belongs_to_others_again(registry: Registry, operator: Operator) -> None:
    application = running(registry)
    stop(registry, application)
    registry.until(application, "Ready", "True", "Stopped")
    operator.restart()
    stop(registry, application, stopped=False)
    registry.until(application, "Ready", "True", "Running")
    eventually(lambda: "aiapp.dev/replicas" not in deployment(registry)["metadata"]["annotations"])
    registry.kube.patch(deployment(registry), {"spec": {"replicas": 4}}, subresource="scale")
    eventually(lambda: registry.now(application)["status"]["readyReplicas"] == 4)
    registry.application(deployTimeoutSeconds=900)
    eventually(lambda: deployment(registry)["spec"]["progressDeadlineSeconds"] == 900)
    assert deployment(registry)["spec"]["replicas"] == 4


@pytest.mark.usefixtures("operator")
def test_a_number_that_is_taken_out_of_the_spec_stays(registry: Registry) -> None:
    application = running(registry, replicas=3)
    registry.application()
    registry.until(application, "Ready", "True", "Running")
    eventually(lambda: registry.now(application)["status"]["observedGeneration"] == 2)
    assert deployment(registry)["spec"]["replicas"] == 3


@pytest.mark.usefixtures("operator")
def test_a_stopped_application_at_rest_is_not_written_to(registry: Registry, operator: Operator) -> None:
    application = running(registry)
    stop(registry, application)
    registry.until(application, "Ready", "True", "Stopped")
    operator.restart()
    eventually(lambda: operator.metric("controller_runtime_reconcile_total", controller="AIApplication") >= 1)
    registry.look_again(application, "now")
    eventually(lambda: operator.metric("controller_runtime_reconcile_total", controller="AIApplication") >= 2)
    assert deployment(registry)["spec"]["replicas"] == 0
    assert operator.writes() == 0
