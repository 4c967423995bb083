"""The operator as a process: ready, stopped, killed, and on a control plane of its own that misbehaves."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.kube import Kube
from tests.support.operator import ROOT, Operator, documents
from tests.support.outage import restart_api_server
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

GROUP = "aiapp.dev/v1alpha1"
REVISION = "aiapp.dev/schema-revision"


def application(name: str) -> dict[str, Any]:
    return {"apiVersion": GROUP, "kind": "AIApplication", "metadata": {"name": name}, "spec": {}}


def phase(kube: Kube, name: str) -> str | None:
    found: str | None = kube.get(GROUP, "AIApplication", name, "default").get("status", {}).get("phase")
    return found


def test_it_is_healthy_tells_its_metrics_and_ends_at_once_when_asked(own_operator: Operator) -> None:
    own_operator.start()
    assert own_operator.health("/healthz") == (200, "ok\n")
    assert own_operator.metric("rest_client_requests_total", code="200", method="GET", resource="pods") > 0
    assert own_operator.metric("aiapp_build_info") == 1
    process = own_operator.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) == 0
    own_operator.process = None


def test_what_was_changed_while_it_was_dead_is_seen_and_what_is_done_is_not_done_again(
    own_operator: Operator, own_kube: Kube
) -> None:
    own_operator.start()
    own_kube.create(application("before"), "default")
    eventually(lambda: phase(own_kube, "before") == "Managed")
    own_operator.kill()
    own_kube.create(application("meanwhile"), "default")
    own_operator.start()
    eventually(lambda: phase(own_kube, "meanwhile") == "Managed")
    own_operator.restart()
    eventually(lambda: own_operator.metric("controller_runtime_reconcile_total", controller="AIApplication") >= 2)
    assert own_operator.writes() == 0


@pytest.mark.parametrize(
    ("annotations", "says"),
    [
        pytest.param({REVISION: "0"}, "is older than this operator", id="CRDs of an older operator"),
        pytest.param({REVISION: None}, "is older than this operator", id="CRDs of an operator that knew no revisions"),
    ],
)
def test_with_older_crds_it_is_not_ready_says_so_and_writes_nothing_until_they_are_mended(
    own_operator: Operator, own_kube: Kube, annotations: dict[str, Any], says: str
) -> None:
    name = f"early-{len(annotations)}-{annotations[REVISION] or 'none'}"
    crd = next(documents(ROOT / "crds/aiapplications.yaml"))
    own_kube.patch(crd, {"metadata": {"annotations": annotations}})
    own_operator.start(wait=False)
    own_kube.create(application(name), "default")
    eventually(lambda: says in own_operator.health("/readyz")[1])
    assert own_operator.health("/readyz")[0] == 503
    assert own_operator.health("/healthz")[0] == 200
    assert says in own_operator.log()
    assert phase(own_kube, name) is None
    assert own_operator.writes() == 0
    own_kube.apply(crd, force="true")
    own_operator.until_ready()
    eventually(lambda: phase(own_kube, name) == "Managed")


def test_it_outlives_a_restart_of_the_api_server(own_operator: Operator, own_sandbox: Sandbox, own_kube: Kube) -> None:
    own_operator.start()
    restart_api_server(own_sandbox)
    own_kube.create(application("after"), "default")
    eventually(lambda: phase(own_kube, "after") == "Managed")
    assert own_operator.health("/healthz")[0] == 200
    assert own_operator.process is not None
    assert own_operator.process.poll() is None


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aiapp", "run", *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=180, check=False
    )


def test_without_a_cluster_it_says_what_to_do(tmp_path: Path) -> None:
    done = run(KUBECONFIG=str(tmp_path / "absent"))
    assert (done.returncode, "set KUBECONFIG" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_a_wrong_setting_is_named() -> None:
    done = run(AIAPP_WORKERS="none")
    assert done.returncode == 2
    assert "AIAPP_WORKERS" in done.stderr
