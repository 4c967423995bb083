"""The model of an ExeML project registers itself: its record first, then its version and application, each once."""

from typing import Any, Final

import pytest
from tests.support.jobs import job, succeeded
from tests.support.training_world import put, registering
from tests.support.world import OPERATOR_NAMESPACE, World

from aiapp.controller.workqueue import Key
from aiapp.domain.exeml.record import record_name, record_of
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, VERSIONS, Json
from aiapp.domain.records import VersionRecord
from aiapp.ports.kubernetes import ApiError
from aiapp.reconcile.views.registrations import REGISTRATION

KEY: Final = Key(REGISTRATION, "team", "jobs.batch/train/uid-train")
PLACE: Final = "obs://exeml-models/projects/team/run-1/"


def of_project(uri: str = PLACE, project: str = "flowers", **fields: Any) -> Json:
    """The job of a project."""
    found = job(status=succeeded(), **fields)
    found["metadata"]["labels"] = {"aiapp.dev/exeml-project": project}
    (container,) = found["spec"]["template"]["spec"]["containers"]
    container["env"] = [{"name": "OUTPUT_PATH", "value": uri}]
    return found


@pytest.fixture
def world() -> World:
    return registering()


def kill(world: World, call: int) -> None:
    """At that write, counted from now."""
    calls = 0

    def fail() -> None:
        nonlocal calls
        calls += 1
        world.api.before["create"] = world.api.before["apply"] = fail
        if calls == call:
            raise ApiError(0, "Lost", "the operator is killed here")

    world.api.before["create"] = world.api.before["apply"] = fail


def versions(world: World) -> list[str]:
    return sorted(
        name for resource, _, name in world.api.objects if resource == VERSIONS and name.startswith("flowers")
    )


def applications(world: World) -> list[str]:
    return [name for resource, _, name in world.api.objects if resource == APPLICATIONS and name != "mnist"]


def recorded(world: World, version: str = "flowers-0.0.1") -> Json | None:
    return world.api.objects.get((CONFIG_MAPS, OPERATOR_NAMESPACE, record_name("team", version, "uid-train")))


async def test_application_version_and_record_are_made_and_agree(world: World) -> None:
    put(world, of_project())
    await world.of_registrations(KEY)
    assert versions(world) == ["flowers-0.0.1"]
    assert world.now_of(APPLICATIONS, "flowers")["spec"] == {}
    version = world.now_of(VERSIONS, "flowers-0.0.1")
    source = version["spec"]["source"]
    assert source["exeML"]["project"] == "flowers"
    assert source["exeML"]["job"]["uid"] == "uid-train"
    assert PLACE not in str(version)
    held = recorded(world)
    assert held is not None
    record = record_of(held)
    assert record is not None
    assert (record.uri, record.store) == (PLACE, "models")
    stamped = version["metadata"] | {"generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
    assert record.is_of(VersionRecord.parse(version | {"metadata": stamped}).spec)


@pytest.mark.parametrize("call", range(1, 6))
async def test_whatever_write_fails_it_is_registered_once_in_the_end(world: World, call: int) -> None:
    put(world, of_project())
    kill(world, call)
    for _ in range(3):
        try:
            await world.of_registrations(KEY)
        except ApiError:
            world.restart()
            put(world, of_project())
    assert versions(world) == ["flowers-0.0.1"]
    assert recorded(world) is not None
    assert applications(world) == ["flowers"]


@pytest.mark.parametrize("call", range(1, 5))
async def test_there_is_no_version_without_application_whatever_write_fails_before_the_job_goes(
    world: World, call: int
) -> None:
    """A job that is gone with the operator that followed it registers nothing more."""
    put(world, of_project())
    kill(world, call)
    with pytest.raises(ApiError):
        await world.of_registrations(KEY)
    assert not versions(world) or applications(world) == ["flowers"]


@pytest.mark.parametrize(
    "uri",
    ["obs://exeml-models/projects/other/run-1/", "obs://exeml-models/projects/team/../other/", "obs://elsewhere/team/"],
)
async def test_a_job_that_names_what_is_not_its_namespaces_registers_nothing(world: World, uri: str) -> None:
    put(world, of_project(uri))
    await world.of_registrations(KEY)
    assert versions(world) == []
    ((_, reason, message),) = world.events.sent
    assert reason == "ExeMLStoreUnknown"
    assert "exeml-models" not in message


async def test_a_job_without_the_label_is_none_of_exemls(world: World) -> None:
    found = of_project()
    found["metadata"]["labels"] = {}
    put(world, found)
    await world.of_registrations(KEY)
    assert versions(world) == []
