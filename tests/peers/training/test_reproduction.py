"""A PyTorchJob is run again from its record by Kubeflow's real training-operator, and makes the same package."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from tests.e2e.training.provenance import TRAINED_SECONDS
from tests.support import train_anywhere
from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.sandbox import Sandbox
from tests.support.trainer import Trainer

from aiapp.cli import main

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]
PROGRAM = Path(train_anywhere.__file__).read_text("utf-8")
KIND = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob"}
RECORDED = ["SEED", "S3_ENDPOINT"]


@pytest.fixture(autouse=True)
def _running(pytorch_jobs: Kube, reader: Operator) -> None:
    """Both operators run."""


def train(trainer: Trainer) -> Object:
    """The PyTorchJob `train`: a master, which writes."""
    values = {"OUTPUT_PATH": trainer.uri, "S3_ENDPOINT": trainer.registry.bucket.endpoint, "SEED": "7"}
    keys = {"ACCESS_KEY": "accessKeyId", "SECRET_KEY": "secretAccessKey"}
    of_keys = ({"name": n, "valueFrom": {"secretKeyRef": {"name": "store", "key": key}}} for n, key in keys.items())
    master = {
        "name": "pytorch",
        "image": trainer.image,
        "command": ["python3", "-c", PROGRAM, "python3.7"],
        "env": [*({"name": name, "value": value} for name, value in values.items()), *of_keys],
    }
    replicas = {"Master": {"replicas": 1, "restartPolicy": "Never", "template": trainer.template(master)}}
    spec = {"runPolicy": {"cleanPodPolicy": "All"}, "pytorchReplicaSpecs": replicas}
    return trainer.registry.kube.create(
        {**KIND, "metadata": {"name": "train"}, "spec": spec}, trainer.registry.namespace
    )


def imported(trainer: Trainer, number: str, job: str) -> Object:
    version = trainer.version(number, **KIND, name=job, recordedEnv=RECORDED)
    trainer.registry.until(version, "ArtifactPinned", "True", timeout=TRAINED_SECONDS)
    return trainer.registry.now(version)


def aiapp(sandbox: Sandbox, trainer: Trainer, *arguments: str) -> str:
    place = ["--kubeconfig", str(sandbox.kubeconfig), "-n", trainer.registry.namespace]
    done = CliRunner().invoke(main, [*arguments, *place])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_pytorch_job_that_is_run_again_makes_the_same_package(trainer: Trainer, sandbox: Sandbox) -> None:
    first_job = train(trainer)
    first = imported(trainer, "1.0.0", "train")
    trainer.registry.kube.delete(first_job)
    made = yaml.safe_load(aiapp(sandbox, trainer, "reproduce", "mnist-1.0.0"))
    assert (made["apiVersion"], made["kind"]) == tuple(KIND.values())
    (container,) = made["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"]
    assert container["image"] == f"{trainer.image}@{trainer.digest}"
    trainer.registry.kube.create(made)
    second = imported(trainer, "1.0.1", made["metadata"]["name"])
    assert second["status"]["artifact"]["digest"] == first["status"]["artifact"]["digest"]
    said = aiapp(sandbox, trainer, "diff", "mnist-1.0.0", "mnist-1.0.1")
    assert said.startswith("mnist-1.0.0 and mnist-1.0.1 hold the same content: sha256:")
