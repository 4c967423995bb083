"""The chart on a node that runs pods, with the image as `make image` writes it: the operator says that it is ready."""

import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.collector import Collector, collecting
from tests.support.helm import CHART, NAMESPACE, RELEASE, Helm
from tests.support.kube import Kube, Object
from tests.support.sandbox import Sandbox, started
from tests.support.waiting import eventually

from aiapp_sandbox.images import loading, oci, operator_image
from aiapp_sandbox.nodes import lifecycle
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]

GROUP = "aiapp.dev/v1alpha1"
POD_SECONDS = 180
"""For a pod to start or end; a lease that is not given back takes far longer."""
IN_NAMESPACE = f"--namespace={NAMESPACE}"


@pytest.fixture(scope="module")
def docker_archive() -> Path:
    """The operator's image for this machine, as `docker save` writes one."""
    if reason := lifecycle.possible():
        pytest.skip(reason)
    return operator_image.built(host_architecture(), os.environ, Silent())


@pytest.fixture(scope="module")
def node(docker_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A cluster with one node that has the image, from an OCI archive, in a namespace where pods are restricted."""
    packed = tmp_path_factory.mktemp("image") / "operator.oci.tar"
    oci.write(packed, operator_image.REFERENCE, [docker_archive])
    with started("pytest-chart", nodes="real") as running:
        loading.load(running.folder, packed)
        running.kubectl("create", "namespace", NAMESPACE)
        running.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
        yield running


@pytest.fixture(scope="module")
def collector(node: Sandbox) -> Iterator[Collector]:
    """Pods reach it."""
    with collecting(node.record.host) as running:
        yield running


@pytest.fixture(scope="module")
def helm(node: Sandbox, collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The chart is installed: two replicas, a lease that nobody waits for, and traces."""
    helm = Helm(tmp_path_factory.mktemp("helm"), node.kubeconfig)
    endpoint = {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": collector.endpoint}
    values = {
        "replicas": 2,
        "image": {"pullPolicy": "Never"},
        "networkPolicy": {"enabled": True},
        "podDisruptionBudget": {"enabled": True},
        "settings": {"leaseSeconds": 150, "traces": True},
        "extraEnv": [endpoint, {"name": "OTEL_BSP_SCHEDULE_DELAY", "value": "100"}],
    }
    helm("install", RELEASE, CHART, IN_NAMESPACE, "--wait", values=values)
    return helm


@pytest.fixture(scope="module")
def kube(node: Sandbox) -> Kube:
    return Kube(node.kubeconfig)


def test_the_chart_brings_an_operator_that_is_ready(helm: Helm, kube: Kube) -> None:
    said = helm("test", RELEASE, IN_NAMESPACE).stdout
    assert "Phase:          Succeeded" in said
    assert kube.get("apps/v1", "Deployment", RELEASE, NAMESPACE)["status"]["readyReplicas"] == 2


@pytest.mark.usefixtures("helm")
def test_the_image_as_it_is_sends_traces(kube: Kube, collector: Collector) -> None:
    managed(kube, "traced")
    assert eventually(lambda: collector.named("reconcile AIApplication"))


def managed(kube: Kube, name: str) -> None:
    """A new application, once the operator has looked at it."""
    metadata = {"name": name, "namespace": "default"}
    made = kube.create({"apiVersion": GROUP, "kind": "AIApplication", "metadata": metadata, "spec": {}})
    eventually(lambda: kube.get(GROUP, "AIApplication", name, "default").get("status"), timeout=POD_SECONDS)
    kube.delete(made)


def leader(kube: Kube) -> str:
    """Name of the pod that holds the lease; empty while none does."""
    lease = kube.find("coordination.k8s.io/v1", "Lease", "aiapp-operator", NAMESPACE)
    return str((lease or {"spec": {}})["spec"].get("holderIdentity") or "").partition("_")[0]


@pytest.mark.usefixtures("helm")
def test_a_drain_evicts_the_leader_the_other_replica_goes_on_at_once_and_is_kept_until_there_are_two_again(
    node: Sandbox, kube: Kube
) -> None:
    [name] = (one["metadata"]["name"] for one in kube.list("v1", "Node"))
    first = eventually(lambda: leader(kube))
    [other] = {one["metadata"]["name"] for one in kube.list("v1", "Pod", NAMESPACE) if is_operator(one)} - {first}
    drain(node, name, first)
    assert eventually(lambda: leader(kube) not in ("", first) and leader(kube), timeout=POD_SECONDS) == other
    managed(kube, "after")
    assert "disruption budget" in drain(node, name, other, "--timeout=5s", check=False)
    node.kubectl("uncordon", name)
    node.kubectl("rollout", "status", f"deployment/{RELEASE}", IN_NAMESPACE, f"--timeout={POD_SECONDS}s")
    drain(node, name, other)
    node.kubectl("uncordon", name)
    eventually(lambda: leader(kube) not in ("", first, other), timeout=POD_SECONDS)


def is_operator(pod: Object) -> bool:
    return bool(pod["metadata"]["name"].startswith(f"{RELEASE}-") and pod["status"]["phase"] == "Running")


def drain(node: Sandbox, name: str, pod: str, *options: str, check: bool = True) -> str:
    """Drains the node of one pod alone; what kubectl complained of."""
    node.kubectl("label", "pod", pod, IN_NAMESPACE, "drained=yes")
    command = ("drain", name, "--pod-selector=drained=yes", "--delete-emptydir-data", *options)
    return node.kubectl(*command, check=check).stderr


def test_the_image_holds_the_operator_compiled_and_nothing_to_build_or_test_it(docker_archive: Path) -> None:
    files = set(layered(docker_archive))
    modules = {file for file in files if file.startswith("app/package/aiapp/") and file.endswith(".py")}
    assert "app/package/aiapp/cli/__init__.py" in modules
    for module in modules:
        folder, _, name = module.rpartition("/")
        assert any(f.startswith(f"{folder}/__pycache__/{name[:-3]}.cpython-") for f in files), module
    assert not [f for f in files if f.startswith("app/") and ("aiapp_sandbox" in f or "/tests/" in f)]
    assert not [f for f in files if f.endswith(("bin/pip", "bin/gcc", "bin/git", "bin/apt"))]


def test_the_image_runs_as_nobody_in_particular(docker_archive: Path) -> None:
    with tarfile.open(docker_archive) as tar:
        config = member(tar, member(tar, "manifest.json")[0]["Config"])["config"]
    assert (config["User"], config["Entrypoint"]) == ("65532:65532", ["aiapp"])


def layered(image: Path) -> Iterator[str]:
    """Path of each file of all layers."""
    with tarfile.open(image) as tar:
        for name in member(tar, "manifest.json")[0]["Layers"]:
            with tarfile.open(fileobj=tar.extractfile(name)) as layer:
                yield from (entry.name.removeprefix("./") for entry in layer if entry.isfile())


def member(tar: tarfile.TarFile, name: str) -> Any:
    file = tar.extractfile(name)
    assert file
    return json.load(file)
