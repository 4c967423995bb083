"""Models that real frameworks train here answer in a pod as the process answered that trained them.

Not part of `make test`: an image with a framework has gigabytes. One after the other; each is taken away again.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from sklearn.datasets import load_digits
from tests.e2e.conftest import Installed
from tests.e2e.serving import Serving
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually
from tests.support.wheels import make_wheel

from aiapp_sandbox.images import base, libraries, loading, runtimes
from aiapp_sandbox.images.runtimes import Runtime
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent

pytestmark = pytest.mark.timeout(3000)

PACKAGES: Final = Path(__file__).parents[2] / "data/packages/frameworks"
ROLLOUT_SECONDS: Final = 900
FEW: Final = 5
"""Pictures that are asked for; the training process has answered these."""


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


@dataclass(frozen=True)
class Trained:
    """A package with its model, and what the training process answered."""

    package: Path
    pictures: list[list[float]]
    answers: dict[str, Any]


@pytest.fixture(params=FRAMEWORKS, ids=lambda framework: framework.name)
def framework(request: pytest.FixtureRequest) -> Framework:
    """Each framework in turn."""
    found = request.param
    assert isinstance(found, Framework)
    return found


@pytest.fixture
def trained(framework: Framework, tmp_path: Path) -> Trained:
    """Trained by the very libraries that are in the image."""
    root = base.built(host_architecture(), os.environ, Silent())
    running = ".".join(map(str, sys.version_info[:2]))
    assert running == root.python, f"train with the Python of the image, {root.python}, not {running}"
    site, package = tmp_path / "site", tmp_path / "model"
    libraries.install(framework.requirements, site, host_architecture(), root.python)
    shutil.copytree(PACKAGES / framework.name / "model", package)
    data, answers = tmp_path / "data.json", tmp_path / "answers.json"
    pictures, digits = load_digits(return_X_y=True)
    data.write_text(json.dumps({"pictures": pictures[:1000].tolist(), "digits": digits[:1000].tolist()}))
    command = [sys.executable, "-B", str(PACKAGES / framework.name / "train.py"), str(data), str(package), str(answers)]
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(site)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    shutil.rmtree(site)
    return Trained(package, pictures[:FEW].tolist(), json.loads(answers.read_text()))


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


def test_a_pod_answers_as_the_training_process_did(
    framework: Framework, trained: Trained, runtime: str, serving: Serving
) -> None:
    if framework.name == "sklearn":
        make_wheel(trained.package / "wheelhouse", "decoding", "2.0")
    _upload(serving, framework.name, trained.package)
    uri = f"obs://{serving.registry.bucket.name}/{framework.name}/"
    serving.registry.version(framework.name, obs={"uri": uri}, runtime=runtime)
    application = serving.registry.application(framework.name, replicas=1)
    serving.registry.until(application, "Ready", "True", timeout=ROLLOUT_SECONDS)
    answer = _ask(serving, framework.name, {"pictures": trained.pictures})
    assert answer["digits"] == trained.answers["digits"]
    assert [pytest.approx(row, rel=1e-3, abs=1e-4) for row in trained.answers["scores"]] == answer["scores"]


def _upload(serving: Serving, name: str, package: Path) -> None:
    for file in filter(Path.is_file, package.rglob("*")):
        key = f"{name}/model/{file.relative_to(package)}"
        if "__pycache__" not in key:
            serving.registry.bucket.client.upload_file(str(file), serving.registry.bucket.name, key)


def _ask(serving: Serving, name: str, body: dict[str, Any]) -> dict[str, Any]:
    path = f"/api/v1/namespaces/{serving.registry.namespace}/services/{name}:http/proxy/"
    return dict(eventually(lambda: serving.registry.kube.request("POST", path, body), timeout=60))
