"""`aiapp sandbox up --with gateway`, from start to end."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from tests.support.kube import Kube
from tests.support.waiting import eventually

API = "gateway.networking.k8s.io/v1"


def test_a_sandbox_has_a_gateway_that_takes_routes_until_it_is_taken_down(tmp_path: Path) -> None:
    environ = {**os.environ, "AIAPP_SANDBOX_HOME": str(tmp_path)}

    def sandbox(*arguments: str) -> str:
        command = [sys.executable, "-m", "aiapp", "sandbox", *arguments]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=1800).stdout

    sandbox("up", "--with", "gateway", "--owner-pid", str(os.getpid()))
    url = json.loads(sandbox("status", "-o", "json"))["services"]["gateway"]["endpoint"]
    assert f"gateway     {url}" in sandbox("status")
    assert f"export GATEWAY={url}" in sandbox("env")
    kube = Kube(Path(sandbox("kubeconfig").strip()))
    kube.create(_route())
    eventually(lambda: _accepted(kube))
    eventually(lambda: _status(f"{url}/") == 500)  # routed, to a Service that has nothing behind it
    assert _status(f"{url}/other") == 404
    sandbox("down")
    with pytest.raises(OSError, match="refused"):
        urlopen(url, timeout=5)


def _route() -> dict[str, object]:
    path = {"path": {"type": "Exact", "value": "/"}}
    spec = {
        "parentRefs": [{"name": "sandbox", "namespace": "gateway"}],
        "rules": [{"matches": [path], "backendRefs": [{"name": "kubernetes", "port": 443}]}],
    }
    return {
        "apiVersion": API,
        "kind": "HTTPRoute",
        "metadata": {"name": "r", "namespace": "default"},
        "spec": spec,
    }


def _accepted(kube: Kube) -> bool:
    parents = kube.get(API, "HTTPRoute", "r", "default").get("status", {}).get("parents", ())
    conditions = {found["type"]: found["status"] for parent in parents for found in parent["conditions"]}
    return conditions.get("Accepted") == "True"


def _status(url: str) -> int:
    try:
        with urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code
