"""Our objects in YAML files: what the API server would refuse is told with line and column, without asking it."""

import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiapp.domain.offline.documents import MODELS, check_documents

VERSION = """\
apiVersion: aiapp.dev/v1alpha1
kind: AIApplicationVersion
metadata: {name: mnist-1.0.0}
spec:
  application: mnist
  version: 1.0.0
  source:
    obs: {uri: "obs://models/mnist/"}
"""
APPLICATION = """\
apiVersion: aiapp.dev/v1alpha1
kind: AIApplication
metadata: {name: mnist}
spec:
  serving:
    versions:
      - {version: 1.0.0, weight: 90}
      - version: 1.1.0
        weight: 10
"""
VERSION_RULE = "a version is three numbers from 0 to 99 without leading zeros, joined by dots, for example 1.0.0"
OTHER = "apiVersion: v1\nkind: Secret\nmetadata: {name: store}\nstringData: {anything: goes}\n"


def told(text: str) -> list[str]:
    _, diagnostics = check_documents(text.encode(), "app.yaml")
    return [f"{diagnostic.line}:{diagnostic.column} {diagnostic.message}" for diagnostic in diagnostics]


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        pytest.param(VERSION, 1, id="a version"),
        pytest.param(f"{VERSION}---\n{APPLICATION}---\n{OTHER}---\n", 2, id="several, with a Secret among them"),
        pytest.param("", 0, id="nothing"),
        pytest.param("just: something\n", 0, id="no object"),
    ],
)
def test_what_the_api_server_would_accept_is_accepted(text: str, ours: int) -> None:
    assert check_documents(text.encode(), "app.yaml") == (ours, ())


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        pytest.param(
            APPLICATION.replace("weight: 10", "weigth: 10"),
            ["9:17 spec.serving.versions[1].weigth: unknown field: did you mean weight?"],
            id="a misspelt field",
        ),
        pytest.param(
            VERSION.replace("  version: 1.0.0\n", ""), ["5:3 spec.version: is missing"], id="a field is missing"
        ),
        pytest.param(
            VERSION.replace("version: 1.0.0", "version: 1.0"),
            ["6:12 spec.version: 1.0: Input should be a valid string"],
            id="a number for a text",
        ),
        pytest.param(
            VERSION + "  container: {env: [{name: RATE, value: 1e-3}, {name: SHUFFLE, value: y}]}\n",
            [
                "9:41 spec.container.env[0].value: 0.001: Input should be a valid string",
                "9:71 spec.container.env[1].value: True: Input should be a valid string",
            ],
            id="a number and a truth value to kubectl alone",
        ),
        pytest.param(
            VERSION.replace("version: 1.0.0", "version: 01.0.0"),
            [f"6:12 spec.version: '01.0.0': {VERSION_RULE}"],
            id="a rule that is CEL in the cluster",
        ),
        pytest.param(
            VERSION.replace("name: mnist-1.0.0", "name: mnist"),
            ["3:18 metadata.name: 'mnist' must be 'mnist-1.0.0': <spec.application>-<spec.version>"],
            id="a name that is not the version's",
        ),
        pytest.param(
            VERSION.replace("kind: AIApplicationVersion", "kind: AIAppVersion"),
            [f"2:7 kind: 'AIAppVersion' is not one of {', '.join(MODELS)}"],
            id="an unknown kind",
        ),
        pytest.param(
            VERSION.replace("v1alpha1", "v2"),
            ["1:13 apiVersion: 'aiapp.dev/v2' is not aiapp.dev/v1alpha1"],
            id="another version of the API",
        ),
        pytest.param(
            VERSION + "  version: 1.0.0\n",
            ["9:3 the key 'version' is there twice"],
            id="a key twice",
        ),
        pytest.param(
            VERSION + "  container: {resources: {limits: {cpu: [1]}}}\n",
            [
                "9:41 spec.container.resources.limits.cpu: [1]: Input should be a valid integer",
                "9:41 spec.container.resources.limits.cpu: [1]: Input should be a valid string",
            ],
            id="neither of two types",
        ),
        pytest.param("a: [\n", ["2:1 not YAML: expected the node content, but found '<stream end>'"], id="no YAML"),
        pytest.param("a: &a [*a]\n", ["0:0 it has more than 100000 values"], id="a list that contains itself"),
        pytest.param(
            "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 9)),
            ["0:0 it has more than 100000 values"],
            id="aliases that multiply",
        ),
    ],
)
def test_each_fault_is_told_with_its_place(text: str, faults: list[str]) -> None:
    assert told(text) == faults


def test_a_file_that_no_cluster_would_take_is_not_parsed() -> None:
    _, (diagnostic,) = check_documents(b"#" * 4_000_000, "app.yaml")
    assert diagnostic.message == "it has 4000000 bytes; at most 3145728 are read"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.text().map(lambda text: (VERSION + textwrap.indent(text, "  ")).encode()))
def test_no_file_whatever_raises(data: bytes) -> None:
    ours, diagnostics = check_documents(data, "app.yaml")
    assert ours >= 0
    assert all(diagnostic.file == "app.yaml" for diagnostic in diagnostics)


def test_the_shipped_templates_are_sound_and_one_that_no_version_can_use_is_named() -> None:
    shipped = Path("manifests/runtimes/templates.yaml").read_bytes()
    assert check_documents(shipped, "templates.yaml") == (8, ())
    broken = shipped.replace(b"mode: Undefined", b'files: {config.json: "{}"}')
    _, (found,) = check_documents(broken, "templates.yaml")
    assert "/model_algorithm" in found.message
