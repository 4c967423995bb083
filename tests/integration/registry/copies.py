"""Images that are copied, faults on the way, and what came of it."""

from collections.abc import Callable
from http import HTTPStatus

import pytest
from tests.integration.registry.conftest import PLAIN
from tests.support.fault_proxy import NO_FAULT, Fault, FaultProxy, Request
from tests.support.images import Image
from tests.support.registries import Registry

from aiapp.adapters.registry.copying import RegistryCopier
from aiapp.adapters.registry.pieces import PIECE_BYTES
from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.domain.images.reference import Reference, reference
from aiapp.domain.images.registry_image import RegistryImage
from aiapp.domain.images.replica import CopyProgress
from aiapp.ports.registry import RegistryError

NAMESPACE = "team-a"


async def lying(
    registries: ImageRegistries, registry: Registry, repository: str, pushed: Image, at: FaultProxy | None = None
) -> RegistryImage:
    """The image, which is put there and asked for there, or at a proxy in front."""
    registry.push(repository, pushed, "1")
    return await registries.resolve(reference(f"{(at or registry).address}/{repository}:1"), PLAIN)


async def copied(copier: RegistryCopier, found: RegistryImage) -> tuple[Reference, list[CopyProgress]]:
    told: list[CopyProgress] = []
    return await copier.copy(found, PLAIN, NAMESPACE, told.append), told


async def failure(copier: RegistryCopier, found: RegistryImage) -> RegistryError:
    with pytest.raises(RegistryError) as failed:
        await copied(copier, found)
    return failed.value


async def stopped(copier: RegistryCopier, found: RegistryImage) -> None:
    """In the midst of the layer that has several pieces."""

    def stop(progress: CopyProgress) -> None:
        if progress.done_bytes > PIECE_BYTES:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await copier.copy(found, PLAIN, NAMESPACE, stop)


def at_manifest(digest: str) -> Callable[[Request], Fault]:
    """The registry does not have that one."""
    gone = Fault(status=HTTPStatus.NOT_FOUND)
    return lambda request: gone if request.target.endswith(f"/manifests/{digest}") else NO_FAULT


def holds(own: Registry, place: Reference, pushed: Image) -> bool:
    """Every manifest and blob, byte by byte."""
    for one in pushed.manifests:
        status, _, body = own.request(
            "GET", f"/v2/{place.repository}/manifests/{one.digest}", headers={"Accept": one.media_type}
        )
        assert (status, body) == (200, one.body)
    for name, blob in pushed.all_blobs.items():
        assert own.request("GET", f"/v2/{place.repository}/blobs/{name}")[::2] == (200, blob)
    return True
