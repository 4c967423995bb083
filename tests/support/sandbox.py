"""Fixtures on a real control plane: one sandbox a test run, a fresh namespace a test, S3 when asked for.

Under pytest-xdist all workers share the sandbox; the last one that used it takes it down. What a killed run leaves
is removed by the next start of any sandbox.
"""

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from tests.support.kube import Kube
from tests.support.waiting import eventually

from aiapp.sandbox import cluster, state
from aiapp.sandbox.locks import exclusive
from aiapp.sandbox.nodes import lifecycle
from aiapp.sandbox.profiles import SimulatedNode
from aiapp.sandbox.progress import Silent
from aiapp.sandbox.state import Folder, Record, Service

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"


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
        """Create simulated nodes and wait until they are Ready. Nodes are cluster-wide: use names of your own."""
        cluster.add_simulated_nodes(self.folder, nodes, os.environ, Silent())

    def kubectl(
        self, *arguments: str, stdin: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as the administrator; with `check` a failure is an AssertionError with what it said."""
        options = [f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.folder.path / 'kubectl'}"]
        command = [str(self.record.binaries["kubectl"]), *options, *arguments]
        done = subprocess.run(command, input=stdin or "", capture_output=True, text=True, timeout=120, check=False)
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
    region: str = REGION


def s3_client(service: Service) -> "S3Client":
    """A client with the server's own keys."""
    return boto3.client(
        "s3",
        endpoint_url=service.endpoint,
        aws_access_key_id=service.access_key,
        aws_secret_access_key=service.secret_key,
        region_name=REGION,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The run's control plane, without nodes; shared by all workers of the run."""
    with _shared(tmp_path_factory, "pytest", nodes="none") as shared:
        yield shared


@pytest.fixture(scope="session")
def real_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The run's cluster with nodes that run pods (profile `demo`) and an S3 server; skips where that cannot be."""
    if reason := lifecycle.possible():
        pytest.skip(reason)
    with _shared(tmp_path_factory, "pytest-real", nodes="demo", services=("s3",)) as shared:
        yield shared


@contextmanager
def _shared(
    factory: pytest.TempPathFactory, prefix: str, *, nodes: str, services: tuple[str, ...] = ()
) -> Iterator[Sandbox]:
    # The process that a person started: it lives as long as the run.
    owner = os.getppid() if _is_worker() else os.getpid()
    folder = state.folder(os.environ, f"{prefix}-{owner}")
    users = _run_folder(factory) / f"{prefix}-users"
    lock = _run_folder(factory) / f"{prefix}.lock"
    with exclusive(lock):
        request = cluster.Request(name=folder.name, nodes=nodes, services=services, owner_pid=owner)
        cluster.up(request, os.environ, Silent())
        users.write_text(f"{_count(users) + 1}")
    try:
        yield Sandbox(folder)
    finally:
        with exclusive(lock):
            users.write_text(f"{_count(users) - 1}")
            if _count(users) == 0:
                cluster.down(folder)


def _is_worker() -> bool:
    """Whether this is one of several processes that share the run's tests."""
    return "PYTEST_XDIST_WORKER" in os.environ


def _run_folder(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return base.parent if _is_worker() else base


def _count(users: Path) -> int:
    return int(users.read_text()) if users.exists() else 0


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
    name = f"test-{secrets.token_hex(5)}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    kube.create(body)
    eventually(lambda: kube.find("v1", "ServiceAccount", "default", name))
    yield name
    kube.delete(body)


@pytest.fixture(scope="session")
def s3(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The run's S3 server: endpoint and keys."""
    with exclusive(_run_folder(tmp_path_factory) / "pytest.lock"):  # the other worker wants it at the same moment
        return cluster.add_services(sandbox.folder, ("s3",), os.environ, Silent()).services["s3"]


@pytest.fixture
def bucket(s3: Service) -> Iterator[Bucket]:
    """An empty, unversioned bucket for this test; gone with the run."""
    client = s3_client(s3)
    name = f"test-{secrets.token_hex(5)}"
    client.create_bucket(Bucket=name)
    yield Bucket(name, s3.endpoint, s3.access_key, s3.secret_key, client)
    client.close()
