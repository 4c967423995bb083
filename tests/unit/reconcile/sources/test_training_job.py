"""A version of a training job waits for it, imports its output, and needs the job no more."""

import pytest
from tests.support.documents import changed
from tests.support.jobs import OUTPUT, failed, job, running, succeeded
from tests.support.training_world import JOBS, LATER, NAME, put, remove, resolved, restart, world_of
from tests.support.world import World

from aiapp.api.conditions import Reason
from aiapp.domain.kubernetes.resources import VERSIONS
from aiapp.ports.objectstore import StoreError


@pytest.fixture
def world() -> World:
    return world_of()


def succeed_without_output(world: World) -> None:
    """The job has just succeeded, and nothing lies where it writes yet."""
    put(world, job(status=succeeded(LATER)))
    world.bucket.fault = StoreError(Reason.PREFIX_EMPTY, "nothing lies there", retryable=True)


async def test_a_version_waits_for_the_job_and_is_imported_when_it_has_succeeded(world: World) -> None:
    put(world, job(status=running()))
    outcome = await world.look()
    assert (outcome.failed, outcome.retry_after, world.status["phase"]) == (False, None, "Importing")
    assert resolved(world) == ("Unknown", "TrainingJobRunning")
    assert world.status["source"]["trainingJob"]["uid"] == "uid-train"
    put(world, job(status=succeeded()))
    await world.look()
    assert world.status["artifact"]["objects"] == 3
    assert world.status["source"]["uri"] == OUTPUT
    assert world.status["source"]["trainingJob"]["state"] == "Succeeded"


async def test_a_job_that_goes_on_is_not_written_of_again(world: World) -> None:
    put(world, job(status=running()))
    await world.look()
    writes = world.writes
    world.now += 3600
    await world.look()
    assert world.writes == writes


async def test_a_job_is_read_once_in_a_pass_for_its_state_and_its_provenance(world: World) -> None:
    put(world, job(status=running()))
    await world.look()
    assert world.status["provenance"]["images"] == [{"image": "r/train:1"}]
    world.api.calls.clear()
    await world.look()
    assert world.api.calls.count("get") == 1


async def test_a_version_whose_job_failed_says_so(world: World) -> None:
    put(world, job(status=failed()))
    await world.look()
    assert (resolved(world), world.status["phase"]) == (("False", "TrainingJobFailed"), "Failed")


async def test_a_pinned_version_needs_the_job_no_more(world: World) -> None:
    put(world, job(status=succeeded()))
    await world.look()
    pinned = world.status
    remove(world)
    world.api.calls.clear()
    await world.look()
    await world.compare()
    assert world.status == pinned
    assert world.api.writes == []


async def test_keys_that_are_missing_are_said_and_the_job_is_known_all_the_same() -> None:
    world = world_of(credentialsSecretRef={"name": "store"})
    put(world, job(status=succeeded()))
    await world.look()
    assert resolved(world) == ("False", "SecretNotFound")
    assert world.status["source"]["trainingJob"]["output"] == OUTPUT


async def test_a_job_that_is_cleaned_up_at_once_has_been_seen_to_succeed(world: World) -> None:
    put(world, job(status=running()))
    await world.look()
    put(world, job(status=succeeded()))
    remove(world)
    await world.look()
    assert world.status["artifact"]["objects"] == 3


async def test_a_job_that_was_seen_to_succeed_is_imported_also_when_it_is_gone_after_a_restart(world: World) -> None:
    succeed_without_output(world)
    await world.look()
    assert resolved(world) == ("Unknown", "TrainingOutputPending")
    remove(world)
    restart(world)
    await world.look()
    assert resolved(world) == ("Unknown", "TrainingOutputPending")
    world.bucket.fault = None
    await world.look()
    assert world.status["artifact"]["objects"] == 3


async def test_a_kind_that_vanishes_takes_nothing_of_a_job_that_was_seen_to_succeed(world: World) -> None:
    succeed_without_output(world)
    await world.look()
    remove(world)
    restart(world)
    world.store.note_served(JOBS, "", is_served=False)
    world.bucket.fault = None
    await world.look()
    assert world.status["artifact"]["objects"] == 3


async def test_where_a_job_wrote_may_be_said_when_it_is_gone_after_a_restart(world: World) -> None:
    put(world, job(status=succeeded(LATER), env={}))
    await world.look()
    assert resolved(world) == ("False", "TrainingOutputUnknown")
    remove(world)
    restart(world)
    await world.look()
    assert resolved(world) == ("False", "TrainingOutputUnknown")
    now = world.now_of(VERSIONS, NAME)
    named = changed(now, spec__source__trainingJob__output={"uri": OUTPUT}, metadata__generation=2)
    world.hold(VERSIONS, named, now["metadata"]["uid"])
    await world.look()
    assert world.status["artifact"]["objects"] == 3


async def test_a_job_that_failed_is_said_to_have_failed_in_its_words_when_it_is_gone_after_a_restart(
    world: World,
) -> None:
    put(world, job(status=failed()))
    await world.look()
    before = world.condition(VERSIONS, NAME, "SourceResolved")
    remove(world)
    restart(world)
    await world.look()
    assert world.condition(VERSIONS, NAME, "SourceResolved") == before


async def test_a_job_that_was_deleted_while_it_ran_is_gone(world: World) -> None:
    put(world, job(status=running()))
    await world.look()
    remove(world)
    await world.look()
    assert (resolved(world), world.status["phase"]) == (("False", "TrainingJobGone"), "Failed")
    assert world.status["source"]["trainingJob"]["uid"] == "uid-train"


async def test_a_job_that_is_made_again_is_not_the_one_that_was_waited_for(world: World) -> None:
    put(world, job(status=running()))
    await world.look()
    remove(world)
    put(world, job(uid="uid-again", status=succeeded()))
    await world.look()
    assert resolved(world) == ("False", "TrainingJobReplaced")
    assert "artifact" not in world.status


async def test_a_version_may_come_before_its_job(world: World) -> None:
    outcome = await world.look()
    assert (outcome.failed, resolved(world)) == (True, ("False", "TrainingJobNotFound"))
    assert world.status["phase"] == "Waiting"
    put(world, job(status=succeeded()))
    assert world.triggered == [world.version]
    await world.look()
    assert world.status["artifact"]["objects"] == 3


async def test_an_output_that_is_late_is_looked_for_again_and_then_imported(world: World) -> None:
    succeed_without_output(world)
    outcome = await world.look()
    assert (outcome.failed, outcome.retry_after) == (False, 10)
    assert resolved(world) == ("Unknown", "TrainingOutputPending")
    world.bucket.fault = None
    await world.look()
    assert world.status["artifact"]["objects"] == 3


async def test_an_output_that_never_comes_is_a_fault_in_the_end(world: World) -> None:
    succeed_without_output(world)
    await world.look()
    world.now += 121
    outcome = await world.look()
    assert (outcome.failed, resolved(world)) == (True, ("False", "PrefixEmpty"))


async def test_an_output_that_was_read_while_it_was_incomplete_is_read_again_when_it_is_complete(world: World) -> None:
    put(world, job(status=succeeded(LATER)))
    config = world.bucket.files.pop("config.json")
    await world.look()
    assert resolved(world) == ("Unknown", "TrainingOutputPending")
    world.bucket.files["config.json"] = config
    await world.look()
    assert world.status["artifact"]["objects"] == 3


async def test_a_kind_that_is_not_read_waits_for_an_administrator() -> None:
    world = world_of(kind="PyTorchJob")
    await world.look()
    assert (resolved(world), world.status["phase"]) == (("False", "TrainingJobKindUnknown"), "Waiting")


async def test_a_kind_that_is_not_served_is_waited_for(world: World) -> None:
    world.store.note_served(JOBS, "", is_served=False)
    await world.look()
    assert (resolved(world), world.status["phase"]) == (("False", "TrainingJobKindNotServed"), "Waiting")
    world.store.note_served(JOBS, "", is_served=True)
    put(world, job(status=succeeded()))
    await world.look()
    assert world.status["artifact"]["objects"] == 3


async def test_a_source_that_was_corrected_keeps_nothing_of_what_it_was(world: World) -> None:
    put(world, job(status=running()))
    await world.look()
    now = world.now_of(VERSIONS, NAME)
    obs = changed(now, spec__source={"obs": {"uri": OUTPUT}}, metadata__generation=2)
    world.hold(VERSIONS, obs, now["metadata"]["uid"])
    await world.look()
    assert world.status["source"] == {
        "type": "Obs",
        "origin": "Custom",
        "uri": OUTPUT,
        "listing": world.status["source"]["listing"],
        "reader": world.reader,
    }
