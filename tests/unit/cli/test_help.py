"""Every command explains itself with an example that can be copied."""

from importlib.metadata import EntryPoints, entry_points

import click
import pytest
from click.testing import CliRunner

from aiapp import cli
from aiapp.cli import COMMANDS, PLUGINS, SANDBOX_ABSENT, main

ALL = [*sorted(COMMANDS), "sandbox"]


@pytest.mark.parametrize("name", ["", *ALL])
def test_help_shows_examples_each_on_a_line_of_its_own(name: str) -> None:
    shown = CliRunner().invoke(main, [*filter(None, [name]), "--help"], catch_exceptions=False).stdout
    assert r"\b" not in shown
    examples = shown.partition("xample")[2].splitlines()
    assert examples[0] in {":", "s:"}
    assert examples[1].startswith(("    aiapp ", "    AIAPP_"))


def groups() -> list[list[str]]:
    """The words that lead to each command with commands below it."""
    context = click.Context(main)
    return [[], *([name] for name in ALL if isinstance(main.get_command(context, name), click.Group))]


@pytest.mark.parametrize("words", [pytest.param(words, id=" ".join(["aiapp", *words])) for words in groups()])
def test_no_line_of_a_list_of_commands_is_cut(words: list[str]) -> None:
    shown = CliRunner().invoke(main, [*words, "--help"], catch_exceptions=False).stdout
    commands = shown.partition("Commands:")[2].splitlines()
    assert commands
    assert [line for line in commands if line.endswith("...")] == []


@pytest.mark.parametrize("words", [[], ["sandbox"], ["sandbox", "up"]])
def test_the_word_help_shows_what_the_option_shows(words: list[str]) -> None:
    asked, shown = (CliRunner().invoke(main, arguments).stdout for arguments in (["help", *words], [*words, "--help"]))
    assert asked == shown


def test_help_of_what_is_no_command_says_so() -> None:
    found = CliRunner().invoke(main, ["help", "sandbox", "fly"])
    assert found.exit_code == 2
    assert "there is no command 'sandbox fly'" in found.stderr


def test_the_word_version_shows_what_the_option_shows() -> None:
    assert CliRunner().invoke(main, ["version"]).stdout == CliRunner().invoke(main, ["--version"]).stdout


def test_without_the_distribution_of_the_sandbox_its_command_says_which_one_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "sandbox" in entry_points(group=PLUGINS).names
    monkeypatch.setattr(cli, "entry_points", lambda **_: EntryPoints())
    assert "sandbox" not in CliRunner().invoke(main, ["--help"]).stdout.partition("Commands:")[2]
    found = CliRunner().invoke(main, ["sandbox", "up"])
    assert found.exit_code == 2
    assert SANDBOX_ABSENT in found.stderr
