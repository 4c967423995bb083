"""The worker's small decisions; the rest of it is tested as a process."""

from __future__ import annotations

import os
import pathlib

import pytest

from aiapp.serve.workers import worker


def test_code_runs_in_its_package_where_that_is_writable(tmp_path: pathlib.Path) -> None:
    assert worker._work_folder(str(tmp_path)) == str(tmp_path)


def test_code_of_a_read_only_package_runs_where_it_may_make_files(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    folder = pathlib.Path(worker._work_folder("/package"))

    assert folder.parent == tmp_path
    assert folder.is_dir()


def test_a_package_of_another_name_gets_a_parent_in_which_it_is_called_model(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    package = tmp_path / "mnist"
    package.mkdir()

    parent = pathlib.Path(worker._parent(str(package)))

    assert (parent / "model").resolve() == package
    assert worker._parent("/home/mind/model") == "/home/mind"


def test_a_link_never_replaces_what_is_there(tmp_path: pathlib.Path) -> None:
    (tmp_path / "taken").mkdir()

    worker._link("/package", str(tmp_path / "taken"))
    worker._link("/package", str(tmp_path / "new" / "1"))

    assert not (tmp_path / "taken").is_symlink()
    assert os.readlink(tmp_path / "new" / "1") == "/package"  # noqa: PTH115 - Python 3.7
