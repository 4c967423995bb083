"""Volcano Jobs, MPIJobs and TrainJobs by the definitions of those who make them.

Their controllers are stand-ins: the test makes the pods as each of them does, which really train, and writes the status
that it is known to write.
"""

from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.e2e.training.provenance import TRAINED_SECONDS, predicate_of
from tests.support.crds import is_served
from tests.support.job_kinds import CRD
from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.packages import package, upload
from tests.support.peers import module_folder, volcano_jobs
from tests.support.trainer import Trainer
from tests.support.waiting import eventually

from aiapp.domain.training.kinds import BUILT_IN, JobKind

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]
STARTED: Final = "2026-01-02T11:00:00Z"
ENDED: Final = "2026-01-02T12:00:00Z"
TRAINER: Final = "trainer.kubeflow.org/v1alpha1"
KINDS: Final = {kind.name: kind for kind in BUILT_IN}
NAMES: Final = ("jobs.batch.volcano.sh", "mpijobs.kubeflow.org", "trainjobs.trainer.kubeflow.org")


@pytest.fixture(scope="module", autouse=True)
def definitions(kube: Kube, reader: Operator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Object]:
    """The definitions of these kinds by name; the cluster serves them."""
    trainer = module_folder("training-kinds", "github.com/kubeflow/trainer/v2") / "manifests/base/crds"
    mpi = module_folder("training-kinds", "github.com/kubeflow/mpi-operator") / "manifests/base"
    volcano = volcano_jobs(tmp_path_factory.mktemp("volcano"))
    files: list[Path] = [*trainer.glob("trainer.kubeflow.org_*.yaml"), mpi / "kubeflow.org_mpijobs.yaml", volcano]
    found = {one["metadata"]["name"]: one for one in (yaml.safe_load(file.read_text()) for file in files)}
    for one in found.values():
        kube.apply(one, force="true")
    for name in NAMES:
        until_served(kube, KINDS[name])
    return found


def until_served(kube: Kube, kind: JobKind) -> None:
    eventually(partial(is_served, kube, f"{kind.group}/{kind.version}", kind.kind))


@pytest.fixture(params=NAMES)
def kind(request: pytest.FixtureRequest) -> JobKind:
    """One of these kinds."""
    return KINDS[request.param]


def made(trainer: Trainer, kind: JobKind) -> Object:
    """The job `train`, as its user writes it."""
    pods = trainer.template(trainer.container())
    mpi = {"Launcher": {"replicas": 1, "template": pods}, "Worker": {"replicas": 1, "template": pods}}
    specs: dict[str, Object] = {
        "Job": {"minAvailable": 1, "tasks": [{"name": "worker", "replicas": 1, "template": pods}]},
        "MPIJob": {"mpiReplicaSpecs": mpi},
        "TrainJob": {
            "runtimeRef": {"name": "plain", "kind": "TrainingRuntime", "apiGroup": "trainer.kubeflow.org"},
            "trainer": {"numNodes": 1, "env": [{"name": "OUTPUT_PATH", "value": trainer.uri}]},
        },
    }
    document = {"apiVersion": f"{kind.group}/{kind.version}", "kind": kind.kind, "metadata": {"name": "train"}}
    if kind.kind == "TrainJob":
        runtime(trainer)
    return trainer.registry.kube.create({**document, "spec": specs[kind.kind]}, trainer.registry.namespace)


def runtime(trainer: Trainer) -> Object:
    """The TrainingRuntime `plain`, which has the image that the job does not name."""
    pods = trainer.template(trainer.container("node"))
    node = {"name": "node", "template": {"spec": {"template": pods}}}
    spec = {"mlPolicy": {"numNodes": 1}, "template": {"spec": {"replicatedJobs": [node]}}}
    body = {"apiVersion": TRAINER, "kind": "TrainingRuntime", "metadata": {"name": "plain"}, "spec": spec}
    return trainer.registry.kube.create(body, trainer.registry.namespace)


def run_pods(trainer: Trainer, kind: JobKind, job: Object, **fields: Any) -> Object:
    """What the controller of that kind makes: a pod of its own, or a Job which makes one. It trains, or as `fields` of
    its container say.
    """
    owner = {key: job[key] for key in ("apiVersion", "kind")} | {key: job["metadata"][key] for key in ("name", "uid")}
    marks = {"labels": {kind.pod_label: "train"}}
    pods = trainer.template(trainer.container() | fields) | {"metadata": marks}
    body: Object = {"apiVersion": "v1", "kind": "Pod", **pods}
    if not kind.owns_pods:
        body = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": pods}}
    metadata = {"name": "train-launcher", "ownerReferences": [owner | {"controller": True}], **marks}
    return trainer.registry.kube.create({**body, "metadata": metadata}, trainer.registry.namespace)


def has_trained(trainer: Trainer) -> bool:
    pods = trainer.registry.kube.list("v1", "Pod", trainer.registry.namespace)
    return [pod["status"]["phase"] for pod in pods] == ["Succeeded"]


def condition(type_: str, message: str) -> Object:
    """As the controllers of Kubeflow write one."""
    return {"type": type_, "status": "True", "lastTransitionTime": ENDED, "reason": f"Job{type_}", "message": message}


def ended(kind: JobKind, *, well: bool) -> Object:
    """The status that the controller of that kind writes of a job that has ended."""
    message = "all went well" if well else "the launcher failed"
    name = {"TrainJob": "Complete", "MPIJob": "Succeeded", "Job": "Completed"}[kind.kind] if well else "Failed"
    if kind.kind == "Job":
        return {"state": {"phase": name, "reason": f"Job{name}", "message": message, "lastTransitionTime": ENDED}}
    times = {"startTime": STARTED, "completionTime": ENDED} if kind.kind == "MPIJob" else {}
    return {"conditions": [condition(name, message)], **times}


def version_of(trainer: Trainer, kind: JobKind) -> Object:
    return trainer.version(apiVersion=f"{kind.group}/{kind.version}", kind=kind.kind)


def test_what_a_job_trained_is_imported_with_what_its_pods_ran(trainer: Trainer, kind: JobKind) -> None:
    version = version_of(trainer, kind)
    job = made(trainer, kind)
    trainer.registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
    run_pods(trainer, kind, job)
    eventually(partial(has_trained, trainer), timeout=TRAINED_SECONDS)
    trainer.registry.kube.patch(job, {"status": ended(kind, well=True)}, subresource="status")
    trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    known = trainer.provenance(version)
    assert known["images"] == [{"image": trainer.image, "digest": trainer.digest}]
    assert len(known["nodes"]) == 1
    assert trainer.registry.now(version)["status"]["source"]["trainingJob"]["finishedAt"] == ENDED
    assert predicate_of(trainer, version)["runDetails"]["metadata"]["invocationId"] == job["metadata"]["uid"]


def test_a_job_that_fails_fails_its_version_in_its_own_words(trainer: Trainer, kind: JobKind) -> None:
    version = version_of(trainer, kind)
    job = made(trainer, kind)
    trainer.registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
    trainer.registry.kube.patch(job, {"status": ended(kind, well=False)}, subresource="status")
    found = trainer.registry.until(version, "Ready", "False", "TrainingJobFailed")
    assert "JobFailed: the launcher failed" in found["message"]


def test_the_runtime_of_a_job_is_kept_as_it_was_also_when_both_are_gone_by_the_end(
    trainer: Trainer, reader: Operator
) -> None:
    kind = KINDS["trainjobs.trainer.kubeflow.org"]
    version = version_of(trainer, kind)
    job = made(trainer, kind)
    trainer.registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
    eventually(lambda: trainer.provenance(version).get("record"))
    before = predicate_of(trainer, version)["buildDefinition"]["externalParameters"]["job"]["runtime"]
    assert before["spec"]["template"]["spec"]["replicatedJobs"][0]["name"] == "node"
    found = trainer.registry.find(TRAINER, "TrainingRuntime", "plain")
    assert found is not None
    trainer.registry.kube.delete(found)
    run_pods(trainer, kind, job)
    eventually(partial(has_trained, trainer), timeout=TRAINED_SECONDS)
    trainer.registry.kube.patch(job, {"status": ended(kind, well=True)}, subresource="status")
    trainer.registry.kube.delete(job)
    trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    after = predicate_of(trainer, version)["buildDefinition"]["externalParameters"]["job"]["runtime"]
    assert after == before
    assert reader.health("/healthz")[0] == 200


def test_a_kind_that_vanishes_in_the_middle_of_an_import_takes_nothing_along(
    trainer: Trainer, reader: Operator, kube: Kube, definitions: dict[str, Object]
) -> None:
    kind = KINDS["mpijobs.kubeflow.org"]
    version = version_of(trainer, kind)
    job = made(trainer, kind)
    run_pods(trainer, kind, job, command=["python3", "-c", "pass"])
    eventually(partial(has_trained, trainer), timeout=TRAINED_SECONDS)
    trainer.registry.kube.patch(job, {"status": ended(kind, well=True)}, subresource="status")
    trainer.registry.until(version, "SourceResolved", "False", "PrefixEmpty")
    kube.delete(definitions[kind.name])
    eventually(lambda: kube.find(CRD, "CustomResourceDefinition", kind.name) is None)
    try:
        reader.restart()
        upload(trainer.registry.bucket, "run-7", package())
        trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
        assert trainer.provenance(version)["images"] == [{"image": trainer.image, "digest": trainer.digest}]
        assert predicate_of(trainer, version)["runDetails"]["metadata"]["invocationId"] == job["metadata"]["uid"]
    finally:
        kube.apply(definitions[kind.name], force="true")
        until_served(kube, kind)
