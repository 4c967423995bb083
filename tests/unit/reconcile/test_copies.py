"""Copies go on beside the reconciles that ask for them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import pytest
from tests.support.engine import settles
from typing_extensions import override

from aiapp.adapters.tenant_limiter import TenantLimiter
from aiapp.api.conditions import Reason
from aiapp.api.image import ImageStatus
from aiapp.controller.workqueue import Key
from aiapp.domain.images.reference import Reference, reference
from aiapp.domain.images.registry_image import RegistryImage
from aiapp.domain.images.replica import CopyProgress
from aiapp.oci.access import RegistryAccess
from aiapp.ports.registry import ImageCopier, RegistryError, Told
from aiapp.reconcile.copies import TURN_SECONDS, Copies, Copying

PLACE = reference("own.example.com/team/model")


def image(number: int = 0) -> ImageStatus:
    digest = f"sha256:{number:064}"
    return ImageStatus(
        reference="quay.io/a:1", image=f"quay.io/a@{digest}", digest=digest, platforms=(), bytes=0, size="0 B"
    )


def key(namespace: str = "team", name: str = "model") -> Key:
    return Key("AIApplicationVersion", namespace, name)


@dataclass
class Copier(ImageCopier):
    """Does what it is told."""

    tolds: list[Told] = field(default_factory=list)
    ends: list["asyncio.Future[Reference]"] = field(default_factory=list)

    @override
    async def copy(self, image: RegistryImage, access: RegistryAccess, namespace: str, told: Told) -> Reference:
        self.tolds.append(told)
        self.ends.append(asyncio.get_running_loop().create_future())
        return await self.ends[-1]

    @override
    async def holds(self, image: RegistryImage, namespace: str) -> bool:
        return False


@dataclass
class World:
    copier: Copier
    copies: Copies
    woken: list[Key]
    now: float = 0.0
    reached: list[str] = field(default_factory=list)
    """Names of versions whose registries are reached."""

    def copied(self, asked: Key, number: int = 0) -> Copying | Reference:
        return self.copies.copied(asked, image(number), partial(self.reach, asked.name))

    async def reach(self, name: str) -> RegistryAccess:
        self.reached.append(name)
        return RegistryAccess()

    async def begun(self, count: int) -> None:
        await settles(lambda: len(self.copier.ends) == count)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    woken: list[Key] = []
    copier = Copier()
    made = World(copier, Copies(copier, TenantLimiter(2), woken.append, lambda: made.now), woken)
    running = asyncio.create_task(made.copies.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_reconcile_is_told_how_far_a_copy_is_and_woken_at_its_end(world: World) -> None:
    assert world.copied(key()) == Copying(image(), None)
    await world.begun(1)
    world.copier.tolds[0](CopyProgress(1, 2))
    assert world.copied(key()) == Copying(image(), CopyProgress(1, 2))
    assert world.copies.under_way(key()) == image()
    world.copier.ends[0].set_result(PLACE)
    await settles(lambda: world.woken == [key()])
    assert world.copied(key()) == PLACE
    assert world.copies.under_way(key()) is None
    assert len(world.copier.ends) == 1


async def test_a_failure_is_told_once_and_then_it_is_tried_again(world: World) -> None:
    world.copied(key())
    await world.begun(1)
    world.copier.ends[0].set_exception(RegistryError(Reason.IMAGE_INCOMPLETE, "a layer is gone", retryable=False))
    await settles(lambda: world.woken == [key()])
    with pytest.raises(RegistryError, match="a layer is gone"):
        world.copied(key())
    assert isinstance(world.copied(key()), Copying)
    await world.begun(2)


async def test_what_goes_wrong_otherwise_is_an_error_without_its_text(world: World) -> None:
    world.copied(key())
    await world.begun(1)
    world.copier.ends[0].set_exception(ValueError("secret"))
    await settles(lambda: bool(world.woken))
    with pytest.raises(RegistryError, match="could not be copied") as found:
        world.copied(key())
    assert (found.value.reason, found.value.retryable) == (Reason.INTERNAL_ERROR, True)
    assert "secret" not in found.value.message


async def test_a_namespace_copies_one_image_at_a_time_and_another_need_not_wait(world: World) -> None:
    world.copied(key(name="a"))
    world.copied(key(name="b"), 1)
    world.copied(key("other"), 2)
    await world.begun(2)
    assert world.copied(key(name="b"), 1) == Copying(image(1), None)
    assert world.reached == ["a", "model"]  # what waits holds no login
    world.copier.ends[0].set_result(PLACE)
    await world.begun(3)
    assert world.reached == ["a", "model", "b"]


async def test_a_version_that_is_gone_ends_its_copy_and_wakes_nobody(world: World) -> None:
    world.copied(key())
    await world.begun(1)
    world.copies.forget(key())
    await settles(world.copier.ends[0].cancelled)
    assert world.woken == []


async def test_another_image_takes_the_place_of_the_first(world: World) -> None:
    world.copied(key())
    await world.begun(1)
    assert world.copied(key(), 1) == Copying(image(1), None)
    await world.begun(2)
    assert world.copier.ends[0].cancelled()


async def test_a_slow_copy_stops_now_and_then_for_those_who_wait(world: World) -> None:
    for namespace in ("a", "b", "c"):
        world.copied(key(namespace))
    await world.begun(2)
    world.copier.tolds[0](CopyProgress(1, 3))
    world.now = TURN_SECONDS + 1
    try:
        world.copier.tolds[0](CopyProgress(2, 3))
    except Exception as stop:  # noqa: BLE001 - it is raised where the copy may stop
        world.copier.ends[0].set_exception(stop)
    await world.begun(3)
    assert world.copied(key("a")) == Copying(image(), CopyProgress(2, 3))
    assert world.copied(key("c")) == Copying(image(), None)
    world.copier.ends[1].set_result(PLACE)
    await world.begun(4)  # that of the first goes on
    world.copier.ends[3].set_result(PLACE)
    await settles(lambda: key("a") in world.woken)
    assert world.copied(key("a")) == PLACE


async def test_a_layer_that_comes_in_one_go_is_not_stopped_in_its_midst_but_at_its_end(world: World) -> None:
    world.copied(key())
    await world.begun(1)
    world.now = TURN_SECONDS + 1
    world.copier.tolds[0](CopyProgress(1, 3, "quay.io"))
    assert world.copied(key()) == Copying(image(), CopyProgress(1, 3, "quay.io"))
    with pytest.raises(Exception, match=r"^$"):  # what lets others have their turn
        world.copier.tolds[0](CopyProgress(2, 3))
    world.copier.ends[0].set_result(PLACE)
    await settles(lambda: key() in world.woken)
    assert world.copied(key()) == PLACE
