"""A training is traced, and run again from its record: the same package comes out, and `aiapp diff` says so."""

import json
from pathlib import Path

import pytest
import yaml
from tests.e2e.images.served import ServedImages
from tests.e2e.serving import NAME
from tests.support import train_anywhere
from tests.support.fetching import files_below
from tests.support.kube import Object
from tests.support.own_images import servers
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION
from aiapp_sandbox.profiles import host_architecture

pytestmark = pytest.mark.timeout(900)
PROGRAM = Path(train_anywhere.__file__).read_text("utf-8")
TRAINED_SECONDS = 300
DIFFERENT = 1
"""Exit code of `aiapp diff`."""


def train(serving: ServedImages, seed: str = "7") -> tuple[Object, str]:
    """The Job `train`, which writes to `run-SEED/` of the bucket, and the digest of its image."""
    digest = serving.push("train", servers(*serving.architectures, CONTENT="train"))
    bucket = serving.registry.bucket
    values = {"OUTPUT_PATH": f"obs://{bucket.name}/run-{seed}/", "S3_ENDPOINT": bucket.endpoint, "SEED": seed}
    keys = {"ACCESS_KEY": "accessKeyId", "SECRET_KEY": "secretAccessKey"}
    container = {
        "name": "train",
        "image": f"{serving.pushed_to.address}/{serving.repository}:train",
        "command": ["python3", "-c", PROGRAM, serving.images.cpu_runtime],
        "env": [
            *({"name": name, "value": value} for name, value in values.items()),
            *(
                {"name": name, "valueFrom": {"secretKeyRef": {"name": "store", "key": key}}}
                for name, key in keys.items()
            ),
        ],
    }
    where = {"kubernetes.io/arch": host_architecture()}
    marks = {"org.opencontainers.image.revision": "c0ffee"}
    made = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"train-{seed}", "annotations": marks},
        "spec": {
            "backoffLimit": 0,
            "template": {
                "spec": {
                    "initContainers": [container | {"name": "prepare", "command": ["python3", "-c", ""]}],
                    "containers": [container],
                    "restartPolicy": "Never",
                    "nodeSelector": where,
                }
            },
        },
    }
    return serving.registry.kube.create(made, serving.registry.namespace), digest


def imported(serving: ServedImages, number: str, job: str) -> Object:
    """The version of that job, once it is imported."""
    reach = {"endpoint": serving.registry.bucket.endpoint, "credentialsSecretRef": {"name": "store"}}
    source = {"trainingJob": {"name": job, "recordedEnv": ["SEED", "S3_ENDPOINT"], **reach}}
    version = serving.registry.version(NAME, number, source=source)
    serving.registry.until(version, "ArtifactPinned", "True", timeout=TRAINED_SECONDS)
    return serving.registry.now(version)


def may_register(serving: ServedImages) -> None:
    """Jobs of the namespace may register versions."""
    namespace = serving.registry.namespace
    account = f"--serviceaccount={namespace}:default"
    serving.kubectl.quietly("create", "rolebinding", "register-versions", "--clusterrole=aiapp-register", account)


def registered(serving: ServedImages, number: str) -> Object:
    """The version that a job has registered by itself, once it is imported."""

    def there() -> Object:
        found = serving.registry.find(GROUP_VERSION, "AIApplicationVersion", f"{NAME}-{number}")
        assert found is not None
        return found

    version = eventually(there, timeout=TRAINED_SECONDS)
    serving.registry.until(version, "ArtifactPinned", "True", timeout=TRAINED_SECONDS)
    return serving.registry.now(version)


def test_a_training_that_is_run_again_makes_the_same_package(serving: ServedImages, tmp_path: Path) -> None:
    may_register(serving)
    _, digest = train(serving)
    first = imported(serving, "1.0.0", "train-7")
    serving.kubectl.quietly("delete", "job", "train-7")
    printed = serving.aiapp("reproduce", f"{NAME}-1.0.0", "--register", "auto")
    made = yaml.safe_load(printed)
    pod = made["spec"]["template"]["spec"]
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["image"].endswith(f":train@{digest}")
    comments = [line.strip() for line in printed.splitlines() if line.strip().startswith("#")]
    of_keys = "# Secret store is on record by its name alone: it has to exist, and may have changed"
    assert comments[-2:] == [of_keys, of_keys]
    serving.push("train", servers(*serving.architectures, CONTENT="another image under the same tag"))
    serving.kubectl.quietly("create", "-f", "-", stdin=printed)
    second = registered(serving, "1.0.1")
    assert second["status"]["source"]["uri"] != first["status"]["source"]["uri"]
    assert second["status"]["artifact"]["digest"] == first["status"]["artifact"]["digest"]
    said = serving.aiapp("diff", f"{NAME}-1.0.0", f"{NAME}-1.0.1")
    assert said.splitlines()[0] == (
        f"{NAME}-1.0.0 and {NAME}-1.0.1 hold the same content: {first['status']['artifact']['digest']}"
    )
    assert "files:" not in said
    assert "~ source.trainingJob.name: train-7 -> train-7-reproduced-" in said
    for number in ("1.0.0", "1.0.1"):
        serving.aiapp("download", f"{NAME}-{number}", str(tmp_path / number))
    assert files_below(tmp_path / "1.0.0") == files_below(tmp_path / "1.0.1")


def test_another_seed_makes_another_model_and_the_difference_is_told(serving: ServedImages) -> None:
    for number, seed in (("1.0.0", "7"), ("1.0.1", "8")):
        train(serving, seed)
        imported(serving, number, f"train-{seed}")
    said = json.loads(serving.aiapp("diff", f"{NAME}-1.0.0", f"{NAME}-1.0.1", "-o", "json", code=DIFFERENT))
    assert [(one["path"], one["by"]) for one in said["files"]["changes"]] == [
        ("SHA256SUMS", "SHA256"),
        ("model.pkl", "SHA256"),
    ]
    assert {"field": "containers[train].env[SEED].value", "before": "7", "after": "8"} in said["provenance"]
