"""The console of manifests/console, as a pod without rights."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import yaml
from tests.e2e.conftest import Installed
from tests.peers.console.test_story import login
from tests.support.accounts import person
from tests.support.browser import chromium
from tests.support.kube import Kube, Object
from tests.support.pages import ROOT
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import host_architecture

pytestmark = pytest.mark.timeout(900)

NAME: Final = "aiapp-operator-console"
SYSTEM: Final = "aiapp-system"
FORWARDED: Final = re.compile(r"Forwarding from (127[.]0[.]0[.]1:\d+)")


@pytest.fixture
def deployed(installed: Installed) -> Iterator[Kube]:
    """The console's objects, until its pod is ready; deleted afterwards."""
    kube = installed.kube
    objects: list[Object] = list(yaml.safe_load_all((ROOT / "manifests/console/console.yaml").read_text()))
    for one in objects:
        if one["kind"] == "Deployment":
            pod = one["spec"]["template"]["spec"]
            pod["containers"][0]["image"] = installed.images.operator
            pod["nodeSelector"] = {"kubernetes.io/arch": host_architecture()}
        kube.apply(one, force="true")
    try:
        eventually(lambda: _available(kube), timeout=300)
        yield kube
    finally:
        for one in objects:
            kube.delete(one)


def _available(kube: Kube) -> bool:
    status = kube.get("apps/v1", "Deployment", NAME, SYSTEM).get("status", {})
    assert status.get("availableReplicas") == 1, status
    return True


@contextmanager
def forwarded(kubeconfig: Path, program: Path) -> Iterator[str]:
    """Its Service on loopback, as a person reaches it before there is an Ingress."""
    command = [str(program), f"--kubeconfig={kubeconfig}", "-n", SYSTEM, "port-forward", f"service/{NAME}", ":80"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = FORWARDED.match(process.stdout.readline())
            assert found is not None
            yield f"http://{found[1]}"
        finally:
            process.terminate()


def test_a_pod_without_rights_shows_people_what_is_theirs(
    installed: Installed, deployed: Kube, space: str, axe: str, tmp_path: Path
) -> None:
    (pod,) = deployed.list("v1", "Pod", SYSTEM, labelSelector=f"app.kubernetes.io/name={NAME}")
    assert [one for one in pod["spec"]["volumes"] if "projected" in one] == [], "no token lies in it"
    kubectl = installed.demo.kubectl
    with forwarded(kubectl.kubeconfig, kubectl.program) as base, chromium(tmp_path / "profile", axe) as at:
        browser = at(base)
        login(browser, person(deployed, space, "editor", "edit"))
        browser.go(f"/n/{space}/")
        browser.until("No application fits.")
        assert f"system:serviceaccount:{space}:editor" in browser.text
        browser.go("/n/kube-system/")
        assert "is forbidden" in browser.text
