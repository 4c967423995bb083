"""What `aiapp sandbox env` prints."""

import subprocess
import sys
from pathlib import Path

import pytest

from aiapp_sandbox import shell
from aiapp_sandbox.state import Folder, Record, Service

S3 = Service(endpoint="http://10.192.0.1:9000", access_key="AK", secret_key="it's $a secret")
REGISTRY = Service(endpoint="http://10.192.0.1:5000")
GATEWAY = Service(endpoint="http://10.192.0.1:8000")


def program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def record(kubectl: Path, **services: Service) -> Record:
    found = Record(name="one", owner=None, nodes="none", host="10.192.0.1", binaries={"kubectl": kubectl})
    return found.model_copy(update={"services": services})


def test_a_shell_that_evaluates_it_has_kubeconfig_keys_and_addresses(tmp_path: Path) -> None:
    kubectl = program(tmp_path / "built", "kubectl")
    found = record(kubectl, s3=S3, registry=REGISTRY, gateway=GATEWAY)
    wanted = shell.variables(Folder(tmp_path / "one"), found, {"PATH": "/usr/bin"})
    script = "command -v kubectl; echo $KUBECONFIG $ENDPOINT $REGISTRY $GATEWAY; echo $AWS_SECRET_ACCESS_KEY"
    script = shell.exports(wanted) + script
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin"})
    assert shown.stdout.splitlines() == [
        str(kubectl),
        f"{tmp_path}/one/kubeconfig http://10.192.0.1:9000 10.192.0.1:5000 http://10.192.0.1:8000",
        "it's $a secret",
    ]


def test_what_a_sandbox_does_not_have_is_not_set(tmp_path: Path) -> None:
    wanted = shell.variables(Folder(tmp_path / "one"), record(program(tmp_path / "built", "kubectl")), {})
    assert sorted(wanted) == ["KUBECACHEDIR", "KUBECONFIG", "PATH"]


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        pytest.param(("kubectl", "aiapp"), None, id="both are there"),
        pytest.param(("aiapp",), "{built}:{bin}", id="no kubectl"),
        pytest.param(("kubectl",), "{python}:{bin}", id="no aiapp"),
    ],
)
def test_path_gains_what_would_not_be_found(tmp_path: Path, installed: tuple[str, ...], expected: str | None) -> None:
    for name in installed:
        program(tmp_path / "bin", name)
    built = program(tmp_path / "built", "kubectl")
    kubectl = tmp_path / "bin/kubectl" if "kubectl" in installed else built
    places = {"built": built.parent, "bin": tmp_path / "bin", "python": Path(sys.executable).parent}
    assert shell.search_path(kubectl, str(tmp_path / "bin")) == (expected and expected.format(**places))


def test_another_kubectl_in_the_path_does_not_come_first(tmp_path: Path) -> None:
    for name in ("kubectl", "aiapp"):
        program(tmp_path / "bin", name)
    built = program(tmp_path / "built", "kubectl")
    assert shell.search_path(built, str(tmp_path / "bin")) == f"{built.parent}:{tmp_path / 'bin'}"
