"""Frameworks whose models are served here: an image of each, one after the other."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from tests.e2e.conftest import Installed
from tests.e2e.cpu_runtimes import PYTHON, in_catalogue, runtime_image, runtime_name
from tests.e2e.serving import Serving
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.images import base, libraries, loading, runtimes
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
        return runtime_name(self.runtime)

    @property
    def image(self) -> Runtime:
        """The image of that runtime."""
        return runtime_image(self.full_name, self.requirements)

    def run(self, program: str, folder: Path, *arguments: Path) -> None:
        """Run one of its programs, with the very libraries that are in its image."""
        root = base.built(host_architecture(), os.environ, Silent())
        assert root.python == PYTHON, f"run it with the Python of the image, {root.python}, not {PYTHON}"
        site = folder / "site"
        libraries.install(self.requirements, site, host_architecture(), root.python)
        command = [sys.executable, "-B", str(PACKAGES / self.name / program), *map(str, arguments)]
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(site)}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        shutil.rmtree(site)


FRAMEWORKS: Final = (
    Framework("sklearn", "sklearn_1.6.1", ("scikit-learn==1.6.1", "pip==25.0")),
    Framework("mindspore", "mindspore_2.10.0", ("mindspore==2.10.0",)),
    Framework("tensorflow", "tensorflow_2.21.0", ("tensorflow-cpu==2.21.0",)),
    Framework("pytorch", "pytorch_1.13.1", ("torch==1.13.1", "numpy<2")),
)


@pytest.fixture(params=FRAMEWORKS, ids=lambda framework: framework.name)
def framework(request: pytest.FixtureRequest) -> Framework:
    """Each framework in turn."""
    found = request.param
    assert isinstance(found, Framework)
    return found


@pytest.fixture
def runtime(framework: Framework, installed: Installed, real_cluster: Sandbox) -> Iterator[str]:
    """The framework's image in the nodes, and its runtime in the catalogue."""
    archive = runtimes.built(framework.image, os.environ, Silent())
    loading.load(real_cluster.folder, archive)
    archive.unlink()
    with in_catalogue(installed.kube, framework.full_name, framework.image):
        yield framework.full_name


def ask(serving: Serving, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer of an application through its Service."""
    path = f"/api/v1/namespaces/{serving.registry.namespace}/services/{name}:http/proxy/"
    return dict(eventually(lambda: serving.registry.kube.request("POST", path, body)))
