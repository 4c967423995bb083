"""A cluster of two nodes of this machine's architecture, so that one can be drained."""

from collections.abc import Iterator

import pytest
from tests.e2e.conftest import Installed, installed_on
from tests.support.sandbox import Sandbox, started

from aiapp_sandbox.nodes import lifecycle

TWO_NODES = "nodes: [{kind: real, name: one}, {kind: real, name: two}]\n"


@pytest.fixture(scope="session")
def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    if reason := lifecycle.possible():
        pytest.skip(reason)
    profile = tmp_path_factory.mktemp("nodes") / "two.yaml"
    profile.write_text(TWO_NODES)
    with started("pytest-two", nodes=str(profile), services=("s3",)) as running:
        yield running


@pytest.fixture(scope="session")
def installed(two_nodes: Sandbox) -> Installed:
    """The operator, on one of the two."""
    return installed_on(two_nodes)
