"""Changes of a running service, as its clients see them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.e2e.serving import NAME, Serving
from tests.support.waiting import eventually

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL

pytestmark = pytest.mark.timeout(600)

DRAIN_SECONDS = 100
"""The pod's own grace period, and some."""


def test_a_prediction_that_is_under_way_is_finished_when_its_pod_is_ended(serving: Serving) -> None:
    serving.deployed("one")
    (pod,) = serving.pods()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(serving.ask, seconds=6)
        eventually(lambda: "asked" in serving.kubectl.quietly("logs", pod["metadata"]["name"]))
        serving.registry.kube.delete(pod)
        assert answer.result() == "one"
    eventually(lambda: serving.registry.find("v1", "Pod", pod["metadata"]["name"]) is None, timeout=DRAIN_SECONDS)


def test_a_waiting_application_goes_on_when_a_node_becomes_free_for_it(
    serving: Serving, cordoned: Callable[[], None]
) -> None:
    serving.upload("1.0.0", "one")
    serving.register()
    application = serving.serve()
    found = serving.registry.until(application, "WorkloadsAvailable", "False", "WaitingForNodes")
    assert "NodeNotReady" in found["message"]
    assert serving.registry.now(application)["status"]["phase"] == "Waiting"
    assert serving.pods() == []
    cordoned()
    serving.until_running()
    assert serving.ask() == "one"


def test_deleting_the_application_removes_what_it_owns_and_its_version_stays(serving: Serving) -> None:
    application = serving.deployed("one")
    version = serving.registry.find("aiapp.dev/v1alpha1", "AIApplicationVersion", f"{NAME}-1.0.0")
    assert version is not None
    serving.registry.kube.delete(application)
    eventually(lambda: _left(serving) == [], timeout=DRAIN_SECONDS)
    assert serving.registry.condition(version, "Ready")["status"] == "True"
    manifest = version["status"]["artifact"]["manifestRef"]["name"]
    assert serving.registry.find("v1", "ConfigMap", manifest) is not None
    serving.registry.kube.delete(version)
    eventually(lambda: serving.registry.find("v1", "ConfigMap", manifest) is None)


def _left(serving: Serving) -> list[str]:
    """Everything in the namespace that belongs to the application."""
    kinds = (("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet"), ("apps/v1", "ControllerRevision"), ("v1", "Service"))
    selector = f"{APPLICATION_LABEL}={NAME}"
    return [
        f"{kind} {found['metadata']['name']}"
        for api_version, kind in (*kinds, ("v1", "Pod"))
        for found in serving.registry.kube.list(api_version, kind, serving.registry.namespace, labelSelector=selector)
    ]
