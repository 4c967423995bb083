"""Helm 4 upgrades and rolls back on a real node as Helm 3 does."""

from pathlib import Path

import pytest
from tests.e2e.test_upgrade import (
    built,
    node,
    pytestmark,
    served,
    test_who_is_served_does_not_notice_an_upgrade_or_a_rollback,
)
from tests.support.helm import Helm
from tests.support.sandbox import Sandbox

__all__ = ["built", "node", "pytestmark", "served", "test_who_is_served_does_not_notice_an_upgrade_or_a_rollback"]


@pytest.fixture
def helm(node: Sandbox, helm_4: Path, tmp_path: Path) -> Helm:
    return Helm(tmp_path, node.kubeconfig, helm_4)
