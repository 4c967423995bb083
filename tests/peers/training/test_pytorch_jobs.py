"""PyTorchJobs of Kubeflow's real training-operator, whose real pods train: a master, which writes, and a worker."""

from typing import Any

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


def train(trainer: Trainer, *, env: dict[str, str] | None = None, **policy: Any) -> Object:
    """The PyTorchJob `train`."""
    master = trainer.container("pytorch", **(env or {}))
    worker = {
        "name": "pytorch",
        "image": trainer.image,
        "args": ["--rank", "1"],
        "env": [{"name": "SEED", "value": "7"}],
    }
    roles = {"Master": master, "Worker": worker}
    replicas = {
        role: {"replicas": 1, "restartPolicy": "Never", "template": trainer.template(container)}
        for role, container in roles.items()
    }
    spec = {"runPolicy": policy, "pytorchReplicaSpecs": replicas}
    made = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": {"name": "train"}, "spec": spec}
    return trainer.registry.kube.create(made, trainer.registry.namespace)


def version_of(trainer: Trainer) -> Object:
    return trainer.version(apiVersion="kubeflow.org/v1", kind="PyTorchJob")


def test_what_a_job_trained_is_imported_with_what_ran_although_its_pods_are_cleaned_up(trainer: Trainer) -> None:
    version = version_of(trainer)
    job = train(trainer, env={"SECONDS_MORE": "2"}, cleanPodPolicy="All")
    trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    pods = trainer.registry.kube.list
    eventually(lambda: not pods("v1", "Pod", trainer.registry.namespace), timeout=TRAINED_SECONDS)
    status = trainer.registry.now(version)["status"]
    assert status["source"]["trainingJob"]["uid"] == job["metadata"]["uid"]
    assert status["provenance"]["images"] == [{"image": trainer.image, "digest": trainer.digest}]
    assert [node["architecture"] for node in status["provenance"]["nodes"]] == [host_architecture()]
    predicate = predicate_of(trainer, version)
    master, worker = predicate["buildDefinition"]["externalParameters"]["containers"]
    assert {"name": "SEED", "value": "7"} in master["env"]
    assert worker["args"] == ["--rank", "1"]
    assert predicate["runDetails"]["metadata"].keys() == {"invocationId", "startedOn", "finishedOn"}


def test_a_job_that_is_cleaned_up_as_soon_as_it_has_ended_is_imported(trainer: Trainer) -> None:
    version = version_of(trainer)
    job = train(trainer, cleanPodPolicy="All", ttlSecondsAfterFinished=0)
    trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    eventually(lambda: trainer.gone(job), timeout=TRAINED_SECONDS)
    status = trainer.registry.now(version)["status"]
    assert status["provenance"]["images"] == [{"image": trainer.image, "digest": trainer.digest}]


def test_a_job_that_fails_fails_its_version_in_its_own_words(trainer: Trainer) -> None:
    version = version_of(trainer)
    train(trainer, env={"FAILS": "yes"}, cleanPodPolicy="All")
    found = trainer.registry.until(version, "Ready", "False", "TrainingJobFailed", timeout=TRAINED_SECONDS)
    assert "PyTorchJobFailed: PyTorchJob train is failed because 1 Master replica(s) failed." in found["message"]


def test_a_job_that_runs_is_waited_for_in_its_own_words(trainer: Trainer) -> None:
    version = version_of(trainer)
    train(trainer, env={"SECONDS_MORE": "600"})
    said = "PyTorchJobRunning: PyTorchJob train is running."
    eventually(
        lambda: said in trainer.registry.condition(version, "SourceResolved")["message"], timeout=TRAINED_SECONDS
    )
