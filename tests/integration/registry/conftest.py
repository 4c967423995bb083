"""The real registry, and what asks it."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest
from tests.support.registries import Registry, running
from tests.support.stores import LOCAL

from aiapp.adapters.registry.client import RegistrySettings
from aiapp.adapters.registry.copying import OwnRegistrySettings, RegistryCopier
from aiapp.adapters.registry.pieces import PIECE_BYTES
from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.domain.images.reference import Reference, reference
from aiapp.domain.images.replica import own_registry
from aiapp.oci.access import RegistryAccess
from aiapp.oci.errors import OWN_HINTS
from aiapp.ports.registry import RegistryError

PLAIN = RegistryAccess(plain_http=True)
SETTINGS = RegistrySettings(allow_http=True, connect_seconds=1, read_seconds=2, policy=LOCAL)
OWN = replace(SETTINGS, request_seconds=10, hints=OWN_HINTS)

Copiers = Callable[..., RegistryCopier]


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


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The installation's own registry."""
    with running(tmp_path_factory.mktemp("own")) as found:
        yield found


@pytest.fixture
def layers() -> list[bytes]:
    """One of several pieces, which no other test has, and a small one."""
    return [os.urandom(2 * PIECE_BYTES + 1000), b"small"]


@pytest.fixture
async def copiers(registries: ImageRegistries) -> AsyncIterator[Copiers]:
    """Makes those that copy into a registry; closed at the end."""
    made: list[RegistryCopier] = []

    def make(address: str, **more: object) -> RegistryCopier:
        settings = OwnRegistrySettings(place=own_registry(f"{address}/copies"), client=OWN, plain_http=True)
        made.append(RegistryCopier(replace(settings, **more), registries, lambda: 0.0))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for copier in made:
        await copier.close()
