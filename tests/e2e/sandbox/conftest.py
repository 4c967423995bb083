"""What the tests of real nodes share: the cluster, a namespace in it, and a small image."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.kube import Kube, Object
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.images import archive, base, loading
from aiapp_sandbox.progress import Silent

IMAGE = "localhost/sandbox-test:1"


@pytest.fixture(scope="session")
def cluster(real_cluster: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """The run's cluster, its real nodes with `IMAGE` (Python and busybox) loaded."""
    folder = tmp_path_factory.mktemp("image")
    for architecture in real_architectures(real_cluster):
        loading.load(real_cluster.folder, small_image(folder, architecture))
    return real_cluster


def small_image(folder: Path, architecture: str) -> Path:
    """An archive of `IMAGE` for `architecture`."""
    root = base.built(architecture, os.environ, Silent())
    target = folder / f"{architecture}.tar"
    archive.write(target, IMAGE, [root.layer], archive.ImageConfig(architecture))
    return target


def real_architectures(sandbox: Sandbox) -> set[str]:
    return {node.plan.architecture for node in loading.running(sandbox.folder)}


@pytest.fixture(scope="session")
def nodes(cluster: Sandbox) -> Kube:
    """The API server of the cluster with real nodes."""
    return Kube(cluster.kubeconfig)


@pytest.fixture
def space(nodes: Kube) -> Iterator[str]:
    """A fresh namespace in the cluster with real nodes."""
    name = f"test-{secrets.token_hex(5)}"
    body: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    nodes.create(body)
    eventually(lambda: nodes.find("v1", "ServiceAccount", "default", name))
    yield name
    nodes.delete(body)
