"""`aiapp init` and `aiapp schema` over packages on this machine."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.support.pages import ROOT

from aiapp.cli import main

PACKAGE = str(ROOT / "docs/examples/mean")
URI = "obs://models/mean/1.2.0/"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_a_package_becomes_a_version_and_an_application_that_serves_it() -> None:
    found = run("init", PACKAGE, "--uri", URI, "--secret", "obs", "--endpoint", "https://obs.example.com")
    assert found.exit_code == 0, found.stderr
    assert found.stdout.splitlines()[0] == f"# {PACKAGE}: Scikit_Learn, predict_analysis, 3 files, 682 B"
    version, application = yaml.safe_load_all(found.stdout)
    assert version["metadata"]["name"] == "mean-1.2.0"
    assert version["spec"]["source"]["obs"] == {
        "uri": URI,
        "endpoint": "https://obs.example.com",
        "credentialsSecretRef": {"name": "obs"},
    }
    assert application["spec"] == {"serving": {"versions": [{"version": "1.2.0", "replicas": 1}]}}


def test_json_is_one_list_that_kubectl_takes() -> None:
    found = json.loads(run("init", PACKAGE, "--uri", URI, "--managed", "-n", "team", "-o", "json").stdout)
    assert (found["kind"], [one["kind"] for one in found["items"]]) == (
        "List",
        ["AIApplicationVersion", "AIApplication"],
    )
    assert found["items"][1]["spec"] == {}
    assert found["items"][1]["metadata"] == {"name": "mean", "namespace": "team"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([PACKAGE], 2, "say with --uri where"),
        ([PACKAGE, "--uri", "/tmp/x"], 2, "--uri: '/tmp/x' is not"),
        (["obs://models/x/", "--uri", URI], 2, "the target is a URI already"),
        (["nowhere", "--uri", URI], 2, "'nowhere' does not exist"),
        ([str(ROOT / "mkdocs.yml"), "--uri", URI], 2, "is no folder"),
        ([PACKAGE, "--uri", "obs://123/"], 2, "give --application NAME"),
        (
            [PACKAGE, "--uri", URI, "--version", "1.2"],
            1,
            "the manifests would be refused: spec.version: '1.2': a version is three numbers",
        ),
        ([PACKAGE, "--uri", URI, "--runtime", "nothing"], 1, "RuntimeUnknown"),
    ],
)
def test_what_makes_no_manifests_says_why(words: list[str], code: int, said: str) -> None:
    found = run("init", *words)
    assert (found.exit_code, found.stdout) == (code, "")
    assert said in found.stderr


def test_a_refused_package_has_no_manifests(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    found = run("init", str(tmp_path), "--uri", URI)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith("Error: ConfigInvalid: ")


def test_the_declared_apis_are_data() -> None:
    found = run("schema", PACKAGE, "-o", "json")
    assert json.loads(found.stdout) == [
        {
            "method": "POST",
            "url": "/",
            "request": {"contentType": "application/json", "schema": {"type": "object"}},
            "response": None,
        }
    ]
