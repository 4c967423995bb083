"""Every command explains itself with an example that can be copied."""

import pytest
from click.testing import CliRunner

from aiapp.cli import COMMANDS, main


@pytest.mark.parametrize("name", ["", *sorted(COMMANDS)])
def test_help_shows_examples_each_on_a_line_of_its_own(name: str) -> None:
    shown = CliRunner().invoke(main, [*filter(None, [name]), "--help"], catch_exceptions=False).stdout
    assert r"\b" not in shown
    examples = shown.partition("xample")[2].splitlines()
    assert examples[0] in {":", "s:"}
    assert examples[1].startswith(("    aiapp ", "    AIAPP_"))
