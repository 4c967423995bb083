"""Changes of an application on nodes with eight NPUs, before the real scheduler and controllers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import pytest
from tests.support.kube import Kube, Object
from tests.support.packages import Registry, for_engine, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.domain.runtimes.name import object_name
from aiapp_sandbox.profiles import SimulatedNode

CANN: Final = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
NPU: Final = "huawei.com/Ascend910"
LABELS: Final = {"node.kubernetes.io/npu.chip.name": "910ProB", "huawei.com/driver.version": "23.0.rc1"}
EACH: Final = 2
"""NPUs of a pod."""


@dataclass
class Seen:
    """How many pods of the application there were at any time that was looked at."""

    kube: Kube
    namespace: str
    ready: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    """Pods that all Deployments together ask for."""

    def look(self) -> None:
        deployments = self.kube.list("apps/v1", "Deployment", self.namespace)
        pods = self.kube.list("v1", "Pod", self.namespace)
        self.asked.append(sum(one["spec"]["replicas"] for one in deployments))
        self.ready.append(sum(map(serves, pods)))


def serves(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"] and "competitor" not in pod["metadata"]["name"]


@contextmanager
def watching(kube: Kube, namespace: str) -> Iterator[Seen]:
    """Looks all the time, in a thread of its own."""
    seen, done = Seen(kube, namespace), threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.look()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


@pytest.fixture
def mnist(sandbox: Sandbox, kube: Kube, registry: Registry) -> Iterator[Registry]:
    """A node with eight NPUs and two versions that need them."""
    runtime = kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", object_name(CANN))
    kube.patch(runtime, {"spec": {"image": "localhost/mindspore:1", "lifecycle": "Recommended"}})
    upload(registry.bucket, "mnist", for_engine("MindSpore", "net.ckpt"))
    with sandbox.simulated(SimulatedNode(name="npu-1", arch="arm64", labels=LABELS, capacity={NPU: "8"})):
        for number in ("1.0.0", "1.1.0"):
            registry.until(
                registry.version(number=number, runtime=CANN, container={"npu": {"count": EACH}}), "Ready", "True"
            )
        yield registry
        kube.delete(
            {
                "apiVersion": "aiapp.dev/v1alpha1",
                "kind": "AIApplication",
                "metadata": {"name": "mnist", "namespace": registry.namespace},
            }
        )
    kube.patch(runtime, {"spec": {"image": None, "lifecycle": "Recommended"}})


def competitor(registry: Registry) -> Object:
    """A pod of somebody else that wants as many NPUs as one of ours."""
    limits = {NPU: str(EACH)}
    return registry.kube.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "competitor", "namespace": registry.namespace},
            "spec": {"containers": [{"name": "c", "image": "r/c:1", "resources": {"limits": limits}}]},
        }
    )


def settled(registry: Registry, application: Object, replicas: int) -> None:
    """Only version 1.1.0 is left, and has so many pods ready."""

    def reached() -> bool:
        deployments = registry.kube.list("apps/v1", "Deployment", registry.namespace)
        assert [one["metadata"]["name"] for one in deployments] == ["mnist-1-1-0"], said(registry, application)
        assert deployments[0].get("status", {}).get("readyReplicas", 0) == replicas, said(registry, application)
        return True

    eventually(reached, timeout=120)


def said(registry: Registry, application: Object) -> str:
    return str(registry.now(application).get("status"))


def events(registry: Registry, reason: str) -> list[Object]:
    return [
        one for one in registry.kube.list("events.k8s.io/v1", "Event", registry.namespace) if one["reason"] == reason
    ]


def test_with_all_npus_taken_the_upgrade_completes_in_place(mnist: Registry, kube: Kube) -> None:
    application = mnist.application(replicas=4)
    mnist.until(application, "Ready", "True")
    with watching(kube, mnist.namespace) as seen:
        mnist.application("mnist", "1.1.0", replicas=4)
        settled(mnist, application, 4)
    mnist.until(application, "Ready", "True")
    assert min(seen.ready) >= 3
    eventually(lambda: events(mnist, "InPlace"))
    assert mnist.condition(application, "Surging")["status"] == "absent"


def test_with_two_npus_free_it_surges(mnist: Registry, kube: Kube) -> None:
    application = mnist.application(replicas=3)
    mnist.until(application, "Ready", "True")
    with watching(kube, mnist.namespace) as seen:
        mnist.application("mnist", "1.1.0", replicas=3)
        settled(mnist, application, 3)
    mnist.until(application, "Ready", "True")
    assert max(seen.asked) == 4
    assert min(seen.ready) >= 3
    assert not events(mnist, "InPlace")


def test_a_competitor_that_takes_what_an_old_pod_gave_up_stops_nothing(mnist: Registry, kube: Kube) -> None:
    application = mnist.application(replicas=4)
    mnist.until(application, "Ready", "True")
    other = competitor(mnist)
    with watching(kube, mnist.namespace) as seen:
        mnist.application("mnist", "1.1.0", replicas=4)
        settled(mnist, application, 3)
    assert min(seen.ready) >= 1
    mnist.until(application, "WorkloadsAvailable", "False", "WaitingForNodes")
    kube.delete(other)
    mnist.until(application, "Ready", "True")


def test_a_new_template_is_rolled_out_in_place_too_where_all_npus_are_taken(mnist: Registry, kube: Kube) -> None:
    application = mnist.application(replicas=4)
    mnist.until(application, "Ready", "True")
    with watching(kube, mnist.namespace) as seen:
        mnist.application("mnist", replicas=4, deployTimeoutSeconds=600)
        eventually(lambda: rolled_out(mnist, "mnist-1-0-0"), timeout=120)
    mnist.until(application, "Ready", "True")
    assert min(seen.ready) >= 3
    eventually(lambda: events(mnist, "InPlace"))


def rolled_out(registry: Registry, name: str) -> bool:
    found = registry.kube.get("apps/v1", "Deployment", name, registry.namespace)
    status = found["status"]
    current = status.get("observedGeneration") == found["metadata"]["generation"] > 1
    return bool(current and status.get("updatedReplicas") == status.get("availableReplicas") == status["replicas"] == 4)
