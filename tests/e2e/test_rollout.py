"""Changes of a running service, as its clients see them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.e2e.serving import NAME, Serving
from tests.support.kube import Object
from tests.support.waiting import eventually

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL

pytestmark = pytest.mark.timeout(600)

CLIENT = """\
import json, os, time, urllib.request
while True:
    try:
        request = urllib.request.Request(os.environ["URL"], b"{}", {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            print(json.load(answer)["content"], flush=True)
    except Exception as error:
        print("FAILED", type(error).__name__, error, flush=True)
    time.sleep(0.02)
"""
"""Asks one request after the other, each on a connection of its own."""
DRAIN_SECONDS = 100
"""The pod's own grace period, and some."""


def test_clients_see_no_failure_while_another_version_takes_over(serving: Serving) -> None:
    serving.deployed("one", "1.0.0")
    client = _client(serving)
    eventually(lambda: "one" in _answers(serving, client), timeout=60)
    serving.upload("1.1.0", "two")
    serving.register("1.1.0")
    serving.serve("1.1.0")
    serving.until_running("1.1.0")
    eventually(lambda: _answers(serving, client)[-1] == "two", timeout=60)
    eventually(lambda: len(_all_pods(serving)) == 1, timeout=DRAIN_SECONDS)
    answers = _answers(serving, client)
    answers = answers[answers.index("one") :]  # the node may learn of the very first endpoint after the client starts
    assert set(answers) == {"one", "two"}
    assert answers[-1] == "two"


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
    eventually(lambda: serving.registry.find("v1", "ConfigMap", manifest) is None, timeout=60)


def _client(serving: Serving) -> str:
    """Start the client in a pod of its own, by the Service's address; its name."""
    service = serving.registry.find("v1", "Service", NAME)
    assert service is not None
    container: Object = {
        "name": "client",
        "image": serving.images.cpu,
        "command": ["python3", "-c", CLIENT],
        "env": [{"name": "URL", "value": f"http://{service['spec']['clusterIP']}/"}],
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    node = serving.pods()[0]["spec"]["nodeName"]
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "client"},
        "spec": {**spec, "nodeName": node},
    }
    serving.registry.kube.create(pod, serving.registry.namespace)
    eventually(lambda: _is_running(serving, "client"), timeout=60)
    return "client"


def _is_running(serving: Serving, pod: str) -> bool:
    found = serving.registry.find("v1", "Pod", pod)
    return found is not None and found["status"]["phase"] == "Running"


def _answers(serving: Serving, client: str) -> list[str]:
    return serving.kubectl.quietly("logs", client).splitlines()


def _all_pods(serving: Serving) -> list[Object]:
    selector = f"{APPLICATION_LABEL}={NAME}"
    return serving.registry.kube.list("v1", "Pod", serving.registry.namespace, labelSelector=selector)


def _left(serving: Serving) -> list[str]:
    """Everything in the namespace that belongs to the application."""
    kinds = (("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet"), ("apps/v1", "ControllerRevision"), ("v1", "Service"))
    selector = f"{APPLICATION_LABEL}={NAME}"
    return [
        f"{kind} {found['metadata']['name']}"
        for api_version, kind in (*kinds, ("v1", "Pod"))
        for found in serving.registry.kube.list(api_version, kind, serving.registry.namespace, labelSelector=selector)
    ]
