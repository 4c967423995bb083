"""A job registers itself once it has succeeded, once, and says on itself what became of it."""

from typing import Any, Final

import pytest
from tests.support import documents
from tests.support.documents import changed
from tests.support.jobs import failed, job, running, succeeded
from tests.support.records import stored
from tests.support.training_world import JOBS, put, registering, remove
from tests.support.world import UNSEEN, World

from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.kubernetes.resources import PODS, VERSIONS, Json
from aiapp.ports.kubernetes import ApiError
from aiapp.reconcile.views.registrations import REGISTRATION

DIGEST: Final = f"sha256:{'ab' * 32}"
KEY: Final = Key(REGISTRATION, "team", "jobs.batch/train/uid-train")


def asking(version: str = "1.2.0", **fields: Any) -> Json:
    """A job that asks for that version."""
    return job(annotations={"aiapp.dev/application": "mnist", "aiapp.dev/version": version}, **fields)


@pytest.fixture
def world() -> World:
    return registering()


async def worked(world: World, key: Key = KEY) -> Outcome:
    return await world.of_registrations(key)


def numbers(world: World) -> list[str]:
    return sorted(name for resource, _, name in world.api.objects if resource == VERSIONS)


def reasons(world: World) -> list[str]:
    """Of Events on jobs, in order."""
    return [reason for _, reason, _ in world.events.sent]


async def test_a_job_that_has_succeeded_is_registered_and_on_record(world: World) -> None:
    put(world, asking(status=running()))
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0"]
    put(world, asking(status=succeeded()))
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0", "mnist-1.2.0"]
    record = world.config_maps["aiapp-registration-uid-train"]
    assert record["metadata"]["ownerReferences"][0]["uid"] == "uid-train"


async def test_a_job_that_failed_is_not_registered(world: World) -> None:
    put(world, asking(status=running()))
    put(world, asking(status=failed()))
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0"]


async def test_a_job_is_registered_once_whatever_is_looked_at_again(world: World) -> None:
    for _ in range(3):
        put(world, asking("auto", status=succeeded()))
        await worked(world)
    assert numbers(world) == ["mnist-1.0.0", "mnist-1.0.1"]


async def test_a_version_that_a_person_deletes_does_not_come_back_after_a_restart(world: World) -> None:
    put(world, asking(status=succeeded()))
    await worked(world)
    world.lose(VERSIONS, "mnist-1.2.0")
    world.restart()
    put(world, asking(status=succeeded()))
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0"]


async def test_a_crash_between_version_and_record_makes_no_second_version(world: World) -> None:
    put(world, asking("auto", status=succeeded()))
    version = world.api.create

    async def only_the_version(document: Json) -> Json:
        if document["kind"] == "ConfigMap":
            raise ApiError(0, "Lost", "killed")
        return await version(document)

    world.api.create = only_the_version  # type: ignore[method-assign]
    with pytest.raises(ApiError):
        await worked(world)
    world.api.create = version  # type: ignore[method-assign]
    world.restart()
    put(world, asking("auto", status=succeeded()))
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0", "mnist-1.0.1"]
    assert "aiapp-registration-uid-train" in world.config_maps


async def test_a_job_that_is_cleaned_up_at_once_is_registered_with_what_its_pods_ran(world: World) -> None:
    put(world, asking(status=running()))
    world.hold(PODS, ran("uid-train"), "uid-pod")
    await worked(world)
    world.lose(PODS, "train-x")
    put(world, asking(status=succeeded()))
    remove(world)
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0", "mnist-1.2.0"]
    assert "aiapp-registration-uid-train" not in world.config_maps
    assert (await looked_at(world))["provenance"]["images"] == [{"image": "r/train:1", "digest": DIGEST}]


async def test_a_registered_version_is_imported_although_its_job_went_and_the_operator_was_killed(world: World) -> None:
    put(world, asking(status=succeeded()))
    remove(world)
    await worked(world)
    world.restart()
    status = await looked_at(world)
    assert status["source"]["trainingJob"]["state"] == "Succeeded"
    assert status["artifact"]["objects"] == 3


async def test_a_job_that_asks_no_more_is_left_alone_until_it_asks_again(world: World) -> None:
    put(world, asking(status=running()))
    world.api.objects[JOBS, "team", "train"] = job(status=succeeded())
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0"]
    put(world, asking(status=succeeded()))
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0", "mnist-1.2.0"]


async def test_two_jobs_that_want_the_same_number_make_one_version_and_one_event(world: World) -> None:
    put(world, asking(status=succeeded()))
    put(world, asking(name="other", uid="uid-other", status=succeeded()))
    await worked(world)
    outcome = await worked(world, Key(REGISTRATION, "team", "jobs.batch/other/uid-other"))
    assert outcome.failed
    assert numbers(world) == ["mnist-1.0.0", "mnist-1.2.0"]
    assert reasons(world)[-1] == "VersionTaken"


async def test_a_number_that_another_takes_at_the_same_moment_is_followed_by_the_next(world: World) -> None:
    put(world, asking("auto", status=succeeded()))
    world.api.before["create"] = lambda: hold_unseen(world, "1.0.1")
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0", "mnist-1.0.1", "mnist-1.0.2"]


async def test_a_job_whose_account_may_create_no_version_is_refused_until_it_may(world: World) -> None:
    world.api.forbidden.add("default")
    put(world, asking(status=running()))
    assert (await worked(world)).failed
    assert reasons(world) == ["RegistrationForbidden"]
    put(world, asking(status=succeeded()))
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0"]
    world.api.forbidden.clear()
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0", "mnist-1.2.0"]


async def test_a_refusal_of_the_api_server_is_said_on_the_job(world: World) -> None:
    put(world, asking(status=succeeded()))

    def refuse() -> None:
        raise ApiError(403, "Forbidden", "exceeded quota: versions")

    world.api.before["create"] = refuse
    assert (await worked(world)).failed
    assert reasons(world) == ["QuotaExceeded"]


async def test_an_operator_that_may_not_ask_says_so_on_the_job(world: World) -> None:
    put(world, asking(status=running()))

    def refuse() -> None:
        raise ApiError(403, "Forbidden", "aiapp-operator cannot create localsubjectaccessreviews")

    world.api.before["review"] = refuse
    assert (await worked(world)).failed
    ((_, reason, message),) = world.events.sent
    assert (reason, "cannot create localsubjectaccessreviews" in message) == ("WriteRefused", True)


async def test_the_job_of_a_job_is_registered_by_that_alone(world: World) -> None:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "parent", "uid": "uid-parent", "controller": True}
    put(world, asking(ownerReferences=[owner], status=succeeded()))
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0"]


async def test_a_replica_that_takes_over_registers_no_job_again_that_is_gone(world: World) -> None:
    put(world, asking(status=succeeded()))
    version = changed(documents.version(), spec__version="1.2.0")
    version["metadata"] |= {"name": "mnist-1.2.0", "labels": {"aiapp.dev/training-job-uid": "uid-train"}}
    world.hold(VERSIONS, stored(version, status=UNSEEN[VERSIONS]), "uid-of-the-other-replica")
    world.lose(VERSIONS, "mnist-1.2.0")
    remove(world)
    await worked(world)
    assert numbers(world) == ["mnist-1.0.0"]


def ran(job_uid: str) -> Json:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "train", "uid": job_uid, "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "train-x", "namespace": "team", "ownerReferences": [owner]},
        "spec": {"containers": [{"name": "train", "image": "r/train:1"}], "nodeName": "node-1"},
        "status": {"containerStatuses": [{"name": "train", "imageID": f"r/train@{DIGEST}"}]},
    }


def hold_unseen(world: World, number: str) -> None:
    """Another client makes that version, and the watch has not told of it yet."""
    version = changed(documents.version(), spec__version=number)
    version["metadata"]["name"] = f"mnist-{number}"
    world.api.hold(stored(version, status=UNSEEN[VERSIONS]), "uid-of-another")


async def looked_at(world: World) -> Json:
    """The status of the version that was registered, once it was reconciled."""
    held = world.now_of(VERSIONS, "mnist-1.2.0")
    unseen = stored(held, status=UNSEEN[VERSIONS])
    world.hold(VERSIONS, unseen, held["metadata"]["uid"])
    await world.of_versions(Key(VERSIONS.kind, "team", "mnist-1.2.0"))
    return dict(world.now_of(VERSIONS, "mnist-1.2.0")["status"])


async def test_pods_are_listed_until_it_is_known_what_they_run(world: World) -> None:
    put(world, asking(status=running()))
    await worked(world)
    world.hold(PODS, ran("uid-train"), "uid-pod")
    await worked(world)
    world.api.calls.clear()
    await worked(world)
    assert "list" not in world.api.calls
