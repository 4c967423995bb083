"""Text that somebody else wrote, made fit to be shown."""

import pytest

from aiapp.domain.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain words", "plain words", id="plain"),
        pytest.param("模型 größer", "模型 größer", id="any script"),
        pytest.param("a\r\n\tb\u2028c", "a b c", id="one line"),
        pytest.param("\x1b[31mred\x1b[0m", "?[31mred?[0m", id="a terminal's escapes"),
        pytest.param("a\x9b2Jb", "a?2Jb", id="an escape in one character"),
        pytest.param("\u202egnp.exe", "?gnp.exe", id="letters turned round"),
        pytest.param("a\0b\x7fc\ud800", "a?b?c?", id="what is no text"),
        pytest.param("x" * 400, f"{'x' * 297}...", id="too long"),
    ],
)
def test_it_is_one_line_of_printable_characters(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(text).isprintable()
