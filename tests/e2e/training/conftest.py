"""A cluster whose pods train, and an operator beside it that a test may kill: a sandbox of its own, for these tests."""

from collections.abc import Iterator

import pytest
from tests.integration.operator.conftest import registry, runtime_image
from tests.support import registries
from tests.support.kube import Kube
from tests.support.operator import install
from tests.support.packages import Registry
from tests.support.sandbox import Sandbox, started
from tests.support.trainer import Trainer, trainer_image

from aiapp_sandbox.nodes import lifecycle
from aiapp_sandbox.state import Service

__all__ = ["registry", "runtime_image"]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One node that runs pods, an S3 server and a registry."""
    if reason := lifecycle.possible():
        pytest.skip(reason)
    with started("pytest-training", nodes="real", services=("s3", "registry")) as running:
        yield running


@pytest.fixture(scope="session")
def kube(sandbox: Sandbox) -> Kube:
    """The API server as the administrator sees it."""
    return Kube(sandbox.kubeconfig)


@pytest.fixture(scope="session")
def s3(sandbox: Sandbox) -> Service:
    """The sandbox's S3 server: endpoint and keys."""
    return sandbox.record.services["s3"]


@pytest.fixture(scope="session")
def installed(kube: Kube) -> None:
    """CRDs, rights and catalogue are on it."""
    install(kube)


@pytest.fixture(scope="session")
def image_digest(sandbox: Sandbox) -> tuple[str, str]:
    """The image that trains, as pods name it, and its digest."""
    address = sandbox.record.services["registry"].address
    pushed = registries.Registry(address, sandbox.folder.path / "registry/data")
    return f"{address}/team/train:1", pushed.push("team/train", trainer_image(), "1")


@pytest.fixture
def trainer(registry: Registry, image_digest: tuple[str, str]) -> Trainer:
    """Trains in a fresh namespace, into a fresh bucket."""
    return Trainer(registry, *image_digest)
