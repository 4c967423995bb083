"""A version of a training job waits for it, imports its output, and needs the job no more."""

import json
from typing import Any, Final

import pytest
from tests.support import documents
from tests.support.documents import changed
from tests.support.jobs import OUTPUT, failed, job, running, succeeded
from tests.support.records import stored
from tests.support.world import UNSEEN, World

from aiapp.api.conditions import Reason
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, PODS, VERSIONS, Json
from aiapp.domain.training.kinds import BUILT_IN
from aiapp.domain.version.plan import CLEANED_SECONDS
from aiapp.ports import ApiError, StoreError

JOBS: Final = BUILT_IN[0].resource
NAME: Final = "mnist-1.0.0"
LATER: Final = "2026-01-02T12:00:00Z"


def world_of(**source: Any) -> World:
    """A world whose version is made of the job `train`."""
    world = World()
    version = changed(documents.version(), spec__source={"trainingJob": {"name": "train", **source}})
    world.hold(VERSIONS, stored(version, status=UNSEEN[VERSIONS]), "uid-of-the-job's-version")
    return world


@pytest.fixture
def world() -> World:
    return world_of()


def put(world: World, document: Json) -> None:
    """The job is so, and the watch tells of it."""
    world.api.objects[JOBS, "team", "train"] = document
    world.training_jobs.put(JOBS, document)


def remove(world: World) -> None:
    world.training_jobs.remove(JOBS, world.api.objects.pop((JOBS, "team", "train")))


def resolved(world: World) -> tuple[str, str]:
    found = world.condition(VERSIONS, NAME, "SourceResolved")
    return found["status"], found["reason"]


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


def restart(world: World) -> None:
    """The operator forgets what it has seen of jobs."""
    world.training_jobs._seen.clear()


async def test_a_job_that_was_seen_to_succeed_is_imported_also_when_it_is_gone_after_a_restart(world: World) -> None:
    put(world, job(status=succeeded(LATER)))
    world.bucket.fault = StoreError(Reason.PREFIX_EMPTY, "nothing lies there", retryable=True)
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
    put(world, job(status=succeeded(LATER)))
    world.bucket.fault = StoreError(Reason.PREFIX_EMPTY, "nothing lies there", retryable=True)
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
    put(world, job(status=succeeded(LATER)))
    world.bucket.fault = StoreError(Reason.PREFIX_EMPTY, "nothing lies there", retryable=True)
    outcome = await world.look()
    assert (outcome.failed, outcome.retry_after) == (False, 10)
    assert resolved(world) == ("Unknown", "TrainingOutputPending")
    world.bucket.fault = None
    await world.look()
    assert world.status["artifact"]["objects"] == 3


async def test_an_output_that_never_comes_is_a_fault_in_the_end(world: World) -> None:
    put(world, job(status=succeeded(LATER)))
    world.bucket.fault = StoreError(Reason.PREFIX_EMPTY, "nothing lies there", retryable=True)
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


async def test_what_a_job_ran_is_not_said_of_a_package_from_elsewhere(world: World) -> None:
    put(world, job(status=running()))
    await world.look()
    assert world.status["provenance"]["images"]
    now = world.now_of(VERSIONS, NAME)
    obs = changed(now, spec__source={"obs": {"uri": OUTPUT}}, metadata__generation=2)
    world.hold(VERSIONS, obs, now["metadata"]["uid"])
    await world.look()
    assert world.status["artifact"]["objects"] == 3
    assert not {"images", "record"} & world.status["provenance"].keys()


def pod_of(world: World, *, digest: str = f"sha256:{'ab' * 32}", **status: Any) -> None:
    """A pod of the job runs."""
    document = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "train-x", "namespace": "team", "ownerReferences": [{"uid": "uid-train"}]},
        "spec": {"nodeName": "node-a", "containers": [{"name": "train", "image": "r/train:1"}]},
        "status": {"containerStatuses": [{"name": "train", "imageID": f"r/train@{digest}", **status}]},
    }
    world.api.objects[PODS, "team", "train-x"] = document


def record_of(world: World) -> Json:
    (kept,) = (one for name, one in world.config_maps.items() if name.startswith("aiapp-provenance-"))
    return kept


async def test_what_ran_is_kept_when_it_is_pinned_also_of_pods_that_are_gone_by_then(world: World) -> None:
    put(world, job(status=running()))
    pod_of(world)
    await world.look()
    assert world.status["provenance"]["images"] == [{"image": "r/train:1", "digest": f"sha256:{'ab' * 32}"}]
    assert world.status["provenance"]["nodes"] == [{"name": "node-a"}]
    del world.api.objects[PODS, "team", "train-x"]
    put(world, job(status=succeeded()))
    remove(world)
    assert (await world.look()).retry_after == CLEANED_SECONDS
    before = len(world.api.writes)
    await world.look()
    assert world.api.writes[before:] == ["delete"]
    kept = record_of(world)
    assert world.status["provenance"]["record"]["name"] == kept["metadata"]["name"]
    predicate = json.loads(kept["data"]["predicate.json"])
    assert predicate["buildDefinition"]["resolvedDependencies"][0]["digest"] == {"sha256": "ab" * 32}
    assert predicate["runDetails"]["metadata"]["invocationId"] == "uid-train"


async def test_what_ran_is_kept_over_a_restart_after_which_nobody_can_tell_it(world: World) -> None:
    put(world, job(status=running(), annotations={"mlflow.run_id": "r7", "dataset.aiapp.dev/mnist": "obs://data/m/"}))
    await world.look()
    put(world, job(status=succeeded(LATER), annotations={"mlflow.run_id": "r7"}))
    pod_of(world)
    world.bucket.fault = StoreError(Reason.PREFIX_EMPTY, "nothing lies there", retryable=True)
    await world.look()
    remove(world)
    del world.api.objects[PODS, "team", "train-x"]
    restart(world)
    world.bucket.fault = None
    await world.look()
    await world.look()
    predicate = json.loads(record_of(world)["data"]["predicate.json"])
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    (container,) = definition["externalParameters"]["containers"]
    assert (container["command"], definition["internalParameters"]["run"]) == (["python", "train.py"], "r7")
    assert definition["resolvedDependencies"][0]["digest"] == {"sha256": "ab" * 32}
    assert details["metadata"]["invocationId"] == "uid-train"
    assert details["metadata"]["finishedOn"] == LATER
    assert [one["name"] for one in details["byproducts"]] == ["manifest"]


async def test_a_record_that_somebody_changed_is_not_believed(world: World) -> None:
    put(world, job(status=running()))
    await world.look()
    before = record_of(world)
    world.api.objects[CONFIG_MAPS, "team", before["metadata"]["name"]]["data"] = {"predicate.json": "{}"}
    put(world, job(status=succeeded()))
    remove(world)
    await world.look()
    assert world.status["artifact"]["objects"] == 3
    assert world.status["provenance"]["record"]["name"] != before["metadata"]["name"]


async def test_the_record_of_a_job_that_runs_is_written_once(world: World) -> None:
    put(world, job(status=running()))
    await world.look()
    first = record_of(world)
    pod_of(world)
    await world.look()
    assert record_of(world) == first
    assert world.status["provenance"]["record"]["name"] == first["metadata"]["name"]
    assert world.status["provenance"]["nodes"] == [{"name": "node-a"}]


async def test_the_record_exists_before_the_status_says_that_the_version_is_pinned(world: World) -> None:
    put(world, job(status=succeeded()))
    world.api.before["replace_status"] = lambda: told.append(record_of(world))
    told: list[Json] = []
    await world.look()
    assert len(told) == 1


async def test_a_record_that_a_crash_left_behind_is_taken(world: World) -> None:
    put(world, job(status=succeeded()))

    def crash() -> None:
        raise ApiError(0, "Lost", "the operator is killed")

    world.api.before["replace_status"] = crash
    with pytest.raises(ApiError):
        await world.look()
    left = record_of(world)
    await world.look()
    assert record_of(world)["metadata"]["uid"] == left["metadata"]["uid"]
    assert world.status["provenance"]["record"]["name"] == left["metadata"]["name"]


async def test_of_another_job_under_the_name_nothing_is_taken_over(world: World) -> None:
    put(world, job(status=running()))
    pod_of(world)
    await world.look()
    now = world.now_of(VERSIONS, NAME)
    put(world, job(uid="uid-again", status=running()))
    named = changed(now, spec__source__trainingJob__uid="uid-again", metadata__generation=2)
    world.hold(VERSIONS, named, now["metadata"]["uid"])
    await world.look()
    assert world.status["provenance"]["images"] == [{"image": "r/train:1"}]
    assert "nodes" not in world.status["provenance"]


async def test_of_a_version_that_was_not_trained_here_is_kept_who_registered_it_and_what_is_annotated() -> None:
    world = World()
    now = world.now_of(VERSIONS, NAME)
    marks = {"mlflow.source.git.commit": "c0ffee", "dataset.aiapp.dev/mnist": "obs://data/mnist/"}
    fields = [{"manager": "argocd", "time": "2026-01-02T03:04:05Z", "fieldsV1": {"f:spec": {}}}]
    world.hold(
        VERSIONS, changed(now, metadata__annotations=marks, metadata__managedFields=fields), now["metadata"]["uid"]
    )
    await world.look()
    assert world.status["provenance"] == {
        "createdBy": "argocd",
        "createdAt": "2026-01-02T03:04:05Z",
        "revision": "c0ffee",
        "datasets": [{"name": "mnist", "uri": "obs://data/mnist/"}],
    }
    assert not any(name.startswith("aiapp-provenance-") for name in world.config_maps)


async def test_a_package_that_was_corrected_to_a_job_leaves_nothing_in_what_is_said_of_the_job(world: World) -> None:
    now = world.now_of(VERSIONS, NAME)
    before = {"type": "Obs", "uri": "obs://models/wrong/", "listing": "sha256:1"}
    world.hold(VERSIONS, changed(now, status__source=before), now["metadata"]["uid"])
    put(world, job(status=running()))
    await world.look()
    assert world.status["source"].keys() == {"type", "origin", "trainingJob"}
    assert world.status["source"]["type"] == "TrainingJob"


async def test_a_job_of_a_built_in_algorithm_is_the_origin_of_its_version(world: World) -> None:
    put(world, job(status=running(), labels={"algorithm": "BuiltIn"}))
    await world.look()
    assert (world.status["source"]["origin"], world.status["source"]["trainingJob"]["builtIn"]) == ("BuiltIn", True)


def reporting(accuracy: str) -> Json:
    """A job that has succeeded and says how good its model is."""
    return job(status=succeeded(), annotations={"metric.aiapp.dev/accuracy": accuracy})


async def test_metrics_that_the_job_reports_are_the_models_where_config_json_has_none(world: World) -> None:
    put(world, reporting("0.98"))
    await world.look()
    assert world.status["model"]["metrics"] == {"accuracy": "0.98"}
    products = json.loads(record_of(world)["data"]["predicate.json"])["runDetails"]["byproducts"]
    assert products[-1] == {"name": "metrics", "annotations": {"accuracy": "0.98"}}
    put(world, reporting("0.11"))
    await world.look()
    assert world.status["model"]["metrics"] == {"accuracy": "0.98"}


async def test_metrics_of_config_json_stay_whatever_the_job_reports(world: World) -> None:
    config = json.loads(world.bucket.files["config.json"]) | {"metrics": {"f1": 0.5, "accuracy": 0.7}}
    world.bucket.files["config.json"] = json.dumps(config).encode()
    put(world, reporting("0.98"))
    await world.look()
    assert float(world.status["model"]["metrics"]["accuracy"]) == 0.7


async def test_the_last_words_of_a_pod_that_is_gone_count_when_its_version_is_imported(world: World) -> None:
    put(world, job(status=running()))
    ended = {"terminated": {"exitCode": 0, "message": '{"metrics": {"f1": 0.5}}'}}
    pod_of(world, state=ended)
    await world.look()
    del world.api.objects[PODS, "team", "train-x"]
    put(world, job(status=succeeded()))
    await world.look()
    assert world.status["model"]["metrics"] == {"f1": "0.5"}
