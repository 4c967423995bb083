"""A version is imported, and what it is pinned to is kept: the reconciler over an API server and a store in memory."""

import pytest
from tests.support.documents import changed
from tests.support.world import World

from aiapp.domain.artifact.content import Content
from aiapp.domain.artifact.digest_config_map import KnownContent, digest_object
from aiapp.domain.artifact.sharing import is_owned_by, is_used_by
from aiapp.domain.kubernetes.naming import digest_config_map, manifest_config_map
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, VERSIONS
from aiapp.ports.kubernetes import ApiError

NAME = "mnist-1.0.0"


@pytest.fixture
def world() -> World:
    return World()


def stranger(world: World, name: str) -> None:
    metadata = {"name": name, "namespace": "team"}
    world.api.hold({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {}}, "uid-stranger")


async def test_an_import_keeps_the_manifest_before_it_says_that_it_is_pinned(world: World) -> None:
    await world.look()
    assert world.api.writes == ["create", "replace_status"]
    (kept,) = world.config_maps.values()
    assert kept["metadata"]["name"] == manifest_config_map(world.status["artifact"]["pin"])
    assert is_used_by(kept, world.now_of(VERSIONS, NAME))


async def test_the_application_that_is_to_serve_it_is_an_owner_of_the_manifest_from_the_start(world: World) -> None:
    await world.look()
    (kept,) = world.config_maps.values()
    assert is_owned_by(kept, world.now_of(APPLICATIONS, "mnist"))
    world.api.calls.clear()
    await world.of_applications(world.application)
    assert "patch" not in world.api.calls


async def test_an_application_that_serves_another_version_owns_nothing_of_it(world: World) -> None:
    application = changed(world.now_of(APPLICATIONS, "mnist"), spec__serving__versions=[{"version": "2.0.0"}])
    world.hold(APPLICATIONS, application, application["metadata"]["uid"])
    await world.look()
    (kept,) = world.config_maps.values()
    assert not is_owned_by(kept, application)


async def test_the_application_lets_go_of_the_manifest_when_the_version_is_gone_before_any_pod(world: World) -> None:
    await world.look()
    version = world.api.objects.pop((VERSIONS, "team", NAME))
    world.store.remove(VERSIONS, version)
    await world.of_applications(world.application)
    assert world.config_maps == {}


async def test_the_application_keeps_the_manifest_while_the_version_is_not_normal_yet(world: World) -> None:
    seen = world.now_of(VERSIONS, NAME)
    await world.look()
    world.hold(VERSIONS, seen, seen["metadata"]["uid"])  # as the cache has it until its status is written
    await world.of_applications(world.application)
    (kept,) = world.config_maps.values()
    assert is_owned_by(kept, world.now_of(APPLICATIONS, "mnist"))


async def test_code_is_parsed_in_the_turn_of_its_namespace(world: World) -> None:
    await world.look()
    assert world.parsers.tenants == ["team"]


async def test_a_package_that_was_refused_is_read_again_by_another_build_of_the_operator_and_by_no_other_reason(
    world: World,
) -> None:
    world.bucket.files["config.json"] = b"{"
    for _ in range(2):
        await world.look()
    assert (len(world.bucket.listed), world.bucket.asked.count("config.json")) == (2, 1)
    world.upgrade("0.1.0+b")
    for _ in range(2):
        await world.look()
    assert (len(world.bucket.listed), world.bucket.asked.count("config.json")) == (4, 2)
    assert world.status["source"]["reader"] == "0.1.0+b"


async def test_a_pinned_version_that_is_looked_at_again_costs_no_request(world: World) -> None:
    await world.look()
    world.api.calls.clear()
    await world.look()
    assert world.api.calls == []


async def test_a_manifest_of_somebody_else_is_said_and_nothing_is_pinned(world: World) -> None:
    await world.look()
    name = world.status["artifact"]["manifestRef"]["name"]
    again = World()
    stranger(again, name)
    outcome = await again.look()
    told = again.condition(VERSIONS, NAME, "ArtifactPinned")
    assert (told["status"], told["reason"]) == ("False", "NameTaken")
    assert told["message"] == f"ConfigMap {name} exists and does not hold the manifest: delete it"
    assert (outcome.failed, "artifact" in again.status) == (True, False)
    assert ("Warning", "NameTaken", told["message"]) in again.events.sent


async def test_an_import_doubts_a_digest_on_record_that_no_version_confirms(world: World) -> None:
    await world.look()
    again, pin = World(), world.status["artifact"]["pin"]
    record = digest_object(pin, KnownContent(Content(f"sha256:{'d1' * 32}"), "Fetch"))
    again.hold(CONFIG_MAPS, record | {"metadata": record["metadata"] | {"namespace": "team"}}, "uid-record")
    await again.look()
    assert "digest" not in again.status["artifact"]
    message = again.condition(VERSIONS, NAME, "ArtifactPinned")["message"]
    assert f"ConfigMap {digest_config_map(pin)} states a digest that no version here vouches for" in message
    again.api.calls.clear()
    await again.look()
    assert "replace_status" not in again.api.calls


async def test_a_record_of_somebody_else_does_not_hinder_what_is_pinned_already(world: World) -> None:
    await world.look()
    artifact = world.status["artifact"]
    known = {"digest": f"sha256:{'d1' * 32}", "digestFrom": "Fetch", "verifiedAt": "2026-01-02T03:04:05Z"}
    world.set_status(world.status | {"artifact": artifact | known})
    stranger(world, digest_config_map(artifact["pin"]))
    outcome = await world.look()
    told = world.condition(VERSIONS, NAME, "ArtifactPinned")
    assert (told["status"], outcome.failed) == ("True", False)
    assert "exists and does not hold the digest" in told["message"]


async def test_an_import_that_was_interrupted_before_it_was_said_may_pin_something_else(world: World) -> None:
    def fail() -> None:
        raise ApiError(0, "Lost", "gone")

    world.api.before["replace_status"] = fail
    with pytest.raises(ApiError):
        await world.look()
    world.bucket.files["a.pth"] = b"other"
    await world.look()
    assert world.condition(VERSIONS, NAME, "ArtifactPinned")["status"] == "True"
    await world.look()
    await world.of_applications(world.application)
    assert set(world.config_maps) == {world.status["artifact"]["manifestRef"]["name"]}
