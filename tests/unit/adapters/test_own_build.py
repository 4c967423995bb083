"""Builds of the operator are told apart by their code."""

import shutil
from pathlib import Path

import aiapp.modelarts
from aiapp.adapters.own_build import code_digest, own_build


def test_a_build_is_named_by_its_release_and_its_code() -> None:
    release, _, digits = own_build().partition("+")
    assert release.count(".") == 2
    assert len(digits) == 12


def test_a_changed_line_and_a_moved_module_make_another_build(tmp_path: Path) -> None:
    code = tmp_path / "code"
    shutil.copytree(Path(aiapp.modelarts.__path__[0]), code, ignore=shutil.ignore_patterns("__pycache__"))
    before = code_digest(code)
    (code / "text.py").rename(code / "texts.py")
    moved = code_digest(code)
    (code / "paths.py").write_text("# changed")
    assert len({before, moved, code_digest(code)}) == 3
