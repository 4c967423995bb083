"""The last line of a process that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiapp.serve import termination

if TYPE_CHECKING:
    import pathlib

    import pytest


def test_the_line_is_printed_and_written(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    termination.report("StartFailed: x", str(tmp_path / "log"))

    assert (tmp_path / "log").read_text() == capsys.readouterr().err == "StartFailed: x\n"


def test_outside_of_a_container_there_is_no_default_log(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(termination, "DEFAULT_LOG", str(tmp_path / "absent"))
    termination.report("x", str(tmp_path / "absent"))

    assert not (tmp_path / "absent").exists()


def test_a_log_that_cannot_be_written_is_no_further_failure(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    termination.report("x", str(tmp_path))

    assert "cannot be written: Is a directory" in capsys.readouterr().out
