"""How a model of ExeML was trained is kept with its version, and nothing of where it lies."""

import json
from typing import Final

import pytest
from tests.support.bucket import Bucket
from tests.support.exeml_world import KEYS, PLACE
from tests.support.jobs import ENDED, STARTED, job, succeeded
from tests.support.records import stored
from tests.support.training_world import JOBS, put, remove
from tests.support.world import UNSEEN, World

from aiapp.cli.trace import tree
from aiapp.controller.workqueue import Key
from aiapp.domain.exeml.projects import PROJECT_LABEL
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, PODS, SECRETS, VERSIONS, Json
from aiapp.queries.trace import trace
from aiapp.reconcile.views.registrations import REGISTRATION

NAME: Final = "flowers-0.0.1"
DIGEST: Final = f"sha256:{'ab' * 32}"
HIDDEN: Final = ("exeml-models", "projects/team", "obs.lan", "exeml-keys", "secret-value", "AKIA")
KEY: Final = Key(REGISTRATION, "team", "jobs.batch/train/uid-train")


def of_project() -> Json:
    """A job that names its place in every way."""
    uri = f"obs://exeml-models/{PLACE}"
    found = job(
        status=succeeded(),
        env={"OUTPUT_PATH": uri, "BUCKET": "exeml-models", "EPOCHS": "3"},
        labels={PROJECT_LABEL: "flowers", "team": "a", "bucket": "exeml-models"},
        annotations={
            "metric.aiapp.dev/accuracy": "0.93",
            "metric.aiapp.dev/precision": uri,
            "data.aiapp.dev/own": f"{uri}data@1",
        },
    )
    (container,) = found["spec"]["template"]["spec"]["containers"]
    container["args"] = ["--epochs=3", f"--out={uri}", f"--put=https://obs.lan:8443/exeml-models/{PLACE}?key=AKIA"]
    return found


def pod() -> Json:
    metadata = {"name": "train-x", "namespace": "team", "ownerReferences": [{"uid": "uid-train"}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": "node-a", "containers": [{"name": "train", "image": "r/train:1"}]},
        "status": {"containerStatuses": [{"name": "train", "imageID": f"r/train@{DIGEST}"}]},
    }


@pytest.fixture
async def world() -> World:
    """The job has registered its model, whose version nobody has looked at yet."""
    found = World(Bucket(prefix=PLACE))
    found.registrations.begin()
    found.hold(SECRETS, KEYS, "uid-keys")
    found.api.objects[PODS, "team", "train-x"] = pod()
    put(found, of_project())
    await found.of_registrations(KEY)
    return found


async def look(found: World) -> Json:
    """The version, after the operator has looked at it; the API server has filled in what it fills in."""
    now = found.now_of(VERSIONS, NAME)
    if "creationTimestamp" not in now["metadata"]:
        found.hold(VERSIONS, stored(now, status=UNSEEN[VERSIONS]), "uid-flowers")
    await found.of_versions(Key(VERSIONS.kind, "team", NAME))
    return found.now_of(VERSIONS, NAME)


def told(found: World) -> str:
    """Of versions, ConfigMaps and Events, all that users can read. The job they can read while it is there."""
    kinds = {VERSIONS, CONFIG_MAPS}
    objects = [one for (resource, space, _), one in found.api.objects.items() if resource in kinds and space == "team"]
    return json.dumps(objects) + str(found.events.sent)


def record(found: World) -> Json:
    (kept,) = (one for name, one in found.config_maps.items() if name.startswith("aiapp-provenance-"))
    predicate: Json = json.loads(kept["data"]["predicate.json"])
    return predicate


async def test_job_images_nodes_times_and_metrics_are_kept_and_no_place(world: World) -> None:
    version = await look(world)
    assert version["status"]["artifact"]["objects"] == 3
    ran = version["status"]["source"]["trainingJob"]
    assert (ran["name"], ran["uid"], ran["state"], "output" in ran) == ("train", "uid-train", "Succeeded", False)
    assert (ran["startedAt"], ran["finishedAt"]) == (STARTED, ENDED)
    assert (version["status"]["source"]["type"], version["status"]["source"]["origin"]) == ("ExeML", "ExeML")
    known = version["status"]["provenance"]
    assert known["images"] == [{"image": "r/train:1", "digest": DIGEST}]
    assert known["nodes"] == [{"name": "node-a"}]
    external = record(world)["buildDefinition"]["externalParameters"]
    (container,) = external["containers"]
    assert container["args"] == ["--epochs=3", "(hidden)", "(hidden)"]
    assert external["job"]["labels"] == {PROJECT_LABEL: "flowers", "team": "a"}
    assert not {"manifest", "output"} & external.keys()
    assert [one["annotations"] for one in record(world)["runDetails"]["byproducts"][1:]] == [{"accuracy": "0.93"}]
    for word in HIDDEN:
        assert word not in told(world), word


async def test_it_is_kept_of_a_job_that_is_gone_with_its_pods_as_well(world: World) -> None:
    remove(world)
    del world.api.objects[PODS, "team", "train-x"]
    version = await look(world)
    assert version["status"]["provenance"]["record"]
    assert version["status"]["source"]["trainingJob"]["uid"] == "uid-train"
    for word in HIDDEN:
        assert word not in told(world), word


async def test_another_job_of_that_name_is_not_taken_for_it(world: World) -> None:
    other = of_project()
    other["metadata"]["uid"] = "uid-other"
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "r/other:1"
    world.api.objects[JOBS, "team", "train"] = other
    version = await look(world)
    assert version["status"]["source"]["trainingJob"]["uid"] == "uid-train"
    assert "r/other" not in told(world)


async def test_trace_shows_the_chain(world: World) -> None:
    version = await look(world)

    class Cluster:
        namespace = "team"

        async def get(self, _: object, name: str) -> Json:
            assert name == NAME
            return version

    lines = "\n".join(tree((await trace(Cluster(), NAME)).document))  # type: ignore[arg-type] # only `get` is asked
    for said in ("source ExeML", "Job train, Succeeded, uid uid-train", f"image r/train:1 {DIGEST}", "node node-a"):
        assert said in lines
