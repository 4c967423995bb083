"""A cluster that runs pods, with the operator in it and a real gateway before it."""

import os

import pytest
from tests.e2e.conftest import Installed, cordoned, installed, make_serving, serving, space
from tests.support.sandbox import Sandbox

from aiapp_sandbox.cluster import add_services
from aiapp_sandbox.progress import Silent

__all__ = ["Installed", "cordoned", "installed", "make_serving", "serving", "space"]


@pytest.fixture(scope="session")
def gateway(real_cluster: Sandbox) -> str:
    """The URL of Traefik, which serves the Gateway `gateway/sandbox`."""
    return add_services(real_cluster.folder, ("gateway",), os.environ, Silent()).services["gateway"].endpoint
