"""The how-to shows what `aiapp check` and `aiapp openapi` really write."""

import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.pages import ROOT, Command, blocks

from aiapp.cli import main

PAGE = (ROOT / "docs/how-to/check-in-ci.md").read_text("utf-8")
SHOWN = [command for block in blocks(PAGE) for command in block.commands if command.shown]
FILES = ROOT / "tests/data/docs/check-in-ci"
"""What the page takes for granted, here and where it is followed on a sandbox."""


@pytest.fixture(autouse=True)
def _packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)


def test_the_page_has_commands() -> None:
    assert [command.text.split()[1] for command in SHOWN] == ["check", "check", "openapi"]


@pytest.mark.parametrize("command", [pytest.param(command, id=command.text.strip()) for command in SHOWN])
def test_a_command_writes_what_the_page_shows(command: Command) -> None:
    done = CliRunner().invoke(main, shlex.split(command.text)[1:])
    assert done.stdout.splitlines() == list(command.shown)
