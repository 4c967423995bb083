"""The real registry, and what asks it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.support.registries import Registry, running
from tests.support.stores import LOCAL

from aiapp.adapters.registry.client import RegistrySettings
from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.domain.images.reference import Reference, reference
from aiapp.oci.access import RegistryAccess
from aiapp.ports.registry import RegistryError

PLAIN = RegistryAccess(plain_http=True)
SETTINGS = RegistrySettings(allow_http=True, connect_seconds=1, read_seconds=2, policy=LOCAL)


def asked_for(registry: Registry, rest: str) -> Reference:
    """An image in that registry."""
    return reference(f"{registry.address}/{rest}")


async def refused(registries: ImageRegistries, asked: Reference, access: RegistryAccess = PLAIN) -> RegistryError:
    """Why the image is not resolved."""
    with pytest.raises(RegistryError) as found:
        await registries.resolve(asked, access)
    return found.value


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
