"""Fixtures on a real control plane: one sandbox a process of the run, a fresh namespace a test, S3 when asked for.

Under pytest-xdist every worker has a sandbox of its own, because an operator sees the whole cluster: no test meets the
nodes or objects of a test that runs at the same time. What a killed run leaves is removed by the next start of any
sandbox.
"""

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.audit import audit
from tests.support.kube import Kube
from tests.support.waiting import eventually

from aiapp_sandbox import cluster, state, storage
from aiapp_sandbox.nodes import lifecycle
from aiapp_sandbox.profiles import SimulatedNode
from aiapp_sandbox.progress import Silent
from aiapp_sandbox.state import Folder, Record, Service

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox, as tests use it."""

    folder: Folder

    @property
    def record(self) -> Record:
        """Its record, read anew."""
        return self.folder.present()

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder.kubeconfig

    def service_account(self, namespace: str, name: str) -> Path:
        """A kubeconfig that acts as that service account."""
        return cluster.service_account_kubeconfig(self.folder, namespace, name)

    def simulate(self, *nodes: SimulatedNode) -> None:
        """Create simulated nodes and wait until they are Ready; only within `simulated`."""
        cluster.add_simulated_nodes(self.folder, nodes, os.environ, Silent())

    @contextmanager
    def simulated(self, *nodes: SimulatedNode) -> Iterator[None]:
        """Nodes for a while; afterwards the cluster has none again, as the tests that follow expect."""
        self.simulate(*nodes)
        try:
            yield
        finally:
            self.kubectl("delete", "node", "--all")

    def kubectl(
        self, *arguments: str, stdin: str | None = None, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as the administrator; with `check` a failure is an AssertionError with what it said."""
        options = [f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.folder.path / 'kubectl'}"]
        command = [str(self.record.binaries["kubectl"]), *options, *arguments]
        done = subprocess.run(command, input=stdin or "", capture_output=True, text=True, timeout=timeout, check=False)
        assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done


@dataclass(frozen=True)
class Bucket:
    """An empty bucket on a real S3 server, for one test."""

    name: str
    endpoint: str
    access_key: str
    secret_key: str
    client: "S3Client"
    region: str = storage.REGION


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """This process's control plane, without nodes."""
    with started("pytest", nodes="none") as running:
        yield running


@pytest.fixture(scope="session")
def real_cluster() -> Iterator[Sandbox]:
    """This process's cluster with nodes that run pods (profile `demo`) and an S3 server; skips where that cannot be."""
    if reason := lifecycle.possible():
        pytest.skip(reason)
    with started("pytest-real", nodes="demo", services=("s3",)) as running:
        yield running


@contextmanager
def started(prefix: str, *, nodes: str, services: tuple[str, ...] = ()) -> Iterator[Sandbox]:
    """A sandbox of this process, taken down at the end."""
    owner = os.getpid()
    folder = state.folder(os.environ, f"{prefix}-{owner}")
    request = cluster.Request(name=folder.name, nodes=nodes, services=services, owner_pid=owner)
    audits = os.environ.get("AUDIT_FOLDER")
    with audit(Path(audits) / f"{folder.name}.log") if audits else nullcontext():
        cluster.up(request, os.environ, Silent())
    try:
        yield Sandbox(folder)
    finally:
        cluster.down(folder)


@pytest.fixture(scope="session")
def kube(sandbox: Sandbox) -> Kube:
    """The API server as the administrator sees it."""
    return Kube(sandbox.kubeconfig)


@pytest.fixture
def kubectl(sandbox: Sandbox) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`kubectl(*arguments, stdin=None, check=True)` as the administrator."""
    return sandbox.kubectl


@pytest.fixture
def namespace(kube: Kube) -> Iterator[str]:
    """A fresh namespace, ready for pods; deleted afterwards without waiting."""
    with fresh_namespace(kube) as name:
        yield name


@contextmanager
def fresh_namespace(kube: Kube) -> Iterator[str]:
    """One that is ready for pods; deleted afterwards without waiting."""
    name = f"test-{secrets.token_hex(5)}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    kube.create(body)
    eventually(lambda: kube.find("v1", "ServiceAccount", "default", name))
    yield name
    kube.delete(body)


@pytest.fixture(scope="session")
def s3(sandbox: Sandbox) -> Service:
    """The sandbox's S3 server: endpoint and keys."""
    return cluster.add_services(sandbox.folder, ("s3",), os.environ, Silent()).services["s3"]


@pytest.fixture
def bucket(s3: Service) -> Iterator[Bucket]:
    """An empty, unversioned bucket for this test; gone with the run."""
    with fresh_bucket(s3) as made:
        yield made


@contextmanager
def fresh_bucket(s3: Service) -> Iterator[Bucket]:
    """An empty, unversioned one, gone with the run."""
    client = storage.client(s3)
    name = f"test-{secrets.token_hex(5)}"
    client.create_bucket(Bucket=name)
    yield Bucket(name, s3.endpoint, s3.access_key, s3.secret_key, client)
    client.close()
