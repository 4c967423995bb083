"""Fixtures that every test may ask for."""

import pytest
from tests.support.operator import installed, operator
from tests.support.sandbox import bucket, kube, kubectl, namespace, real_cluster, s3, sandbox

__all__ = ["bucket", "installed", "kube", "kubectl", "namespace", "operator", "real_cluster", "s3", "sandbox"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write the files in tests/data/golden anew.")
