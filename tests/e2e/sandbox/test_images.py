"""The operator's image and the stand-in runtime, on real nodes of both architectures."""

import os

import pytest
from tests.e2e.sandbox.conftest import real_architectures
from tests.support.kube import Kube, Object
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.images import loading, operator_image, runtimes
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]

NODES = {host_architecture(): "host", "arm64": "npu-910a"}
POD_SECONDS = 180


def restricted(name: str, space: str, node: str, image: str, **container: object) -> Object:
    """A pod with no rights at all, on `node`."""
    none = {"readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    main = {"name": "main", "image": image, "imagePullPolicy": "Never", "securityContext": none, **container}
    spec = {
        "restartPolicy": "Never",
        "nodeSelector": {"kubernetes.io/hostname": node},
        "securityContext": {"runAsNonRoot": True},
        "containers": [main],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": space}, "spec": spec}


def output(cluster: Sandbox, nodes: Kube, pod: Object) -> str:
    """What the pod said until its good end."""
    name, space = pod["metadata"]["name"], pod["metadata"]["namespace"]
    nodes.create(pod)

    def ended() -> str | None:
        phase: str = nodes.get("v1", "Pod", name, space)["status"]["phase"]
        return phase if phase in ("Succeeded", "Failed") else None

    phase = eventually(ended, timeout=POD_SECONDS)
    said = cluster.kubectl("logs", name, f"--namespace={space}").stdout
    assert phase == "Succeeded", said
    return said


@pytest.mark.parametrize("architecture", sorted({host_architecture(), "arm64"}))
def test_the_operators_image_runs_without_rights(architecture: str, cluster: Sandbox, nodes: Kube, space: str) -> None:
    if architecture not in real_architectures(cluster):
        pytest.skip(f"no real node runs {architecture} here")
    loading.load(cluster.folder, operator_image.built(architecture, os.environ, Silent()))
    pod = restricted("aiapp", space, NODES[architecture], operator_image.REFERENCE, args=["--version"])
    assert "aiapp, version" in output(cluster, nodes, pod)


def test_the_stand_in_runtime_computes_on_arm64(cluster: Sandbox, nodes: Kube, space: str) -> None:
    if "arm64" not in real_architectures(cluster):
        pytest.skip("no real node runs arm64 here")
    stand_in = runtimes.MINDSPORE_STAND_IN
    loading.load(cluster.folder, runtimes.built(stand_in, os.environ, Silent()))
    code = "import numpy, platform; print(platform.machine(), int(numpy.arange(10).sum()))"
    pod = restricted("compute", space, NODES["arm64"], stand_in.reference, command=["python3", "-c", code])
    pod["spec"]["securityContext"]["runAsUser"] = 1000
    assert output(cluster, nodes, pod) == "aarch64 45\n"
