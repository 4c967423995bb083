"""The form of the line that explains why a package did not start."""

from __future__ import annotations

from aiapp.serve.package.failures import MAX_LENGTH, StartFailure


def test_the_line_names_file_and_line_if_there_are_any() -> None:
    assert str(StartFailure("x")) == "StartFailed: x"
    assert str(StartFailure("x", "a.py")) == "StartFailed: a.py: x"
    assert str(StartFailure("x\n  y", "a.py", 3)) == "StartFailed: a.py:3: x y"


def test_the_line_fits_the_termination_message_in_any_script() -> None:
    line = str(StartFailure("猫" * 5000, "customize_service.py", 3))

    assert len(line) == MAX_LENGTH < 4096 / 2.7
    assert line.endswith("...")
