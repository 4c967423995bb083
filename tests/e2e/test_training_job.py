"""A model is trained by a real Job, imported from what the Job wrote, and served; the Job need not outlive that."""

import json
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_digits
from tests.e2e.serving import NAME, RUNNING_SECONDS, Serving
from tests.support import train_digits
from tests.support.kube import Object
from tests.support.trainer import FILES, signed_address

from aiapp_sandbox.profiles import host_architecture

pytestmark = pytest.mark.timeout(900)
PROGRAM = Path(train_digits.__file__).read_text("utf-8")
TRAINED_SECONDS = 300


def train(serving: Serving, program: str = PROGRAM, **spec: Any) -> Object:
    """The Job `train-digits`, which writes to `run-7/` of the bucket."""
    bucket = serving.registry.bucket.name
    signed = {name: signed_address(serving.registry.bucket, f"run-7/model/{file}") for name, file in FILES.items()}
    env = {"train_url": f"obs://{bucket}/run-7/", "SEED": "7", **signed}
    container = {
        "name": "train",
        "image": serving.images.cpu,
        "command": ["python3", "-c", program, serving.images.cpu_runtime],
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }
    where = {"kubernetes.io/arch": host_architecture()}  # what the image is for
    template = {"spec": {"containers": [container], "restartPolicy": "Never", "nodeSelector": where}}
    marks = {"org.opencontainers.image.revision": "c0ffee", "dataset.aiapp.dev/digits": "sklearn.datasets.load_digits"}
    made = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "train-digits", "annotations": marks},
        "spec": {"backoffLimit": 0, "template": template, **spec},
    }
    return serving.registry.kube.create(made, serving.registry.namespace)


def version_of_the_job(serving: Serving) -> Object:
    reach = {"endpoint": serving.registry.bucket.endpoint, "credentialsSecretRef": {"name": "store"}}
    source = {"trainingJob": {"name": "train-digits", "recordedEnv": ["SEED"], **reach}}
    return serving.registry.version(NAME, "1.0.0", source=source)


def test_what_a_job_trained_is_imported_and_served_and_the_job_may_go(serving: Serving) -> None:
    version = version_of_the_job(serving)
    made = train(serving)
    serving.serve()
    serving.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    serving.kubectl.quietly("delete", "job", "train-digits")
    serving.until_running()
    pictures, digits = load_digits(return_X_y=True)
    assert answered(serving, pictures[:5].tolist()) == digits[:5].tolist()
    known = serving.registry.now(version)["status"]
    assert known["source"]["trainingJob"]["uid"] == made["metadata"]["uid"]
    provenance = known["provenance"]
    assert (provenance["revision"], provenance["nodes"][0]["name"]) == ("c0ffee", serving.pods()[0]["spec"]["nodeName"])
    record = serving.registry.find("v1", "ConfigMap", provenance["record"]["name"])
    assert record is not None
    predicate = json.loads(record["data"]["predicate.json"])
    (container,) = predicate["buildDefinition"]["externalParameters"]["containers"]
    assert [one for one in container["env"] if "value" in one] == [{"name": "SEED", "value": "7"}]
    assert predicate["runDetails"]["metadata"].keys() == {"invocationId", "startedOn", "finishedOn"}


def answered(serving: Serving, pictures: list[list[float]]) -> list[int]:
    path = f"/api/v1/namespaces/{serving.registry.namespace}/services/{NAME}:http/proxy/"
    found: list[int] = serving.registry.kube.request("POST", path, {"pictures": pictures})["digits"]
    return found


def test_a_job_that_fails_fails_its_version_with_its_own_reason(serving: Serving) -> None:
    version = version_of_the_job(serving)
    train(serving, "raise SystemExit('no data')")
    found = serving.registry.until(version, "Ready", "False", "TrainingJobFailed", timeout=RUNNING_SECONDS)
    assert "BackoffLimitExceeded: Job has reached the specified backoff limit" in found["message"]
