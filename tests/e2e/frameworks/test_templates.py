"""What real frameworks save is served by the shipped templates as the process answered that saved it."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.e2e.frameworks.conftest import ROLLOUT_SECONDS, Framework, ask
from tests.e2e.serving import Serving

pytestmark = pytest.mark.timeout(3000)

TEMPLATES: Final[dict[str, dict[str, dict[str, str]]]] = {
    "sklearn": {"sklearn": {"model": "model"}},
    "pytorch": {
        "pytorch-torchscript": {"model": "script"},
        "pytorch-state-dict": {"model": "model", "network": "network"},
    },
    "mindspore": {
        "mindspore-mindir": {"model": "graph"},
        "mindspore-checkpoint": {"model": "model", "network": "network"},
    },
    "tensorflow": {"tensorflow-savedmodel": {"model": "model"}},
}
"""For each framework its templates, with the folder of each input."""
ROWS: Final = [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": -4.0}]


@pytest.fixture
def saved(framework: Framework, tmp_path: Path) -> tuple[Path, Any]:
    """A folder for each form, and the answers for `ROWS`; made by the very libraries that are in the image."""
    folder, answers = tmp_path / "forms", tmp_path / "answers.json"
    framework.run("formats.py", tmp_path, folder, answers)
    return folder, json.loads(answers.read_text())


def test_a_template_answers_as_the_process_that_saved_the_model(
    framework: Framework, saved: tuple[Path, Any], runtime: str, serving: Serving
) -> None:
    folder, answers = saved
    for file in filter(Path.is_file, folder.rglob("*")):
        key = f"{framework.name}/{file.relative_to(folder)}"
        serving.registry.bucket.client.upload_file(str(file), serving.registry.bucket.name, key)
    for number, (template, inputs) in enumerate(TEMPLATES[framework.name].items()):
        name = f"{framework.name}-{number}"
        folders = {one: f"{framework.name}/{form}/" for one, form in inputs.items()}
        serving.registry.of_template(template, folders, application=name, runtime=runtime)
        application = serving.registry.application(name, replicas=1)
        serving.registry.until(application, "Ready", "True", timeout=ROLLOUT_SECONDS)
        found = ask(serving, name, {"data": {"req_data": ROWS}})["data"]["resp_data"]
        predictions = [one.get("prediction", one) for one in found]
        assert predictions == [pytest.approx(one, rel=1e-3, abs=1e-4) for one in answers]
