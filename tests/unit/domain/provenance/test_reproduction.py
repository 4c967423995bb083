"""A training is run again as it was recorded: pinned where that can be, with a note wherever it cannot."""

from copy import deepcopy
from typing import Any, Final

import pytest
from tests.support import documents
from tests.support.jobs import OUTPUT, job
from tests.support.records import NORMAL, stored

from aiapp.api.provenance import TrainingImage, TrainingNode
from aiapp.api.training_job import TrainingJobStatus
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.config_map import KEY, provenance_object
from aiapp.domain.provenance.reproduction import NotReproducibleError, Reproduction, Rerun, reproduction
from aiapp.domain.provenance.run import run, with_earlier
from aiapp.domain.provenance.runtime import with_runtime
from aiapp.domain.provenance.statement import predicate
from aiapp.domain.training.kinds import BUILT_IN, JobKind

PIN: Final = f"sha256:{'4b' * 32}"
DIGEST: Final = f"sha256:{'ab' * 32}"
KINDS: Final = {kind.name: kind for kind in BUILT_IN}
VERSION: Final = stored(documents.version(), status={**NORMAL})
AGAIN: Final = Rerun(suffix="x1")
NEW_OUTPUT: Final = f"{OUTPUT.rstrip('/')}-reproduced-x1/"
BUILT: Final = {"aiapp.dev/algorithm": "BuiltIn"}
MARKS: Final = {"org.opencontainers.image.revision": "c0ffee"}


def recorded(
    document: Json, kind: JobKind = BUILT_IN[0], *env: str, digest: str | None = DIGEST, runtime: Json | None = None
) -> Json:
    """The record of that job."""
    status = TrainingJobStatus(
        api_version="batch/v1", kind="Job", name="train", uid="uid-train", state="Succeeded", output=OUTPUT
    )
    seen = run(document, kind, env)
    seen = with_runtime(seen, runtime) if runtime else seen
    images = [TrainingImage(image="r/train:1", digest=digest)]
    return predicate(with_earlier(seen, images, [TrainingNode(name="node-a")]), status, PIN)


def again(found: Json, **how: Any) -> Reproduction:
    return reproduction(VERSION, found, Rerun(**{"suffix": "x1", **how}))


def notes(found: Reproduction) -> list[tuple[str, str]]:
    return [(".".join(map(str, note.path)), note.text) for note in found.notes]


def test_a_job_is_made_again_under_another_name_pinned_and_writing_elsewhere() -> None:
    found = again(recorded(job(annotations=MARKS, labels={"team": "vision"})))
    (made,) = found.documents
    container = made["spec"]["template"]["spec"]["containers"][0]
    assert (made["apiVersion"], made["kind"]) == ("batch/v1", "Job")
    assert made["metadata"] == {
        "name": "train-reproduced-x1",
        "namespace": "team",
        "labels": {"team": "vision"},
        "annotations": MARKS,
    }
    assert container["image"] == f"r/train:1@{DIGEST}"
    assert container["env"] == [{"name": "train_url", "value": NEW_OUTPUT}]
    assert (found.notes, found.output) == ((), NEW_OUTPUT)


def test_what_the_controller_added_and_what_says_whose_the_job_is_does_not_come_back() -> None:
    labels = {"controller-uid": "u", "batch.kubernetes.io/job-name": "train", "app": "mnist"}
    document = job(
        labels={**labels, "argocd.argoproj.io/instance": "mnist", "app.kubernetes.io/managed-by": "Helm", **BUILT},
        annotations={
            **MARKS,
            "aiapp.dev/application": "mnist",
            "aiapp.dev/version": "auto",
            "aiapp.dev/region": "r",
            "metric.aiapp.dev/accuracy": "0.98",
            "meta.helm.sh/x": "y",
        },
    )
    document["spec"] |= {"selector": {"matchLabels": labels}, "manualSelector": False}
    document["spec"]["template"]["metadata"] = {"labels": labels, "creationTimestamp": None}
    (made,) = again(recorded(document)).documents
    assert made["metadata"]["labels"] == {"app": "mnist"} | BUILT
    assert made["metadata"]["annotations"] == MARKS
    assert made["spec"].keys() == {"template"}
    assert made["spec"]["template"]["metadata"] == {"labels": {"app": "mnist"}}


def test_name_output_and_registration_are_as_they_are_asked_for() -> None:
    marks = {"aiapp.dev/application": "mnist", "aiapp.dev/version": "auto"}
    found = again(recorded(job(annotations=MARKS)), name="again", output="s3://other/x", annotations=marks)
    (made,) = found.documents
    assert made["metadata"]["name"] == "again"
    assert made["metadata"]["annotations"] == MARKS | marks
    assert made["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "obs://other/x/"


def test_the_output_is_changed_wherever_it_is_said_and_no_other_folder_is() -> None:
    document = job(env={}, annotations=MARKS)
    bare = OUTPUT.rstrip("/")
    document["spec"]["template"]["spec"]["containers"][0] |= {
        "args": [f"--train_url={bare}", f"cp -r /out {OUTPUT}model", f"{bare}1/", bare.replace("obs", "s3")]
    }
    (made,) = again(recorded(document)).documents
    new = NEW_OUTPUT.rstrip("/")
    assert made["spec"]["template"]["spec"]["containers"][0]["args"] == [
        f"--train_url={new}",
        f"cp -r /out {new}/model",
        f"{bare}1/",
        new.replace("obs", "s3"),
    ]


def test_what_cannot_be_pinned_is_noted_at_its_place() -> None:
    document = job(env={"train_url": OUTPUT, "EPOCHS": "3", "SEED": "7"})
    pod = document["spec"]["template"]["spec"]
    pod["containers"][0]["env"] += [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "k"}}}]
    pod["containers"][0]["envFrom"] = [{"configMapRef": {"name": "settings"}}]
    pod["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    pod["initContainers"] = [{"name": "own", "image": f"r/own@{DIGEST}"}]
    found = again(recorded(document, BUILT_IN[0], "SEED", digest=None))
    where = "spec.template.spec"
    assert notes(found) == [
        ("", "no revision of the source code is on record: it is whatever the image holds"),
        (f"{where}.containers.0.image", "the digest that ran is not on record: this may be another image by now"),
        (f"{where}.containers.0.env.1", "its value is not on record (recordedEnv did not list it): set it"),
        (
            f"{where}.containers.0.env.3.valueFrom.secretKeyRef",
            "Secret keys is on record by its name alone: it has to exist, and may have changed",
        ),
        (
            f"{where}.containers.0.envFrom.0.configMapRef",
            "ConfigMap settings is on record by its name alone: it has to exist, and may have changed",
        ),
        (
            f"{where}.volumes.0.persistentVolumeClaim",
            "PersistentVolumeClaim data is on record by its name alone: it has to exist, and may have changed",
        ),
    ]


def test_data_without_a_digest_is_noted() -> None:
    marks = MARKS | {"dataset.aiapp.dev/a": "obs://data/a/", "dataset.aiapp.dev/b": f"obs://data/b/@{DIGEST}"}
    env = {"train_url": OUTPUT, "data_url": "obs://data/c/", "DATA_PATH": "obs://data/b/"}
    assert notes(again(recorded(job(annotations=marks, env=env)))) == [
        ("", "dataset a obs://data/a/ has no digest: it may have changed since"),
        ("", "the data at obs://data/c/ has no digest: it may have changed since"),
    ]


def test_an_output_that_nothing_in_the_manifest_says_is_noted() -> None:
    (note,) = notes(again(recorded(job(env={}, annotations=MARKS))))
    assert note == ("", f"nothing in it says where it writes: make it write to {NEW_OUTPUT}")


def container() -> Json:
    found: Json = deepcopy(job()["spec"]["template"]["spec"]["containers"][0])
    return found


def templates(*names: str) -> Json:
    return {name: {"replicas": 1, "template": {"spec": {"containers": [container()]}}} for name in names}


MAPPED: Final = JobKind(
    group="ml.example.com",
    plural="trainings",
    version="v1",
    kind="Training",
    succeeded=("status[phase=Done]",),
    failed=("status[phase=Broken]",),
    containers=("spec.workers.*.template.spec.containers.*",),
)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        (KINDS["jobs.batch.volcano.sh"], {"minAvailable": 1, "tasks": [{"name": "w", **templates("a")["a"]}]}),
        (KINDS["pytorchjobs.kubeflow.org"], {"pytorchReplicaSpecs": templates("Master", "Worker")}),
        (KINDS["tfjobs.kubeflow.org"], {"tfReplicaSpecs": templates("Chief")}),
        (KINDS["mpijobs.kubeflow.org"], {"slotsPerWorker": 1, "mpiReplicaSpecs": templates("Launcher", "Worker")}),
        (MAPPED, {"workers": [templates("a")["a"]]}),
    ],
    ids=lambda value: value.name if isinstance(value, JobKind) else "",
)
def test_every_kind_of_job_is_made_again(kind: JobKind, spec: Json) -> None:
    document = job(annotations=MARKS) | {"apiVersion": "x", "kind": kind.kind, "spec": spec}
    found = again(recorded(document, kind))
    (made,) = found.documents
    assert (made["apiVersion"], made["kind"]) == (f"{kind.group}/{kind.version}", kind.kind)
    text = str(made["spec"])
    assert text.count(f"r/train:1@{DIGEST}") == text.count(NEW_OUTPUT) == str(spec).count(OUTPUT)
    assert found.notes == ()


def train_job() -> tuple[Json, Json]:
    """A TrainJob and the runtime that it names."""
    spec = {"runtimeRef": {"name": "torch"}, "trainer": {"numNodes": 2, "env": container()["env"]}}
    inner = {"spec": {"template": {"spec": {"containers": [{"name": "node", "image": "r/train:1"}]}}}}
    runtime = {
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": "torch", "uid": "u"},
        "spec": {"template": {"spec": {"replicatedJobs": [{"name": "node", "template": inner}]}}},
    }
    return job(annotations=MARKS) | {"kind": "TrainJob", "spec": spec}, runtime


def test_a_train_job_brings_its_runtime_as_it_was() -> None:
    document, runtime = train_job()
    found = again(recorded(document, BUILT_IN[-1], runtime=runtime))
    own, made = found.documents
    assert (own["apiVersion"], own["kind"]) == ("trainer.kubeflow.org/v1alpha1", "TrainingRuntime")
    assert own["metadata"] == {"name": "train-reproduced-x1", "namespace": "team"}
    assert f"r/train:1@{DIGEST}" in str(own["spec"])
    assert made["spec"]["runtimeRef"] == {
        "apiGroup": "trainer.kubeflow.org",
        "kind": "TrainingRuntime",
        "name": "train-reproduced-x1",
    }
    assert made["spec"]["trainer"]["env"] == [{"name": "train_url", "value": NEW_OUTPUT}]
    assert found.notes == ()


def test_a_runtime_that_is_on_record_by_its_hash_alone_is_noted() -> None:
    document, runtime = train_job()
    record = recorded(document, BUILT_IN[-1], runtime=runtime)
    known = record["buildDefinition"]["externalParameters"]["job"]["runtime"]
    known.pop("spec")
    found = again(record)
    assert len(found.documents) == 1
    (note,) = (one for one in found.notes if one.path)
    assert note.path == ("spec", "runtimeRef")
    assert known["sha256"] in note.text


def test_the_heading_says_what_was_recorded() -> None:
    record = recorded(job(annotations=MARKS))
    record["buildDefinition"]["internalParameters"]["nodes"] = [{"architecture": "arm64", "chip": "9", "name": "a"}]
    assert again(record).heading[:2] == (
        "The training of version mnist-1.0.0 again: Job train, uid uid-train",
        "It ran on node a arm64 9",
    )


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({}, "was not trained by a job here"),
        ({"buildDefinition": {"buildType": "https://aiapp.dev/registration/v1"}}, "was not trained by a job here"),
        (
            {"buildDefinition": {"buildType": "https://aiapp.dev/training-job/v1", "externalParameters": {"job": {}}}},
            "does not hold the manifest of its job",
        ),
    ],
)
def test_what_is_not_on_record_is_refused_by_name(record: Json, why: str) -> None:
    with pytest.raises(NotReproducibleError, match=why):
        again(record)


def test_a_long_name_is_cut() -> None:
    (made,) = again(recorded(job(name="t" * 63))).documents
    assert made["metadata"]["name"] == f"{'t' * 40}-reproduced-x1"


def test_what_fits_no_config_map_is_left_out_of_the_record() -> None:
    huge = job()
    huge["spec"]["template"]["spec"]["containers"] = [{"image": "i", "args": ["é" * 512] * 64}] * 8
    found = recorded(huge)
    assert found["buildDefinition"]["externalParameters"].keys() == {"job", "output"}
    assert len(provenance_object(found)["data"][KEY]) < 1_000_000
