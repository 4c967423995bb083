"""The pages can be built as a site: every page is in its navigation, every link and anchor is right there too."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.pages import ROOT


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    guides = {page.stem for page in (ROOT / "docs/how-to").glob("*.md")}
    assert {page.stem for page in (tmp_path / "how-to").glob("*.html")} == guides
