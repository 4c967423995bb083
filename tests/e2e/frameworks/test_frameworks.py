"""Models that real frameworks train here answer in a pod as the process answered that trained them.

Not part of `make test`: an image with a framework has gigabytes. One after the other; each is taken away again.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from sklearn.datasets import load_digits
from tests.e2e.frameworks.conftest import PACKAGES, ROLLOUT_SECONDS, Framework, ask
from tests.e2e.serving import Serving
from tests.support.wheels import make_wheel

pytestmark = pytest.mark.timeout(3000)

FEW: Final = 5
"""Pictures that are asked for; the training process has answered these."""


@dataclass(frozen=True)
class Trained:
    """A package with its model, and what the training process answered."""

    package: Path
    pictures: list[list[float]]
    answers: dict[str, Any]


@pytest.fixture
def trained(framework: Framework, tmp_path: Path) -> Trained:
    """Trained by the very libraries that are in the image."""
    package, data, answers = (tmp_path / name for name in ("model", "data.json", "answers.json"))
    shutil.copytree(PACKAGES / framework.name / "model", package)
    pictures, digits = load_digits(return_X_y=True)
    data.write_text(json.dumps({"pictures": pictures[:1000].tolist(), "digits": digits[:1000].tolist()}))
    framework.run("train.py", tmp_path, data, package, answers)
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
