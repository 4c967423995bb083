"""The pages on settings and commands say what the code says."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from aiapp.cli import COMMANDS, main
from aiapp.cli.reference import __main__ as reference
from aiapp.cli.reference.commands import commands_page
from aiapp.cli.reference.settings import settings, settings_page
from aiapp.settings import VARIABLES


def test_what_is_written_passes_the_check_and_a_change_by_hand_does_not(tmp_path: Path) -> None:
    assert reference.main([str(tmp_path)]) is None
    assert reference.main([str(tmp_path), "--check"]) is None
    page = tmp_path / "docs/reference/settings.md"
    page.write_text(page.read_text().replace("AIAPP_WORKERS", "AIAPP_WORKER"))
    assert reference.main([str(tmp_path), "--check"]) == f"not up to date, run `make crds`: {page}"


def test_the_page_and_the_help_of_run_list_every_setting() -> None:
    help_ = CliRunner().invoke(main, ["run", "--help"], catch_exceptions=False).stdout.split()
    assert [name for name in VARIABLES if name not in help_ or f"| `{name}` |" not in settings_page()] == []


@pytest.mark.parametrize(
    ("variable", "type_", "default"),
    [
        ("AIAPP_WORKERS", "whole number, at least 2, at most 256", "`16`"),
        ("AIAPP_STORE_READ_SECONDS", "seconds, more than 0, at most 60", "`4`"),
        ("AIAPP_MAX_BYTES", "bytes, at least 1", "`1099511627776` (1.0 TiB)"),
        ("AIAPP_ALLOW_HTTP", "true or false", "`false`"),
        ("AIAPP_ALLOWED_HOSTS", "list, each a host name or `*.domain`", "none"),
        ("AIAPP_PIP_WHEELHOUSE_CLAIM", "the name of a Kubernetes object", "none"),
        ("HTTPS_PROXY", "an http or https URL", "none"),
    ],
)
def test_a_setting_is_described_with_type_unit_limits_and_default(variable: str, type_: str, default: str) -> None:
    (found,) = (one for one in settings() if one.variable == variable)
    assert (found.type, found.default) == (type_, default)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_with_its_usage_and_an_example(name: str) -> None:
    section = commands_page().partition(f"## aiapp {name}\n")[2].partition("\n## ")[0]
    assert f"```text\naiapp {name}" in section
    assert "Example" in section


def test_wrong_settings_end_the_operator_with_exit_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIAPP_WORKER", "3")
    ended = CliRunner().invoke(main, ["run"])
    assert ended.exit_code == 2
    assert "unknown setting AIAPP_WORKER: did you mean AIAPP_WORKERS?" in ended.stderr
