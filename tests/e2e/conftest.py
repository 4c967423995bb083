"""What the end-to-end tests stand on: a cluster that runs pods, with the operator installed as anybody would.

The sandbox is the default. Any other cluster is named by `--kubeconfig` or AIAPP_E2E_KUBECONFIG; what it needs
beside that is in kind.yaml.
"""

import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo import cluster, walkthrough
from demo.images import Images, not_built
from demo.kubectl import Kubectl
from demo.rendering import ROOT
from demo.terminal import Terminal
from demo.walkthrough import NAMESPACE, Demo
from rich.console import Console
from tests.e2e.serving import Serving
from tests.support.kube import Kube, Object
from tests.support.packages import Registry, keys
from tests.support.sandbox import Bucket, Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox import storage
from aiapp_sandbox.context import Context
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.state import Service

OPTION = "--kubeconfig"
VARIABLE = "AIAPP_E2E_KUBECONFIG"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, default=os.environ.get(VARIABLE), help="run the end-to-end tests on this cluster")


@dataclass(frozen=True)
class Installed:
    """A cluster with the operator in it."""

    demo: Demo
    images: Images
    output: io.StringIO
    """What the demonstration has shown so far."""

    @property
    def kube(self) -> Kube:
        """As its administrator."""
        return Kube(self.demo.kubectl.kubeconfig)


@pytest.fixture(scope="session")
def installed(request: pytest.FixtureRequest) -> Iterator[Installed]:
    """The cluster under test; skips where the sandbox cannot run pods and no other cluster is named."""
    kubeconfig = request.config.getoption(OPTION, default=None)
    if not kubeconfig:
        yield installed_on(request.getfixturevalue("real_cluster"))
        return
    output = io.StringIO()
    demo, images = _given(Path(kubeconfig), _terminal(output))
    walkthrough.install_operator(demo, images)
    yield Installed(demo, images, output)
    demo.kubectl.within("default").quietly("delete", "namespace", NAMESPACE, "--ignore-not-found")


def installed_on(sandbox: Sandbox) -> Installed:
    """The operator, in a sandbox with real nodes."""
    output = io.StringIO()
    demo, images = _sandbox(sandbox, _terminal(output))
    walkthrough.install_operator(demo, images)
    return Installed(demo, images, output)


def _terminal(output: io.StringIO) -> Terminal:
    return Terminal(Console(file=output, width=200))


def _sandbox(sandbox: Sandbox, terminal: Terminal) -> tuple[Demo, Images]:
    record = sandbox.record
    context = Context(folder=sandbox.folder, host=record.host, server=record.server, binaries=record.binaries)
    demo = walkthrough.on_sandbox(context, terminal)
    assert cluster.architectures(context.folder)
    return demo, walkthrough.make_images(demo, context)


def _given(kubeconfig: Path, terminal: Terminal) -> tuple[Demo, Images]:
    program = shutil.which("kubectl")
    assert program is not None, "kubectl is not in the PATH"
    store = Service(
        endpoint=os.environ["AIAPP_E2E_S3_ENDPOINT"],
        access_key=os.environ["AIAPP_E2E_S3_ACCESS_KEY"],
        secret_key=os.environ["AIAPP_E2E_S3_SECRET_KEY"],
    )
    kubectl = Kubectl(Path(program), kubeconfig, NAMESPACE)
    names = not_built()
    images = Images(names.archives, names.cpu_runtime, os.environ["AIAPP_E2E_CPU_IMAGE"])
    return Demo(kubectl, store, (host_architecture(),), terminal, ROOT / "build/e2e"), images


@pytest.fixture
def space(installed: Installed) -> Iterator[str]:
    """A fresh namespace; deleted afterwards without waiting."""
    name = f"e2e-{secrets.token_hex(4)}"
    body: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    installed.kube.create(body)
    eventually(lambda: installed.kube.find("v1", "ServiceAccount", "default", name))
    yield name
    installed.kube.delete(body)


@pytest.fixture
def make_serving(installed: Installed, space: str) -> Iterator[Callable[..., Serving]]:
    """`make_serving(versioned=False)`: an empty bucket and its keys in a fresh namespace."""
    client = storage.client(installed.demo.store)

    def make(*, versioned: bool = False) -> Serving:
        name = f"e2e-{secrets.token_hex(4)}"
        client.create_bucket(Bucket=name)
        if versioned:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        store = installed.demo.store
        bucket = Bucket(name, store.endpoint, store.access_key, store.secret_key, client)
        installed.kube.create(keys(bucket, space))
        return Serving(Registry(installed.kube, space, bucket), installed.demo.kubectl.within(space), installed.images)

    yield make
    client.close()


@pytest.fixture
def serving(make_serving: Callable[..., Serving]) -> Serving:
    """A namespace with the keys of an unversioned bucket."""
    return make_serving()


@pytest.fixture
def cordoned(installed: Installed) -> Iterator[Callable[[], None]]:
    """All nodes cordoned; call it to let pods on them again."""
    kube = installed.kube
    nodes = [node for node in kube.list("v1", "Node") if not node["spec"].get("unschedulable")]

    def cordon(unschedulable: bool | None) -> None:
        for node in nodes:
            kube.patch(node, {"spec": {"unschedulable": unschedulable}})

    cordon(unschedulable=True)
    try:
        yield lambda: cordon(unschedulable=None)
    finally:
        cordon(unschedulable=None)
