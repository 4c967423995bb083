"""Versions whose image is copied to the installation's own registry: pinned when all of it is there."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.engine import settles
from tests.support.known_images import KnownCopies, digest, found
from tests.unit.reconcile.version.test_image_source import MNIST, OWN, PACKAGE, ImageWorld, registered, secret
from typing_extensions import override

from aiapp.adapters.tenant_limiter import TenantLimiter
from aiapp.api.conditions import Reason
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.images.registry_image import Platform
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.ports.registry import RegistryError
from aiapp.reconcile.copies import PROGRESS_SECONDS, Copies

COPY = f"own.example.com/team/mnist@{digest(1)}"


class CopyingWorld(ImageWorld):
    """An installation with a registry of its own."""

    def __init__(self, source: Json | None = None, **more: Any) -> None:
        self.own, self.woken = KnownCopies(), list[Key]()
        super().__init__(source, **more)

    @override
    def _make_reconcilers(self) -> None:
        self.copy_slots = TenantLimiter(2)
        self.copies = Copies(self.own, self.copy_slots, self.woken.append)
        self.images = replace(self.images, copies=self.copies)
        super()._make_reconcilers()

    async def copied(self) -> Outcome:
        """A look that begins the copy, and the one that it wakes."""
        self.woken.clear()
        await self.look()
        await settles(lambda: self.woken == [self.version])
        return await self.look()


async def test_pods_run_the_copy_and_the_pin_names_the_original() -> None:
    world = CopyingWorld()
    await world.copied()
    status = world.status
    assert (status["phase"], status["image"]["image"], status["image"]["replicated"]) == ("Normal", COPY, True)
    assert status["artifact"]["image"] == f"r.example.com/mnist@{digest(1)}"


async def test_nothing_is_pinned_while_the_copy_goes_on() -> None:
    world = CopyingWorld()
    world.own.goes_on.clear()
    await world.look()
    await settles(lambda: bool(world.copies.under_way(world.version)))
    assert await world.look() == Outcome(retry_after=PROGRESS_SECONDS)
    assert world.said("SourceResolved")[0] == "True"
    assert world.said("ArtifactPinned") == (
        "Unknown",
        "ImageCopying",
        "being copied to the installation's registry, 1.0 MiB of 3.0 MiB",
    )
    assert world.said("Ready")[:2] == ("Unknown", "ImageCopying")
    assert "artifact" not in world.status


async def test_a_tag_that_moves_during_the_copy_changes_nothing_of_what_is_pinned() -> None:
    world = CopyingWorld()
    world.own.goes_on.clear()
    await world.look()
    world.registries.push([found(number=2)])
    await world.look()
    world.own.goes_on.set()
    await settles(lambda: world.woken == [world.version])
    await world.look()
    assert world.status["image"]["image"] == COPY


async def test_another_image_in_the_spec_takes_the_place_of_the_one_that_is_copied() -> None:
    world = CopyingWorld()
    world.own.goes_on.clear()
    await world.look()
    world.registries.push([found(name=OWN, number=5)])
    world.spec_is({"source": {"image": {"reference": OWN}}})
    world.own.goes_on.set()
    await world.copied()
    assert world.status["image"]["digest"] == digest(5)


async def test_a_layer_that_vanishes_during_the_copy_is_told_and_the_copy_is_tried_again() -> None:
    world = CopyingWorld()
    world.own.fault = RegistryError(Reason.IMAGE_INCOMPLETE, "a layer is gone", retryable=False)
    outcome = await world.copied()
    assert outcome.failed
    told = "it was not copied: a layer is gone; spec.source.image.replicate: false does without a copy"
    assert world.said("ArtifactPinned") == ("False", "ImageIncomplete", told)
    world.own.fault = None
    await world.copied()
    assert world.said("Ready")[0] == "True"


async def test_a_secret_that_is_for_other_registries_by_the_time_of_a_copy_is_not_sent_anywhere() -> None:
    world = CopyingWorld(container={"imagePullSecrets": [{"name": "pull"}]})
    kept = secret(**{"r.example.com": "me:secret"})
    world.api.hold(kept, "uid-secret")
    async with world.copy_slots.slot("team"):
        await world.look()
        assert world.said("ArtifactPinned")[1] == "ImageCopying"
        kept["metadata"]["annotations"] = {"aiapp.dev/allowed-endpoints": "https://other.example.com"}
        world.api.hold(kept, "uid-secret")
    await settles(lambda: world.woken == [world.version])
    assert not world.own.held
    await world.look()
    assert world.said("SourceResolved")[1] == "CredentialsDenied"


async def test_an_index_that_is_pinned_without_all_its_platforms_says_which_are_not_there() -> None:
    world = ImageWorld({"image": {"reference": MNIST}})
    world.registries.push([replace(found(), absent=(Platform("linux", "arm64"),))])
    await world.look()
    assert world.said("ArtifactPinned")[2].endswith(
        "; its index names linux/arm64 too, which its registry does not have"
    )
    assert world.status["image"]["absentPlatforms"] == ["linux/arm64"]


async def test_a_registry_that_serves_a_package_need_not_be_copied_either() -> None:
    bucket = registered(model_type="PyTorch", swr_location=None)
    container = {"image": OWN, "imageRegistry": {"replicate": False}}
    world = CopyingWorld({"obs": {"uri": PACKAGE}}, bucket=bucket, container=container)
    world.registries.push([found(name=OWN, number=5)])
    await world.look()
    assert not world.own.held
    assert world.status["image"]["replicated"] is False


async def test_who_does_not_want_a_copy_runs_the_original() -> None:
    world = CopyingWorld({"image": {"reference": MNIST, "replicate": False}})
    await world.look()
    assert world.status["image"]["image"] == f"r.example.com/mnist@{digest(1)}"
    assert not world.own.held


async def test_a_copy_that_nobody_can_make_is_refused_with_the_setting() -> None:
    world = ImageWorld({"image": {"reference": MNIST, "replicate": True}})
    await world.look()
    status, reason, message = world.said("SourceResolved")
    assert (status, reason) == ("False", "SpecInvalid")
    assert "AIAPP_REGISTRY" in message


async def test_a_version_that_is_gone_ends_its_copy() -> None:
    world = CopyingWorld()
    world.own.goes_on.clear()
    await world.look()
    world.lose(VERSIONS, "mnist-1.0.0")
    await world.look()
    assert world.copies.under_way(world.version) is None


@pytest.mark.parametrize("container", [{"image": OWN}, None])
async def test_images_that_serve_packages_are_copied_too(container: Json | None) -> None:
    bucket = registered() if container is None else registered(model_type="PyTorch", swr_location=None)
    world = CopyingWorld({"obs": {"uri": PACKAGE}}, bucket=bucket, **({"container": container} if container else {}))
    world.registries.push([found(name=OWN, number=5)])
    await world.copied()
    assert world.status["phase"] == "Normal"
    assert world.status["image"]["image"].startswith("own.example.com/team/")


async def test_a_copy_that_is_lost_is_made_again() -> None:
    world = CopyingWorld()
    await world.copied()
    await world.compare()
    await world.look()
    assert world.said("SourceUnchanged")[0] == "True"
    world.own.held.clear()
    await world.compare()
    await world.look()
    status, reason, message = world.said("SourceUnchanged")
    assert (status, reason) == ("Unknown", "ImageCopying")
    assert message.startswith(f"the installation's registry has lost {COPY}: ")
    await settles(lambda: digest(1) in world.own.held)
    await world.compare()
    await world.look()
    assert world.said("SourceUnchanged")[0] == "True"


async def test_what_becomes_of_the_original_hurts_nobody_who_has_a_copy() -> None:
    world = CopyingWorld()
    await world.copied()
    world.registries.tags.clear()
    world.registries.held.clear()
    await world.compare()
    await world.look()
    status, reason, message = world.said("SourceUnchanged")
    assert (status, reason) == ("False", "SourceChanged")
    assert f"pods run the copy {COPY}" in message
