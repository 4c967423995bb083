"""The real registry, and what asks it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.support.registries import Registry, running
from tests.support.stores import LOCAL

from aiapp.adapters.registry.client import RegistrySettings
from aiapp.adapters.registry.registries import ImageRegistries

SETTINGS = RegistrySettings(allow_http=True, connect_seconds=1, read_seconds=2, policy=LOCAL)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Open to everybody, without TLS."""
    with running(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture
async def registries() -> AsyncIterator[ImageRegistries]:
    made = ImageRegistries(SETTINGS)
    yield made
    await made.close()
