"""Fixtures for a module whose sandbox no other test may meet: import them there, or in its conftest.py."""

import os
from collections.abc import Iterator

import pytest
from tests.support.kube import Kube
from tests.support.operator import install
from tests.support.sandbox import Sandbox, started

from aiapp_sandbox.cluster import add_services
from aiapp_sandbox.progress import Silent
from aiapp_sandbox.state import Service


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A control plane without nodes, gone after the module."""
    with started("pytest-own", nodes="none") as running:
        yield running


@pytest.fixture(scope="module")
def kube(sandbox: Sandbox) -> Kube:
    """The API server as the administrator sees it."""
    return Kube(sandbox.kubeconfig)


@pytest.fixture(scope="module")
def s3(sandbox: Sandbox) -> Service:
    """The sandbox's S3 server: endpoint and keys."""
    return add_services(sandbox.folder, ("s3",), os.environ, Silent()).services["s3"]


@pytest.fixture(scope="module")
def installed(kube: Kube) -> None:
    """CRDs, rights and catalogue are on it."""
    install(kube)
