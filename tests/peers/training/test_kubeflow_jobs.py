"""PyTorchJobs and TFJobs of Kubeflow's real training-operator, whose real pods train: one that writes, and a worker."""

from dataclasses import dataclass
from typing import Any, Final

import pytest
from tests.e2e.training.provenance import TRAINED_SECONDS, predicate_of
from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.trainer import Trainer
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import host_architecture

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def _running(pytorch_jobs: Kube, reader: Operator) -> None:
    """Both operators run."""


@dataclass(frozen=True)
class Kind:
    """One of its kinds, as its jobs are written."""

    name: str
    replicas: str
    first: str
    """The role of the pod that writes."""
    container: str


KINDS: Final = (
    Kind("PyTorchJob", "pytorchReplicaSpecs", "Master", "pytorch"),
    Kind("TFJob", "tfReplicaSpecs", "Chief", "tensorflow"),
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def train(trainer: Trainer, kind: Kind, *, env: dict[str, str] | None = None, **policy: Any) -> Object:
    """The job `train` of that kind."""
    first = trainer.container(kind.container, **(env or {}))
    worker = {**first, "args": ["--rank", "1"], "env": [{"name": "SEED", "value": "7"}]}
    replicas = {
        role: {"replicas": 1, "restartPolicy": "Never", "template": trainer.template(container)}
        for role, container in {kind.first: first, "Worker": worker}.items()
    }
    spec = {"runPolicy": policy, kind.replicas: replicas}
    made = {"apiVersion": "kubeflow.org/v1", "kind": kind.name, "metadata": {"name": "train"}, "spec": spec}
    return trainer.registry.kube.create(made, trainer.registry.namespace)


def version_of(trainer: Trainer, kind: Kind) -> Object:
    return trainer.version(apiVersion="kubeflow.org/v1", kind=kind.name)


def test_what_a_job_trained_is_imported_with_what_ran_although_its_pods_are_cleaned_up(
    trainer: Trainer, kind: Kind
) -> None:
    version = version_of(trainer, kind)
    job = train(trainer, kind, env={"SECONDS_MORE": "2"}, cleanPodPolicy="All")
    trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    pods = trainer.registry.kube.list
    eventually(lambda: not pods("v1", "Pod", trainer.registry.namespace), timeout=TRAINED_SECONDS)
    status = trainer.registry.now(version)["status"]
    assert status["source"]["trainingJob"]["uid"] == job["metadata"]["uid"]
    assert status["provenance"]["images"] == [{"image": trainer.image, "digest": trainer.digest}]
    assert [node["architecture"] for node in status["provenance"]["nodes"]] == [host_architecture()]
    predicate = predicate_of(trainer, version)
    first, worker = predicate["buildDefinition"]["externalParameters"]["containers"]
    assert {"name": "SEED", "value": "7"} in first["env"]
    assert worker["args"] == ["--rank", "1"]
    assert predicate["runDetails"]["metadata"].keys() == {"invocationId", "startedOn", "finishedOn"}


def test_a_job_that_is_cleaned_up_as_soon_as_it_has_ended_is_imported(trainer: Trainer, kind: Kind) -> None:
    version = version_of(trainer, kind)
    job = train(trainer, kind, cleanPodPolicy="All", ttlSecondsAfterFinished=0)
    trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    eventually(lambda: trainer.gone(job), timeout=TRAINED_SECONDS)
    status = trainer.registry.now(version)["status"]
    assert status["provenance"]["images"] == [{"image": trainer.image, "digest": trainer.digest}]


def test_a_job_that_fails_fails_its_version_in_its_own_words(trainer: Trainer, kind: Kind) -> None:
    version = version_of(trainer, kind)
    train(trainer, kind, env={"FAILS": "yes"}, cleanPodPolicy="All")
    found = trainer.registry.until(version, "Ready", "False", "TrainingJobFailed", timeout=TRAINED_SECONDS)
    assert f"{kind.name}Failed: {kind.name} " in found["message"]
    assert f"failed because 1 {kind.first} replica(s) failed" in found["message"]


def test_a_job_that_runs_is_waited_for_in_its_own_words(trainer: Trainer, kind: Kind) -> None:
    version = version_of(trainer, kind)
    train(trainer, kind, env={"SECONDS_MORE": "600"})
    said = f"{kind.name}Running: {kind.name} "
    eventually(
        lambda: said in trainer.registry.condition(version, "SourceResolved")["message"], timeout=TRAINED_SECONDS
    )
