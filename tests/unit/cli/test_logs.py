"""Lines of the operator's log."""

import json
import logging

import pytest

from aiapp.cli.run import JsonLines, PlainLines

HOSTILE = "%s is not trusted"
RECORD = logging.LogRecord("aiapp", logging.INFO, "x.py", 1, HOSTILE, ("a\x1b[2J\u202e\nERROR forged",), None)


@pytest.mark.parametrize("formatter", [PlainLines(), JsonLines()], ids=["plain", "JSON"])
def test_no_text_from_outside_ends_a_line_or_reaches_the_terminal(formatter: logging.Formatter) -> None:
    line = formatter.format(RECORD)
    assert "a?[2J? ERROR forged is not trusted" in line
    assert line.isprintable()


def test_json_lines_are_json() -> None:
    assert json.loads(JsonLines().format(RECORD))["level"] == "info"
