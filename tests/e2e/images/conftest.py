"""Real nodes, the operator, and a registry that both of them ask."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import OPTION
from tests.e2e.images.served import ServedImages
from tests.e2e.serving import Serving
from tests.support import registries
from tests.support.sandbox import Sandbox

from aiapp_sandbox.cluster import add_services
from aiapp_sandbox.progress import Silent

REGISTRY = "AIAPP_E2E_REGISTRY"
"""HOST:PORT of the registry of a cluster that is given: plain http, for this machine, the operator and the nodes."""


@pytest.fixture(scope="session")
def image_registry(request: pytest.FixtureRequest) -> registries.Registry:
    """The sandbox's own, which its nodes pull from, or the one that is named."""
    if request.config.getoption(OPTION, default=None):
        return registries.Registry(os.environ[REGISTRY], Path())
    sandbox: Sandbox = request.getfixturevalue("real_cluster")
    record = add_services(sandbox.folder, ("registry",), os.environ, Silent())
    return registries.Registry(record.services["registry"].address, sandbox.folder.path / "registry/data")


@pytest.fixture
def serving(make_serving: Callable[..., Serving], image_registry: registries.Registry) -> ServedImages:
    """A namespace whose application is made of images."""
    made = make_serving()
    return ServedImages(made.registry, made.kubectl, made.images, image_registry, made_for(made))


def made_for(serving: Serving) -> tuple[str, ...]:
    """The architectures of the nodes that run pods."""
    nodes = serving.registry.kube.list("v1", "Node")
    return tuple(sorted({node["status"]["nodeInfo"]["architecture"] for node in nodes}))
