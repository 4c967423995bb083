"""What is said of new objects: of quick imports only the outcome, of slow ones also that they go on."""

import asyncio

import pytest
from tests.support.engine import settles
from tests.support.world import UNSEEN, World

from aiapp.api.conditions import Reason
from aiapp.api.meta import NEVER
from aiapp.domain.application.status import SILENT_SECONDS
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Resource
from aiapp.ports.kubernetes import StaleError
from aiapp.ports.objectstore import StoreError


def ready(world: World, resource: Resource, name: str) -> str:
    """The reason of the condition Ready, as the API server has it."""
    return str(world.condition(resource, name)["reason"])


@pytest.fixture
def world() -> World:
    """Its store is slow, and says in the end that there is no such bucket."""
    world = World()
    world.bucket.fault = StoreError(Reason.BUCKET_NOT_FOUND, "no such bucket", retryable=False)
    world.bucket.answers.clear()
    return world


def test_an_object_that_nobody_looked_at_is_not_ready_and_has_no_date() -> None:
    (ready,) = UNSEEN[VERSIONS]["conditions"]
    assert (ready["type"], ready["status"], ready["lastTransitionTime"]) == ("Ready", "Unknown", NEVER)


async def test_of_a_quick_import_only_the_outcome_is_written(world: World) -> None:
    world.bucket.answers.set()
    await world.of_versions(world.version)
    assert (ready(world, VERSIONS, "mnist-1.0.0"), world.writes) == ("BucketNotFound", 1)
    assert [reason for _, reason, _ in world.events.sent] == ["BucketNotFound"]


async def test_a_slow_import_is_told_while_it_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiapp.reconcile.version.reconciler.QUICK_SECONDS", 0.0)
    under_way = asyncio.create_task(world.of_versions(world.version))
    await settles(lambda: world.writes == 1)
    assert ready(world, VERSIONS, "mnist-1.0.0") == "Importing"
    world.bucket.answers.set()
    await under_way
    assert (ready(world, VERSIONS, "mnist-1.0.0"), world.writes) == ("BucketNotFound", 2)
    assert [reason for _, reason, _ in world.events.sent] == ["ImportStarted", "BucketNotFound"]


async def test_the_first_date_is_the_operators_not_the_schemas(world: World) -> None:
    world.bucket.answers.set()
    await world.of_applications(world.application)
    world.now += SILENT_SECONDS
    await world.of_applications(world.application)
    conditions = world.api.objects[APPLICATIONS, "team", "mnist"]["status"]["conditions"]
    assert [c for c in conditions if c["lastTransitionTime"] == NEVER] == []


async def test_a_new_application_says_that_it_waits_only_when_that_takes_long(world: World) -> None:
    outcome = await world.of_applications(world.application)
    assert (outcome.retry_after, world.writes) == (SILENT_SECONDS, 0)
    world.now += SILENT_SECONDS
    outcome = await world.of_applications(world.application)
    assert (outcome.retry_after, ready(world, APPLICATIONS, "mnist")) == (None, "VersionNotReady")


async def test_an_application_that_was_told_of_says_at_once_that_it_waits(world: World) -> None:
    world.now += SILENT_SECONDS
    app = world.store.get(APPLICATIONS, "team", "mnist")
    assert app is not None
    told = app | {"status": {**UNSEEN[APPLICATIONS], "observedGeneration": 1}}
    world.store.put(APPLICATIONS, world.api.hold(told, app["metadata"]["uid"]))
    assert (await world.of_applications(world.application)).retry_after is None
    assert ready(world, APPLICATIONS, "mnist") == "VersionNotReady"


async def test_an_import_that_another_writer_was_quicker_with_is_not_told_over_it(world: World) -> None:
    under_way = asyncio.create_task(world.of_versions(world.version))
    await settles(lambda: bool(world.bucket.listed))
    seen = world.store.get(VERSIONS, "team", "mnist-1.0.0")
    assert seen is not None
    pinned = world.api.hold(seen | {"status": {**seen["status"], "phase": "Normal"}}, seen["metadata"]["uid"])
    world.store.put(VERSIONS, pinned)
    world.bucket.answers.set()
    with pytest.raises(StaleError):
        await under_way
    assert world.api.objects[VERSIONS, "team", "mnist-1.0.0"] == pinned


def remembered(world: World) -> list[tuple[str, int]]:
    status = world.api.objects[VERSIONS, "team", "mnist-1.0.0"]["status"]
    return [(one["reason"], one["count"]) for one in status["events"]]


async def test_the_status_remembers_a_quick_import_from_its_start_without_another_write(world: World) -> None:
    world.bucket.answers.set()
    await world.of_versions(world.version)
    assert (remembered(world), world.writes) == ([("BucketNotFound", 1), ("ImportStarted", 1)], 1)


async def test_the_status_remembers_the_start_of_a_slow_import_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiapp.reconcile.version.reconciler.QUICK_SECONDS", 0.0)
    under_way = asyncio.create_task(world.of_versions(world.version))
    await settles(lambda: world.writes == 1)
    assert remembered(world) == [("ImportStarted", 1)]
    world.bucket.answers.set()
    await under_way
    assert (remembered(world), world.writes) == ([("BucketNotFound", 1), ("ImportStarted", 1)], 2)
