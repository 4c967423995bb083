"""Where no node runs pods: what the operator renders, run as processes of this machine, as `make demo` does it then."""

import json
from collections.abc import Iterator
from io import StringIO
from urllib.request import Request, urlopen

import pytest
from demo import local_pod
from demo.errors import DemoError
from demo.kubectl import Kubectl
from demo.terminal import Terminal
from rich.console import Console
from tests.support.kube import Object
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox import processes
from aiapp_sandbox.context import Context

DEPLOYMENT = "mnist-1-0-0"


@pytest.fixture
def kubectl(sandbox: Sandbox, registry: Registry) -> Kubectl:
    return Kubectl(sandbox.record.binaries["kubectl"], sandbox.kubeconfig, registry.namespace)


@pytest.fixture
def context(sandbox: Sandbox) -> Iterator[Context]:
    record = sandbox.record
    yield Context(folder=sandbox.folder, host=record.host, server=record.server, binaries=record.binaries)
    left = sandbox.record.process(DEPLOYMENT)
    if left is not None:
        processes.stop([left.identity], grace_seconds=1)


def rolled_out(registry: Registry) -> Object:
    """The Deployment of a served version."""
    upload(registry.bucket, "mnist", package())
    registry.version()
    registry.application()
    found = eventually(lambda: registry.find("apps/v1", "Deployment", DEPLOYMENT))
    assert found is not None
    return found


def test_the_pods_own_containers_fetch_and_answer(registry: Registry, kubectl: Kubectl, context: Context) -> None:
    rolled_out(registry)
    output = StringIO()
    url = local_pod.serve(DEPLOYMENT, kubectl, context, Terminal(Console(file=output)))
    asked = Request(url, json.dumps({"one": 1}).encode(), {"Content-Type": "application/json"})
    with urlopen(asked, timeout=30) as answer:
        assert json.load(answer) == {"seen": '{"one": 1}'}  # this kind of service gets the text
    assert "aiapp fetch" in output.getvalue()
    with urlopen(f"{url}metrics", timeout=30) as metrics:
        call = 'aiapp_model_requests_total{application="mnist",version="1.0.0",route="/",status="200"} 1'
        assert call in metrics.read().decode().splitlines()


def test_a_manifest_that_is_gone_is_named(registry: Registry, kubectl: Kubectl, context: Context) -> None:
    volumes = rolled_out(registry)["spec"]["template"]["spec"]["volumes"]
    manifest = next(volume["configMap"]["name"] for volume in volumes if volume["name"] == "manifest")
    # Else the operator writes it again.
    registry.bucket.client.delete_object(Bucket=registry.bucket.name, Key="mnist/model/model.pkl")
    registry.kube.delete(registry.find("v1", "ConfigMap", manifest) or {})
    with pytest.raises(DemoError, match=f"configmap {manifest} is absent"):
        local_pod.serve(DEPLOYMENT, kubectl, context, Terminal(Console(file=StringIO())))
