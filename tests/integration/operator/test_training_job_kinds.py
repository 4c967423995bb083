"""Jobs of other kinds than batch/v1, with kinds and rights that come and go. Their definitions and controllers are
stand-ins: the definitions take anything, and the test writes the status that each kind's controller is known to write.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from tests.support.job_kinds import reading, served
from tests.support.kube import Kube, Object
from tests.support.live_jobs import permit
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION
from aiapp.domain.training.kinds import BUILT_IN, JobKind, job_kinds

STARTED: Final = "2026-01-02T11:00:00Z"
ENDED: Final = "2026-01-02T12:00:00Z"
MAPPINGS: Final[dict[str, dict[str, Any]]] = {
    "trainings.ml.example.com": {
        "version": "v1",
        "kind": "Training",
        "succeeded": ["status[phase=Done]"],
        "failed": ["status[phase=Broken]"],
        "containers": ["spec.workers.*"],
    }
}
KINDS: Final = {kind.kind: kind for kind in job_kinds([one.name for one in BUILT_IN[1:]], MAPPINGS).kinds}


def condition(type_: str) -> Object:
    return {"type": type_, "status": "True", "lastTransitionTime": ENDED, "reason": f"{type_}ByTest"}


def pods(uri: str) -> Object:
    container = {"name": "train", "image": "r/train:1", "env": [{"name": "train_url", "value": uri}]}
    return {"template": {"spec": {"containers": [container]}}}


def spec(kind: JobKind, uri: str) -> Object:
    """The spec of such a job, as it says where it writes."""
    role = {"Master": pods(uri)}
    of_kind: dict[str, Object] = {
        "Job": {"tasks": [{"name": "worker"} | pods(uri)]},
        "PyTorchJob": {"pytorchReplicaSpecs": role},
        "TFJob": {"tfReplicaSpecs": role},
        "MPIJob": {"mpiReplicaSpecs": role},
        "TrainJob": {"trainer": {"image": "r/train:1", "env": [{"name": "OUTPUT_PATH", "value": uri}]}},
        "Training": {"workers": [{"args": [f"--train-url={uri}"]}]},
    }
    return of_kind[kind.kind]


def done(kind: JobKind) -> Object:
    """The status of one that has succeeded."""
    kubeflow = {"startTime": STARTED, "completionTime": ENDED, "conditions": [condition("Succeeded")]}
    of_kind: dict[str, Object] = {
        "Job": {"state": {"phase": "Completed", "lastTransitionTime": ENDED}},
        "TrainJob": {"conditions": [condition("Complete")]},
        "Training": {"phase": "Done"},
    }
    return of_kind.get(kind.kind, kubeflow)


@pytest.fixture(scope="module")
def reader(kube: Kube, operator: Operator) -> Iterator[Operator]:
    """The operator that reads all these kinds, and may."""
    names = ",".join(("jobs.batch", *(kind.name for kind in BUILT_IN[1:])))
    environment = {"AIAPP_TRAINING_JOB_KINDS": names, "AIAPP_TRAINING_JOB_MAPPINGS": json.dumps(MAPPINGS)}
    with reading(kube, operator, KINDS.values(), environment) as found:
        yield found


def made(registry: Registry, kind: JobKind, **metadata: Any) -> Object:
    named = {"name": "train", **metadata}
    document = {"apiVersion": f"{kind.group}/{kind.version}", "kind": kind.kind, "metadata": named}
    uri = f"obs://{registry.bucket.name}/run-7/"
    return registry.kube.create({**document, "spec": spec(kind, uri)}, registry.namespace)


def version_of(registry: Registry, kind: JobKind) -> Object:
    reach = {"endpoint": registry.bucket.endpoint, "credentialsSecretRef": {"name": "store"}}
    named = {"apiVersion": f"{kind.group}/{kind.version}", "kind": kind.kind, "name": "train"}
    return registry.version(source={"trainingJob": named | reach})


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS.values()])
def test_a_job_of_every_kind_is_imported_although_the_kind_comes_after_the_version(
    registry: Registry, reader: Operator, kind: JobKind
) -> None:
    version = version_of(registry, kind)
    registry.until(version, "SourceResolved", "False", "TrainingJobKindNotServed", timeout=120)
    upload(registry.bucket, "run-7", package())
    with served(registry.kube, kind) as api_version:
        registry.until(version, "SourceResolved", "False", "TrainingJobNotFound", timeout=120)
        job = made(registry, kind)
        registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
        registry.kube.patch(job, {"status": done(kind)}, subresource="status")
        registry.until(version, "Ready", "True", "Normal")
        assert registry.now(version)["status"]["source"]["trainingJob"]["apiVersion"] == api_version
    registry.look_again(version, "now")
    registry.until(version, "SourceUnchanged", "True")
    assert registry.condition(version, "Ready")["status"] == "True"
    assert reader.health("/healthz")[0] == 200


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS.values()])
def test_a_job_of_every_kind_registers_itself(registry: Registry, reader: Operator, kind: JobKind) -> None:
    permit(registry)
    upload(registry.bucket, "run-7", package())
    with served(registry.kube, kind):
        annotations = {
            "aiapp.dev/application": "mnist",
            "aiapp.dev/version": "auto",
            "aiapp.dev/endpoint": registry.bucket.endpoint,
            "aiapp.dev/credentials-secret": "store",
        }
        job = made(registry, kind, annotations=annotations)
        registry.kube.patch(job, {"status": done(kind)}, subresource="status")
        version = eventually(lambda: registry.find(GROUP_VERSION, "AIApplicationVersion", "mnist-0.0.1"), timeout=120)
        assert version is not None
        registry.until(version, "Ready", "True", "Normal")
        source = registry.now(version)["spec"]["source"]["trainingJob"]
        assert (source["kind"], source["uid"]) == (kind.kind, job["metadata"]["uid"])
    assert reader.health("/healthz")[0] == 200


def test_a_kind_that_vanishes_while_its_job_runs_is_waited_for_and_another_job_is_none_of_ours(
    registry: Registry, reader: Operator
) -> None:
    kind = KINDS["PyTorchJob"]
    version = version_of(registry, kind)
    with served(registry.kube, kind):
        made(registry, kind)
        registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning", timeout=120)
    registry.until(version, "SourceResolved", "False", "TrainingJobKindNotServed", timeout=120)
    with served(registry.kube, kind):
        made(registry, kind)
        registry.until(version, "SourceResolved", "False", "TrainingJobReplaced", timeout=120)
    assert reader.health("/healthz")[0] == 200


def test_a_kind_that_may_not_be_read_is_said_and_read_once_it_may(
    registry: Registry, reader: Operator, kube: Kube
) -> None:
    kind = KINDS["TrainJob"]
    role = kube.get("rbac.authorization.k8s.io/v1", "ClusterRole", "aiapp-training-jobs")
    with served(kube, kind):
        reader.kill()
        without = [rule for rule in role["rules"] if rule["resources"] != [kind.plural]]
        kube.patch(role, {"rules": without})
        reader.start()
        version = version_of(registry, kind)
        found = registry.until(version, "SourceResolved", "False", "TrainingJobKindNotServed", timeout=120)
        assert "or does not let the operator read them" in found["message"]
        made(registry, kind)
        kube.patch(role, {"rules": role["rules"]})
        registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning", timeout=120)
