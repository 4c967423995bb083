"""A control plane that only the engine's tests use, so that it may be broken."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.kube import Kube
from tests.support.operator import SERVICE_ACCOUNT, Operator, install
from tests.support.sandbox import Sandbox

from aiapp_sandbox import cluster, state
from aiapp_sandbox.progress import Silent


@pytest.fixture(scope="session")
def own_sandbox() -> Iterator[Sandbox]:
    """Beside the run's sandbox, with CRDs, rights and catalogue."""
    folder = state.folder(os.environ, f"engine-{os.getpid()}")
    cluster.up(cluster.Request(name=folder.name, owner_pid=os.getpid()), os.environ, Silent())
    install(Kube(folder.kubeconfig))
    yield Sandbox(folder)
    cluster.down(folder)


@pytest.fixture(scope="session")
def own_kube(own_sandbox: Sandbox) -> Kube:
    """Its administrator."""
    return Kube(own_sandbox.kubeconfig)


@pytest.fixture
def own_operator(own_sandbox: Sandbox, own_kube: Kube, tmp_path: Path) -> Iterator[Operator]:
    """The operator there, not started yet; its log must tell no unexpected error."""
    running = Operator(own_sandbox.service_account(*SERVICE_ACCOUNT), tmp_path / "operator.log")
    yield running
    if running.process is not None:
        running.stop()
    assert "Traceback" not in running.log(), running.log()
