"""Runtimes that bring a server of their own, over simulated nodes with NPUs: what is said before pods, and the pods."""

from collections.abc import Iterator

import pytest
from tests.support.aiapp import Aiapp
from tests.support.kube import Kube, Object
from tests.support.packages import Registry, for_engine, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.domain.runtimes.name import object_name
from aiapp_sandbox.profiles import SimulatedNode

VLLM = "vllm_ascend_0.23.0-cann_9.1.0-py_3.12-ubuntu_22.04-aarch64"
MINDIE = "mindie_2.3.0-cann_8.5.0-py_3.11-openeuler_24.03-aarch64"
NPU = "huawei.com/Ascend910"


def node(sandbox: Sandbox, name: str, chip: str, driver: str) -> None:
    labels = {"node.kubernetes.io/npu.chip.name": chip, "huawei.com/driver.version": driver}
    sandbox.simulate(SimulatedNode(name=name, arch="arm64", labels=labels, capacity={NPU: "8"}))


@pytest.fixture
def fleet(sandbox: Sandbox, kube: Kube) -> Iterator[Sandbox]:
    """An A2 whose driver is too old for the newest CANN."""
    with sandbox.simulated():
        node(sandbox, "a2", "910B3", "25.0.rc1")
        yield sandbox


def version(registry: Registry, runtime: str, **container: object) -> Object:
    upload(registry.bucket, "mnist", for_engine("Custom", "weights.bin"))
    return registry.version(runtime=runtime, container={"npu": {"count": 2}} | container)


def pod_template(registry: Registry) -> Object:
    """That of the version's pods, once there is a Deployment."""
    deployment = eventually(lambda: registry.find("apps/v1", "Deployment", "mnist-1-0-0"))
    assert deployment is not None
    return dict(deployment["spec"]["template"])


def test_a_release_waits_for_a_node_whose_driver_serves_its_cann_and_gets_the_image_for_its_chip(
    registry: Registry, fleet: Sandbox, aiapp: Aiapp
) -> None:
    registered = version(registry, VLLM)
    registry.until(registered, "Ready", "True")
    judged = registry.until(registered, "RuntimeCompatible", "False")
    assert "1 CannTooNew (a2: CANN 9.1.0 asks for driver 25.2.0 or newer" in judged["message"]
    application = registry.application()
    registry.until(application, "WorkloadsAvailable", "False", "WaitingForNodes")
    assert registry.find("apps/v1", "Deployment", "mnist-1-0-0") is None
    node(fleet, "a3", "910C", "25.5.0")
    registry.until(application, "NodesAvailable", "True")
    template = pod_template(registry)
    (container,) = template["spec"]["containers"]
    assert container["image"] == "quay.io/ascend/vllm-ascend:v0.23.0-a3"
    assert container["args"][-1] == "--tensor-parallel-size=2"
    said = registry.until(application, "NodesAvailable", "True")["message"]
    assert "of 4 images the one for Ascend910C, quay.io/ascend/vllm-ascend:v0.23.0-a3" in said
    assert registry.now(registered)["status"]["runtime"]["protocol"] == "OpenAI"
    described = aiapp("openapi", "mnist-1.0.0")
    assert described.exit_code == 1
    assert f"the server that runtime {VLLM} brings speaks OpenAI" in described.stderr


def test_an_engine_without_images_waits_for_the_administrator_and_says_which_field(
    kube: Kube, registry: Registry, fleet: Sandbox
) -> None:
    entry = kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", object_name(MINDIE))
    ready = eventually(lambda: next(one for one in entry_conditions(kube) if one["type"] == "Ready"))
    assert (ready["reason"], ready["message"]) == (
        "ImageNotConfigured",
        "set spec.images[].image to serve versions with this runtime",
    )
    registered = version(registry, MINDIE, parameters={"contextLength": 8192})
    registry.until(registered, "RuntimeResolved", "False", "ImageNotConfigured")
    kube.patch(entry, [{"op": "add", "path": "/spec/images/0/image", "value": "r/mindie:a2"}])
    try:
        registry.until(registered, "Ready", "True")
        registry.application()
        template = pod_template(registry)
        assert template["spec"]["containers"][0]["image"] == "r/mindie:a2"
        assert '"maxSeqLen": 8192,' in template["metadata"]["annotations"]["aiapp.dev/file-0"]
    finally:
        kube.patch(entry, [{"op": "remove", "path": "/spec/images/0/image"}])


def entry_conditions(kube: Kube) -> list[Object]:
    found = kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", object_name(MINDIE))["status"]
    assert found["podSecurity"] == "baseline"
    return list(found["conditions"])
