"""Frameworks whose models are served here: an image of each, one after the other."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from tests.e2e.conftest import Installed
from tests.e2e.serving import Serving
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.images import loading, runtimes
from aiapp_sandbox.images.runtimes import Runtime
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent

PACKAGES: Final = Path(__file__).parents[2] / "data/packages/frameworks"
ROLLOUT_SECONDS: Final = 900


@dataclass(frozen=True)
class Framework:
    """A framework, and the package that is trained with it."""

    name: str
    runtime: str
    """Engine and version as a runtime's name has them."""
    requirements: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """The runtime's name."""
        machine = {"amd64": "x86_64", "arm64": "aarch64"}[host_architecture()]
        return f"{self.runtime}-cpu-py_{'.'.join(map(str, sys.version_info[:2]))}-debian_12-{machine}"

    @property
    def image(self) -> Runtime:
        """The image of that runtime."""
        return Runtime(f"localhost/{self.full_name}:e2e", host_architecture(), self.requirements)


FRAMEWORKS: Final = (
    Framework("sklearn", "sklearn_1.6.1", ("scikit-learn==1.6.1", "pip==25.0")),
    Framework("mindspore", "mindspore_2.10.0", ("mindspore==2.10.0",)),
    Framework("tensorflow", "tensorflow_2.21.0", ("tensorflow-cpu==2.21.0",)),
    Framework("pytorch", "pytorch_1.13.1", ("torch==1.13.1", "numpy<2")),
)


@pytest.fixture
def runtime(framework: Framework, installed: Installed, real_cluster: Sandbox) -> Iterator[str]:
    """The framework's image in the nodes, and its runtime in the catalogue."""
    archive = runtimes.built(framework.image, os.environ, Silent())
    loading.load(real_cluster.folder, archive)
    archive.unlink()
    body = {
        "apiVersion": "aiapp.dev/v1alpha1",
        "kind": "InferenceRuntime",
        "metadata": {"name": framework.full_name.lower().replace("_", "-")},
        "spec": {"name": framework.full_name, "image": framework.image.reference},
    }
    installed.kube.apply(body)
    yield framework.full_name
    installed.kube.delete(body)


def ask(serving: Serving, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer of an application through its Service."""
    path = f"/api/v1/namespaces/{serving.registry.namespace}/services/{name}:http/proxy/"
    return dict(eventually(lambda: serving.registry.kube.request("POST", path, body), timeout=60))
