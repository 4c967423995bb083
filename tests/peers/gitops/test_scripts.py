"""Argo CD's own Lua over the objects of every phase, and the settings as it reads them."""

import subprocess
from pathlib import Path

import pytest
import yaml
from tests.support.argocd import CUSTOMIZATIONS, KINDS, health, settings

pytestmark = pytest.mark.timeout(1200)  # the peer may have to be built

OBJECTS = [file for kind in KINDS for file in sorted((CUSTOMIZATIONS / kind / "testdata").glob("*.yaml"))]


def overrides(argocd: Path, folder: Path, *arguments: str | Path) -> str:
    """What `argocd admin settings resource-overrides` says."""
    program, config = folder / "argocd", folder / "argocd-cm.yaml"
    program.symlink_to(argocd)
    metadata = {"name": "argocd-cm", "namespace": "argocd", "labels": {"app.kubernetes.io/part-of": "argocd"}}
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": settings()}
    config.write_text(yaml.safe_dump(document))
    command = [program, "admin", "settings", "resource-overrides", *arguments, "--argocd-cm-path", config]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("file", [pytest.param(file, id=f"{file.parts[-3]} {file.stem}") for file in OBJECTS])
def test_argo_cd_reads_the_health_that_the_other_tests_read(argocd: Path, tmp_path: Path, file: Path) -> None:
    expected = health(yaml.safe_load(file.read_text()))
    said = overrides(argocd, tmp_path, "health", file)
    assert f"STATUS: {expected.status}\nMESSAGE: {expected.message}\n" in said


@pytest.mark.parametrize(
    ("file", "action", "changed"),
    [
        ("AIApplicationVersion/testdata/normal.yaml", "look-again", "aiapp.dev/reconcile-at"),
        ("AIApplication/testdata/running.yaml", "stop", "stopped: true"),
        ("AIApplication/testdata/running.yaml", "restart", "aiapp.dev/restart-at"),
        ("AIApplication/testdata/stopped-on-request.yaml", "resume", "stopped: false"),
        ("AIApplication/testdata/awaiting-approval.yaml", "approve", "aiapp.dev/approve: 0acc0c6a/1"),
    ],
)
def test_argo_cd_offers_and_runs_the_action(argocd: Path, tmp_path: Path, file: str, action: str, changed: str) -> None:
    said = overrides(argocd, tmp_path, "run-action", CUSTOMIZATIONS / file, action)
    assert changed in said
