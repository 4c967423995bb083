"""`aiapp openapi` on folders; versions and stores are tried on real ones in tests/integration."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openapi_spec_validator import OpenAPIV31SpecValidator

from aiapp.cli import main

CONFIG = {
    "model_algorithm": "image_classification",
    "model_type": "PyTorch",
    "apis": [{"method": "get", "procotol": "http"}],
}


def openapi(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["openapi", *arguments], catch_exceptions=False)


def test_a_folder_is_shown_as_a_valid_document_by_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    command = [sys.executable, "-m", "aiapp", "openapi", str(tmp_path), "-o", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    shown = json.loads(ended.stdout)
    OpenAPIV31SpecValidator(shown).validate()
    assert (shown["info"]["title"], list(shown["paths"]["/"])) == (tmp_path.name, ["get"])
    assert ended.stderr == "read leniently: /apis/0/procotol: read as protocol\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(None, "ConfigMissing: neither config.json nor model/config.json", id="no config.json"),
        pytest.param("{", "ConfigInvalid: config.json line 1 column 2: not JSON", id="no JSON"),
    ],
)
def test_a_package_without_a_sound_configuration_is_refused(tmp_path: Path, text: str | None, words: str) -> None:
    (tmp_path / "net.pth").touch()
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    found = openapi(str(tmp_path))
    assert (found.exit_code, found.stdout) == (1, "")
    assert words in found.stderr


def test_what_can_be_no_name_of_a_version_is_no_folder_either() -> None:
    found = openapi("no/such/folder")
    assert found.exit_code == 2
    assert "'no/such/folder' is no folder, no obs:// or s3:// URI and no name of a version" in found.stderr
