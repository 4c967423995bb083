"""The chart on a node that runs pods, with the image as `make image` writes it: the operator says that it is ready."""

import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.helm import CHART, NAMESPACE, RELEASE, Helm
from tests.support.kube import Kube
from tests.support.sandbox import Sandbox, started

from aiapp_sandbox.images import loading, oci, operator_image
from aiapp_sandbox.nodes import lifecycle
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]

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


def test_the_chart_brings_an_operator_that_is_ready(node: Sandbox, tmp_path: Path) -> None:
    helm = Helm(tmp_path, node.kubeconfig)
    values = {"replicas": 2, "networkPolicy": {"enabled": True}, "podDisruptionBudget": {"enabled": True}}
    helm("install", RELEASE, CHART, IN_NAMESPACE, "--wait", values=values | {"image": {"pullPolicy": "Never"}})
    said = helm("test", RELEASE, IN_NAMESPACE).stdout
    assert "Phase:          Succeeded" in said
    status = Kube(node.kubeconfig).get("apps/v1", "Deployment", RELEASE, NAMESPACE)["status"]
    assert status["readyReplicas"] == 2


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
