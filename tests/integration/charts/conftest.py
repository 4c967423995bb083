"""Helm without a cluster, and on a control plane of its own, with nodes on which pods become Ready without running."""

from collections.abc import Iterator

import pytest
from tests.support.helm import Helm
from tests.support.kube import Kube
from tests.support.sandbox import Sandbox, started


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm without a cluster."""
    return Helm(tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Sandbox]:
    """A control plane on which nothing is installed."""
    with started("pytest-helm", nodes="simulated") as running:
        yield running


@pytest.fixture(scope="module")
def own_kube(own_cluster: Sandbox) -> Kube:
    """Its API server as the administrator sees it."""
    return Kube(own_cluster.kubeconfig)


@pytest.fixture(scope="module")
def releases(own_cluster: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm on it."""
    return Helm(tmp_path_factory.mktemp("helm"), own_cluster.kubeconfig)
