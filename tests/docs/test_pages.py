"""Every guide can be followed as written: its commands are run in order, and print what the page shows."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.expected import missing
from tests.docs.shell import Shell
from tests.support.pages import ROOT, Block, blocks, name

from aiapp_sandbox import cluster, state
from aiapp_sandbox.nodes import lifecycle

pytestmark = pytest.mark.timeout(1800)

SECONDS = 900
"""For one command: images are built for the first time."""

STAGES = Path(__file__).parent / "stages"
"""What each page takes for granted, as a script: the reader's cluster, files and versions."""

PODS_RUN = pytest.mark.skipif(lifecycle.possible() is not None, reason="pods do not run here")
ON_REAL_NODES = ("README.md", "docs/tutorial.md", "docs/how-to/install.md")
GUIDES = [name(page) for page in sorted((ROOT / "docs/how-to").glob("*.md"))]
PAGES = [
    *(pytest.param(ROOT / page, id=page, marks=PODS_RUN) for page in ON_REAL_NODES),
    *(pytest.param(ROOT / page, id=page) for page in GUIDES if page not in ON_REAL_NODES),
]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the repository, as the reader has it, with the virtual environment that is there."""
    folder = tmp_path / "clone"
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
    folder.mkdir()
    copy = ["cp", "--parents", "--preserve", "-t", str(folder)]
    there = [file for file in files.decode().splitlines() if (ROOT / file).exists()]
    subprocess.run([*copy, *there], cwd=ROOT, check=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


@pytest.fixture
def shell(clone: Path, tmp_path: Path) -> Iterator[Shell]:
    """A shell in the clone; no sandbox of it is left."""
    outside = [part for part in os.environ["PATH"].split(os.pathsep) if not (Path(part) / "aiapp").exists()]
    environ = {
        **os.environ,
        "AIAPP_SANDBOX_HOME": str(tmp_path / "home"),
        "PATH": os.pathsep.join(outside),
        "PLACEHOLDERS": str(tmp_path / "placeholders"),
        "SCRATCH": str(tmp_path),
        "STAGES": str(STAGES),
    }
    (tmp_path / "placeholders").touch()
    with Shell(clone, tmp_path, environ) as started:
        yield started
    for folder in state.folders(environ):
        cluster.down(folder)


def prepared(shell: Shell, page: Path, text: str) -> str:
    """The page for this machine, after what it takes for granted is there."""
    stage = STAGES / f"{page.stem}.sh"
    if stage.exists():
        done = shell.run(stage.read_text(), seconds=SECONDS)
        assert done.code == 0, f"{stage.name}: {done.output}\n{shell.errors.read_text()}"
    for line in (shell.errors.parent / "placeholders").read_text().splitlines():
        placeholder, _, value = line.partition(" ")
        assert placeholder in text, f"{placeholder} is nowhere in the page"
        text = text.replace(placeholder, value)
    return text


def follow(shell: Shell, page: Path, block: Block) -> None:
    if block.file:
        content = f"mkdir -p $(dirname {block.file})\ncat > {block.file} <<'EOF-OF-BLOCK'\n{block.text}EOF-OF-BLOCK\n"
        assert shell.run(content, seconds=SECONDS).code == 0
    for command in block.commands:
        done = shell.run(command.text, seconds=SECONDS)
        place = f"{name(page)}:{command.line}: {command.text}{done.output}\n{shell.errors.read_text()[-3000:]}"
        assert done.code == block.exit_code, f"ended with {done.code}: {place}"
        assert missing(command.shown, done.output) is None, f"{missing(command.shown, done.output)!r} is not in {place}"


@pytest.mark.parametrize("page", PAGES)
def test_a_guide_can_be_followed_as_it_is_written(page: Path, shell: Shell) -> None:
    for block in blocks(prepared(shell, page, page.read_text("utf-8"))):
        if not block.skipped:
            follow(shell, page, block)
