"""An application knows all of its versions as they are now, and reads those that nothing is decided about only once."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.records import NORMAL, deployed, pod, stored
from tests.support.world import UNSEEN, World

from aiapp.controller.workqueue import Key
from aiapp.domain.kubernetes.resources import APPLICATIONS, DEPLOYMENTS, PODS, REPLICA_SETS, VERSIONS, Json
from aiapp.reconcile.version.drift import DRIFT


@pytest.fixture
async def world() -> World:
    """The application serves 1.0.0, and has a newer version that is Normal; it has been looked at."""
    world = World()
    world.set_status(NORMAL)
    hold(world, NORMAL)
    await world.of_applications(world.application)
    return world


def hold(world: World, status: Json, uid: str = "uid-newer") -> Json:
    return world.hold(VERSIONS, stored(documents.version("mnist", "1.1.0"), status=status), uid)


async def counted(world: World) -> tuple[Any, ...]:
    """What a look says of the versions: how many there are, how many of them Normal, the newest, the newest Normal."""
    await world.of_applications(world.application)
    status = world.now_of(APPLICATIONS, "mnist")["status"]
    return tuple(
        status.get(name) for name in ("versionCount", "readyVersionCount", "latestVersion", "latestReadyVersion")
    )


async def test_a_change_of_a_version_that_is_not_served_counts_at_the_next_look(world: World) -> None:
    assert await counted(world) == (2, 2, "1.1.0", "1.1.0")
    hold(world, UNSEEN[VERSIONS])
    assert await counted(world) == (2, 1, "1.1.0", "1.0.0")
    hold(world, NORMAL)
    assert await counted(world) == (2, 2, "1.1.0", "1.1.0")


async def test_a_version_that_is_gone_no_longer_counts_and_one_made_anew_does(world: World) -> None:
    world.lose(VERSIONS, "mnist-1.1.0")
    assert await counted(world) == (1, 1, "1.0.0", "1.0.0")
    hold(world, UNSEEN[VERSIONS], "uid-made-anew")
    assert await counted(world) == (2, 1, "1.1.0", "1.0.0")


async def test_a_version_that_cannot_be_read_counts_when_it_was_mended(world: World) -> None:
    hold(world, {"phase": "Unheard-of"})
    assert await counted(world) == (1, 1, "1.0.0", "1.0.0")
    hold(world, NORMAL)
    assert await counted(world) == (2, 2, "1.1.0", "1.1.0")


async def test_a_version_that_is_not_served_and_has_not_changed_is_not_read_again(world: World) -> None:
    unread(world)
    assert await counted(world) == (2, 2, "1.1.0", "1.1.0")


async def test_nothing_is_remembered_of_the_versions_of_an_application_that_was_deleted(world: World) -> None:
    application = world.now_of(APPLICATIONS, "mnist")
    world.lose(APPLICATIONS, "mnist")
    await world.of_applications(world.application)
    unread(world)
    world.hold(APPLICATIONS, application, "uid-made-anew")
    assert await counted(world) == (1, 1, "1.0.0", "1.0.0")


async def test_a_version_counts_as_it_is_now_from_the_moment_it_is_served(world: World) -> None:
    hold(world, UNSEEN[VERSIONS])
    serve(world, "1.1.0")
    await world.of_applications(world.application)
    assert "mnist-1.1.0 is not Normal yet" in world.condition(APPLICATIONS, "mnist", "VersionsResolved")["message"]
    hold(world, NORMAL)
    await world.of_applications(world.application)
    assert world.condition(APPLICATIONS, "mnist", "VersionsResolved")["status"] == "True"


async def test_the_store_of_a_version_that_only_still_runs_is_looked_at_when_its_pod_cannot_fetch(world: World) -> None:
    hold(world, UNSEEN[VERSIONS])
    serve(world, "1.1.0")
    owner = {"kind": "AIApplication", "name": "mnist", "uid": world.now_of(APPLICATIONS, "mnist")["metadata"]["uid"]}
    deployment = world.hold(DEPLOYMENTS, owned(deployed("1.0.0"), owner), "uid-deployment")
    replica_set = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "rs", "namespace": "team"}}
    made = world.hold(
        REPLICA_SETS, owned(replica_set, {"kind": "Deployment", "uid": deployment["metadata"]["uid"]}), "rs"
    )
    terminated = {"exitCode": 3, "message": '{"reason": "ContentChanged", "message": "model.pkl"}'}
    failed = pod(initContainerStatuses=[{"name": "fetch", "state": {"terminated": terminated}}])
    one = owned(failed, {"kind": "ReplicaSet", "name": "rs", "uid": made["metadata"]["uid"]})
    world.hold(PODS, one | {"apiVersion": "v1", "kind": "Pod"}, "uid-pod")
    await world.of_applications(world.application)
    assert len(world.queue) == 1
    assert await world.queue.take() == Key(DRIFT, "team", "mnist-1.0.0")


def serve(world: World, number: str) -> None:
    application = world.now_of(APPLICATIONS, "mnist")
    changed = documents.changed(application, spec__serving__versions=[{"version": number}])
    world.hold(APPLICATIONS, changed, application["metadata"]["uid"])


def owned(child: Json, owner: Json) -> Json:
    reference = {"apiVersion": "apps/v1", "controller": True, **owner}
    return {**child, "metadata": {**child["metadata"], "ownerReferences": [reference]}}


def unread(world: World) -> None:
    """The newer version becomes one that cannot be read, which no API server would do without a resourceVersion."""
    world.now_of(VERSIONS, "mnist-1.1.0")["status"] = {"phase": "Unheard-of"}
