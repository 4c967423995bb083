"""An application is stopped, started and restarted, on real parts but for what its pods run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.kube import ApiError, Object
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


def revisions(registry: Registry, application: Object) -> list[str]:
    """They change with every write to the application and its Deployment."""
    return [each["metadata"]["resourceVersion"] for each in (registry.now(application), deployment(registry))]


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
    written = revisions(registry, application)
    operator.restart()
    eventually(lambda: operator.metric("controller_runtime_reconcile_total", controller="AIApplication") >= 1)
    assert revisions(registry, application) == written


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def annotate(registry: Registry, application: Object, name: str, value: str | None) -> None:
    registry.kube.patch(application, {"metadata": {"annotations": {name: value}}})


def limited(registry: Registry) -> Object:
    """An application that runs and is to be stopped after an hour."""
    application = running(registry)
    registry.application(autoStopAfterSeconds=3600)
    eventually(lambda: "autoStopAt" in registry.now(application)["status"])
    return application


def test_an_application_whose_time_is_over_is_stopped_until_somebody_starts_it(
    registry: Registry, operator: Operator
) -> None:
    application = limited(registry)
    registry.kube.patch_status(application, {"startedAt": ago(4000)})
    told = registry.until(application, "Ready", "True", "AutoStopped")
    assert "aiapp.dev/start-at" in told["message"]
    assert deployment(registry)["spec"]["replicas"] == 0
    assert registry.now(application)["spec"]["serving"]["stopped"] is False
    written = revisions(registry, application)
    operator.restart()
    eventually(lambda: operator.metric("controller_runtime_reconcile_total", controller="AIApplication") >= 1)
    assert (phase(registry, application), revisions(registry, application)) == ("Stopped", written)
    annotate(registry, application, "aiapp.dev/start-at", "again")
    registry.until(application, "Ready", "True", "Running")
    status = registry.now(application)["status"]
    assert status["startedAt"] > ago(60)
    annotate(registry, application, "aiapp.dev/start-at", None)
    registry.look_again(application, "now")
    assert registry.now(application)["status"]["startedAt"] == status["startedAt"]


@pytest.mark.usefixtures("operator")
def test_the_end_of_its_time_needs_no_other_event(registry: Registry) -> None:
    application = limited(registry)
    registry.kube.patch_status(application, {"startedAt": ago(3595)})
    registry.until(application, "Ready", "True", "AutoStopped")


@pytest.mark.usefixtures("operator")
def test_pods_are_replaced_once_for_each_request(registry: Registry) -> None:
    application = running(registry)
    (first,) = registry.kube.list("v1", "Pod", registry.namespace)
    annotate(registry, application, "aiapp.dev/restart-at", "monday")

    def replaced() -> Object:
        pods = registry.kube.list("v1", "Pod", registry.namespace)
        assert [pod["metadata"]["uid"] for pod in pods if pod["metadata"]["uid"] == first["metadata"]["uid"]] == []
        assert len(pods) == 1
        return pods[0]

    second = eventually(replaced)
    assert second["metadata"]["annotations"]["aiapp.dev/restart-at"] == "monday"
    generation = deployment(registry)["metadata"]["generation"]
    annotate(registry, application, "aiapp.dev/restart-at", None)
    registry.kube.patch(application, {"spec": {"displayName": "changed"}})
    eventually(lambda: registry.now(application)["status"]["observedGeneration"] == 2)
    assert deployment(registry)["metadata"]["generation"] == generation
    assert len(registry.kube.list("apps/v1", "ControllerRevision", registry.namespace)) == 1


def budget(registry: Registry) -> Object | None:
    return registry.find("policy/v1", "PodDisruptionBudget", "mnist-1-0-0")


def evict(registry: Registry, pod: Object) -> int:
    """The status of the answer to what a drain asks."""
    place = {"name": pod["metadata"]["name"], "namespace": registry.namespace}
    path = registry.kube.path("v1", "Pod", registry.namespace, place["name"])
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": place}
    try:
        registry.kube.request("POST", f"{path}/eviction", body)
    except ApiError as error:
        return error.status
    return 201


@pytest.mark.usefixtures("operator")
def test_a_drain_takes_one_of_several_pods_at_a_time(registry: Registry) -> None:
    application = running(registry, replicas=1)
    assert budget(registry) is None
    registry.application(replicas=2)
    eventually(lambda: len(registry.kube.list("v1", "Pod", registry.namespace)) == 2)
    eventually(lambda: (budget(registry) or {}).get("status", {}).get("disruptionsAllowed") == 1)
    hold_new_pods(registry)
    first, second = registry.kube.list("v1", "Pod", registry.namespace)
    assert evict(registry, first) == 201
    assert evict(registry, second) == 429
    registry.application(replicas=1)
    eventually(lambda: budget(registry) is None)
    registry.until(application, "Ready", "True", "Running")


def hold_new_pods(registry: Registry) -> None:
    """By a quota, so that none takes the place of one that was evicted."""
    metadata = {"name": "full", "namespace": registry.namespace}
    registry.kube.create(
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {"pods": "0"}}}
    )
