"""A control plane that only the engine's tests use, so that it may be broken."""

import os
from collections.abc import Iterator

import pytest
from tests.support.kube import Kube
from tests.support.operator import install
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
