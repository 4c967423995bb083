"""Lines of the operator's log."""

import json
import logging

import pytest

from aiapp.cli.run import JsonLines, PlainLines
from aiapp.domain.monitoring.current_reconcile import note_object, reconciling

HOSTILE = "%s is not trusted"
RECORD = logging.LogRecord("aiapp", logging.INFO, "x.py", 1, HOSTILE, ("a\x1b[2J\u202e\nERROR forged",), None)


@pytest.mark.parametrize("formatter", [PlainLines(), JsonLines()], ids=["plain", "JSON"])
def test_no_text_from_outside_ends_a_line_or_reaches_the_terminal(formatter: logging.Formatter) -> None:
    line = formatter.format(RECORD)
    assert "a?[2J? ERROR forged is not trusted" in line
    assert line.isprintable()


def test_json_lines_are_json() -> None:
    assert json.loads(JsonLines().format(RECORD))["level"] == "info"


def test_a_line_within_a_reconcile_says_of_which_object_it_is() -> None:
    with reconciling("AIApplication", "team", "mnist") as reconcile:
        note_object({"metadata": {"uid": "u-1", "generation": 3}})
        line = json.loads(JsonLines().format(RECORD))
    assert set(line) == {"ts", "level", "logger", "msg", *reconcile.fields}
    assert reconcile.fields == {
        "controller": "AIApplication",
        "namespace": "team",
        "name": "mnist",
        "uid": "u-1",
        "generation": 3,
        "reconcileID": reconcile.id,
    }


def test_a_line_outside_of_a_reconcile_is_of_no_object() -> None:
    assert set(json.loads(JsonLines().format(RECORD))) == {"ts", "level", "logger", "msg"}


def test_what_was_raised_is_in_the_line() -> None:
    raised = (ValueError, ValueError("why"), None)
    record = logging.LogRecord("aiapp", logging.ERROR, "x.py", 1, "it failed", (), raised)
    assert "ValueError: why" in json.loads(JsonLines().format(record))["err"]
