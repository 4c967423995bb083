"""What a training job ran is kept with its version, whatever becomes of job, pods and operator."""

import json
from typing import Any

import pytest
from tests.support.documents import changed
from tests.support.jobs import OUTPUT, job, running, succeeded
from tests.support.training_world import LATER, NAME, put, remove, restart, world_of
from tests.support.world import World

from aiapp.api.conditions import Reason
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, PODS, VERSIONS, Json
from aiapp.domain.version.plan import CLEANED_SECONDS
from aiapp.ports.kubernetes import ApiError
from aiapp.ports.objectstore import StoreError


@pytest.fixture
def world() -> World:
    return world_of()


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
