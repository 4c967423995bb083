"""The how-to shows what `aiapp check` and `aiapp openapi` really write."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from aiapp.cli import main

PAGE = (Path(__file__).parents[3] / "docs/how-to/check-in-ci.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n\$ aiapp (.*)\n((?:.*\n)*?)```", PAGE)
RUNTIME = "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64"
SOUND = f'{{"model_algorithm": "image_classification", "model_type": "PyTorch", "runtime": "{RUNTIME}"}}'
FAULTY = """{
  "model_algorithm": "image_classification",
  "model_type": "Torch7",
  "dependancies": []
}
"""
VERSION = """apiVersion: aiapp.dev/v1alpha1
kind: AIApplicationVersion
metadata: {name: mnist-1.0.0}
spec:
  application: mnist
  verison: 1.0.0
  source: {obs: {uri: "obs://models/mnist/"}}
"""


@pytest.fixture(autouse=True)
def _packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "mnist/model/config.json": FAULTY,
        "mnist/model/customize_service.py": "def f(:\n",
        "mnist/model/net.pth": "weights",
        "fixed/config.json": SOUND,
        "fixed/customize_service.py": "class Digits:\n    def _inference(self, data): ...\n",
        "fixed/net.pth": "weights",
        "deploy/version.yaml": VERSION,
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)


def test_the_page_has_commands() -> None:
    assert [command.split()[0] for command, _ in BLOCKS] == ["check", "check", "openapi"]


@pytest.mark.parametrize(("command", "output"), [pytest.param(*block, id=block[0]) for block in BLOCKS])
def test_a_command_writes_what_the_page_shows(command: str, output: str) -> None:
    assert CliRunner().invoke(main, shlex.split(command)).stdout == output
