"""A cluster of two nodes with a real gateway before it, so that one can be drained."""

import os

import pytest
from tests.e2e.drain.conftest import installed, two_nodes
from tests.support.sandbox import Sandbox

from aiapp_sandbox.cluster import add_services
from aiapp_sandbox.progress import Silent

__all__ = ["installed", "two_nodes"]


@pytest.fixture(scope="session")
def gateway(two_nodes: Sandbox) -> str:
    """The URL of Traefik before that cluster."""
    return add_services(two_nodes.folder, ("gateway",), os.environ, Silent()).services["gateway"].endpoint
