"""A cluster that runs pods, with the operator in it and a real gateway before it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import installed, make_serving, space
from tests.e2e.serving import Serving
from tests.peers.gateway.routed import Routed
from tests.support.sandbox import Sandbox

from aiapp_sandbox.cluster import add_services
from aiapp_sandbox.progress import Silent

__all__ = ["installed", "make_serving", "space"]


@pytest.fixture(scope="session")
def gateway(real_cluster: Sandbox) -> str:
    """The URL of Traefik, which serves the Gateway `gateway/sandbox`."""
    return add_services(real_cluster.folder, ("gateway",), os.environ, Silent()).services["gateway"].endpoint


@pytest.fixture
def serving(make_serving: Callable[..., Serving], gateway: str, tmp_path: Path) -> Routed:
    """A namespace with the keys of a bucket, and a gateway before its application."""
    made = make_serving()
    return Routed(made.registry, made.kubectl, made.images, gateway, tmp_path / "load.jsonl")
