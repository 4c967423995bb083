"""Children without an owner are taken back for an application that lives, as the API server has it now."""

import pytest
from tests.support.world import World

from aiapp.domain.kubernetes.naming import APPLIED_ANNOTATION
from aiapp.domain.kubernetes.resources import APPLICATIONS, SERVICES
from aiapp.domain.rendering.service import version_service
from aiapp.ports.kubernetes import StaleError


def orphaned(world: World) -> str:
    """A Service of the operator's that has lost its owner; the name."""
    made = version_service("mnist", "1.0.0")
    metadata = {**made["metadata"], "namespace": "team", "annotations": {APPLIED_ANNOTATION: "0123"}}
    world.hold(SERVICES, {**made, "metadata": metadata}, "uid-orphan")
    return str(metadata["name"])


def owners(world: World, name: str) -> list[str]:
    """Their kinds."""
    return [owner["kind"] for owner in world.now_of(SERVICES, name)["metadata"].get("ownerReferences") or ()]


async def test_an_application_that_lives_takes_back_what_lost_its_owner() -> None:
    world = World()
    name = orphaned(world)
    await world.of_applications(world.application)
    assert owners(world, name) == ["AIApplication"]


@pytest.mark.parametrize("live", ["going", "gone", "another"])
async def test_one_that_only_the_cache_still_has_takes_nothing(live: str) -> None:
    """What it leaves behind on purpose would be collected as garbage with it."""
    world = World()
    name = orphaned(world)
    place = (APPLICATIONS, "team", "mnist")
    metadata = world.api.objects[place]["metadata"]
    if live == "gone":
        del world.api.objects[place]
    else:
        change = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if live == "going" else {"uid": "uid-another"}
        world.api.objects[place] = {**world.api.objects[place], "metadata": {**metadata, **change}}
    with pytest.raises(StaleError):
        await world.of_applications(world.application)
    assert owners(world, name) == []
