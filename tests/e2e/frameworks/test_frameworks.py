"""Models that real frameworks train here answer in a pod as the process answered that trained them.

Not part of `make test`: an image with a framework has gigabytes. One after the other; each is taken away again.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from sklearn.datasets import load_digits
from tests.e2e.frameworks.conftest import FRAMEWORKS, PACKAGES, ROLLOUT_SECONDS, Framework, ask
from tests.e2e.serving import Serving
from tests.support.wheels import make_wheel

from aiapp_sandbox.images import base, libraries
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent

pytestmark = pytest.mark.timeout(3000)

FEW: Final = 5
"""Pictures that are asked for; the training process has answered these."""


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
    answer = ask(serving, framework.name, {"pictures": trained.pictures})
    assert answer["digits"] == trained.answers["digits"]
    assert [pytest.approx(row, rel=1e-3, abs=1e-4) for row in trained.answers["scores"]] == answer["scores"]


def _upload(serving: Serving, name: str, package: Path) -> None:
    for file in filter(Path.is_file, package.rglob("*")):
        key = f"{name}/model/{file.relative_to(package)}"
        if "__pycache__" not in key:
            serving.registry.bucket.client.upload_file(str(file), serving.registry.bucket.name, key)
