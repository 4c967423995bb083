"""Versions of training jobs, on a real API server and a real S3 server; the test says how a job's pod ends."""

import json
from typing import Any, Final

import pytest
from tests.support.kube import Kube, Object
from tests.support.live_jobs import end, job
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually

DIGEST: Final = f"sha256:{'ab' * 32}"


def version_of(registry: Registry, **trained: Any) -> Object:
    reach = {"endpoint": registry.bucket.endpoint, "credentialsSecretRef": {"name": "store"}}
    return registry.version(source={"trainingJob": {"name": "train", **reach, **trained}})


def test_a_version_waits_for_its_job_and_becomes_normal_when_it_has_succeeded(registry: Registry) -> None:
    train = job(registry)
    version = version_of(registry)
    registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
    eventually(lambda: "is running since" in registry.condition(version, "SourceResolved")["message"])
    assert registry.now(version)["status"]["phase"] == "Importing"
    upload(registry.bucket, "run-7", package())
    end(registry, train, "Succeeded")
    registry.until(version, "Ready", "True", "Normal")
    source = registry.now(version)["status"]["source"]
    assert (source["type"], source["uri"]) == ("TrainingJob", f"obs://{registry.bucket.name}/run-7/model/")
    assert (source["trainingJob"]["uid"], source["trainingJob"]["state"]) == (train["metadata"]["uid"], "Succeeded")


def test_pods_fetch_what_the_job_wrote_and_the_job_may_go(registry: Registry) -> None:
    train = job(registry)
    upload(registry.bucket, "run-7", package())
    version, application = version_of(registry), registry.application()
    end(registry, train, "Succeeded")
    registry.until(version, "Ready", "True", "Normal")
    registry.kube.delete(train)
    registry.until(application, "VersionsResolved", "True")
    deployment = eventually(lambda: registry.find("apps/v1", "Deployment", "mnist-1-0-0"))
    assert deployment is not None
    (fetcher,) = deployment["spec"]["template"]["spec"]["initContainers"]
    assert f"obs://{registry.bucket.name}/run-7/model/" in fetcher["args"]
    registry.look_again(version, "now")
    registry.until(version, "SourceUnchanged", "True")
    assert registry.condition(version, "Ready")["status"] == "True"


def test_what_ran_outlives_the_job_its_pods_and_the_operator(registry: Registry, operator: Operator) -> None:
    train = job(registry)
    version = version_of(registry)
    upload(registry.bucket, "run-7", package())
    end(registry, train, "Succeeded", digest=DIGEST)
    registry.until(version, "Ready", "True", "Normal")
    registry.kube.delete(train)
    operator.restart()
    registry.look_again(version, "now")
    registry.until(version, "SourceUnchanged", "True")
    known = registry.now(version)["status"]["provenance"]
    assert known["images"] == [{"image": "r/train:1", "digest": DIGEST}]
    config_map = registry.find("v1", "ConfigMap", known["record"]["name"])
    assert config_map is not None
    assert config_map["immutable"]
    predicate = json.loads(config_map["data"]["predicate.json"])
    assert predicate["runDetails"]["metadata"]["invocationId"] == train["metadata"]["uid"]
    assert predicate["buildDefinition"]["externalParameters"]["containers"][0]["env"] == [{"name": "train_url"}]


def test_a_version_whose_job_failed_says_why(registry: Registry) -> None:
    train, version = job(registry), version_of(registry)
    end(registry, train, "Failed")
    found = registry.until(version, "Ready", "False", "TrainingJobFailed")
    assert "BackoffLimitExceeded: Job has reached the specified backoff limit" in found["message"]
    assert registry.now(version)["status"]["phase"] == "Failed"


def test_a_job_that_is_cleaned_up_at_once_has_been_seen(registry: Registry) -> None:
    train, version = job(registry), version_of(registry)
    registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
    upload(registry.bucket, "run-7", package())
    end(registry, train, "Succeeded")
    registry.kube.delete(train)
    registry.until(version, "Ready", "True", "Normal")


def test_a_job_that_is_deleted_while_it_runs_and_made_again_is_another_one(registry: Registry) -> None:
    train, version = job(registry), version_of(registry)
    registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
    registry.kube.delete(train)
    registry.until(version, "SourceResolved", "False", "TrainingJobGone")
    again = job(registry)
    upload(registry.bucket, "run-7", package())
    end(registry, again, "Succeeded")
    registry.until(version, "SourceResolved", "False", "TrainingJobReplaced")
    registry.kube.patch(registry.now(version), {"spec": {"source": {"trainingJob": {"uid": again["metadata"]["uid"]}}}})
    registry.until(version, "Ready", "True", "Normal")


def test_a_version_that_is_restored_when_its_job_is_long_gone_says_how_it_is_pinned_again(registry: Registry) -> None:
    train, version = job(registry), version_of(registry)
    upload(registry.bucket, "run-7", package())
    end(registry, train, "Succeeded")
    registry.until(version, "Ready", "True", "Normal")
    pinned = registry.now(version)["status"]["artifact"]["pin"]
    registry.kube.delete(train)
    eventually(lambda: registry.find("batch/v1", "Job", "train") is None)
    registry.kube.delete(version, propagationPolicy="Orphan")
    eventually(lambda: registry.find(version["apiVersion"], version["kind"], version["metadata"]["name"]) is None)
    restored = version_of(registry)
    found = registry.until(restored, "SourceResolved", "False", "TrainingJobNotFound")
    assert "register what it wrote as a package in object storage" in found["message"]
    reach = {"endpoint": registry.bucket.endpoint, "credentialsSecretRef": {"name": "store"}}
    obs = {"uri": f"obs://{registry.bucket.name}/run-7/", **reach}
    registry.kube.patch(registry.now(restored), {"spec": {"source": {"trainingJob": None, "obs": obs}}})
    registry.until(restored, "Ready", "True", "Normal")
    assert registry.now(restored)["status"]["artifact"]["pin"] == pinned


def test_an_output_that_comes_after_its_job_has_ended_is_imported(registry: Registry) -> None:
    train, version = job(registry), version_of(registry)
    end(registry, train, "Succeeded")
    registry.until(version, "SourceResolved", "Unknown", "TrainingOutputPending")
    upload(registry.bucket, "run-7", package())
    registry.until(version, "Ready", "True", "Normal")


def test_a_job_that_ends_while_the_operator_is_away_is_imported_afterwards(
    registry: Registry, operator: Operator
) -> None:
    train, version = job(registry), version_of(registry)
    registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
    operator.kill()
    upload(registry.bucket, "run-7", package())
    end(registry, train, "Succeeded")
    operator.start()
    registry.until(version, "Ready", "True", "Normal")


def test_the_output_of_a_built_in_algorithm_is_imported_through_a_template(registry: Registry) -> None:
    train = job(registry, labels={"aiapp.dev/algorithm": "BuiltIn"})
    version = version_of(registry)
    upload(registry.bucket, "run-7", {"model.pkl": b"weights"})
    end(registry, train, "Succeeded")
    registry.until(version, "SourceResolved", "Unknown", "TrainingOutputPending")
    registry.kube.patch(registry.now(version), {"spec": {"source": {"trainingJob": {"template": {"name": "sklearn"}}}}})
    registry.until(version, "ArtifactPinned", "True")
    status = registry.now(version)["status"]
    assert (status["source"]["type"], status["source"]["template"]["name"]) == ("TrainingJob", "sklearn")
    assert status["source"]["origin"] == "BuiltIn"
    assert status["artifact"]["objects"] > 1
    registry.look_again(version, "now")
    registry.until(version, "SourceUnchanged", "True")


@pytest.mark.parametrize(
    ("trained", "message"),
    [
        ({"kind": "PyTorchJob"}, "an administrator adds pytorchjobs.kubeflow.org to AIAPP_TRAINING_JOB_KINDS"),
        ({"kind": "Training"}, "an administrator maps the kind (AIAPP_TRAINING_JOB_MAPPINGS)"),
    ],
)
def test_a_kind_that_the_operator_does_not_read_is_said(
    registry: Registry, kube: Kube, trained: dict[str, str], message: str
) -> None:
    version = version_of(registry, **trained)
    assert message in registry.until(version, "Ready", "False", "TrainingJobKindUnknown")["message"]
    assert kube.get(version["apiVersion"], version["kind"], "mnist-1.0.0", registry.namespace)["status"]["phase"] == (
        "Waiting"
    )
