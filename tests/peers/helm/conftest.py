"""Helm 4 on a control plane of its own."""

from pathlib import Path

import pytest
from tests.integration.charts.conftest import own_cluster, own_kube
from tests.support.helm import Helm
from tests.support.peers import helm_4
from tests.support.sandbox import Sandbox

__all__ = ["helm_4", "own_cluster", "own_kube"]


@pytest.fixture(scope="session")
def helm(helm_4: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm 4 without a cluster."""
    return Helm(tmp_path_factory.mktemp("helm"), program=helm_4)


@pytest.fixture(scope="module")
def releases(own_cluster: Sandbox, helm_4: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm 4 on it."""
    return Helm(tmp_path_factory.mktemp("helm"), own_cluster.kubeconfig, helm_4)
