"""What befalls training jobs and their output, on a real API server, Job controller and S3 server: a named condition,
and recovery by itself where that is possible.
"""

import socket
from typing import Any

from tests.support.kube import Object
from tests.support.live_jobs import end, end_pod, job
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually


def version_of(registry: Registry, number: str = "1.0.0", **trained: Any) -> Object:
    reach = {"endpoint": registry.bucket.endpoint, "credentialsSecretRef": {"name": "store"}}
    return registry.version(number=number, source={"trainingJob": {"name": "train", **reach, **trained}})


def imported(registry: Registry, version: Object) -> Object:
    registry.until(version, "Ready", "True", "Normal")
    return registry.now(version)


def test_two_versions_of_one_job_are_the_same_model(registry: Registry) -> None:
    train = job(registry)
    one = version_of(registry)
    upload(registry.bucket, "run-7", package())
    end(registry, train, "Succeeded")
    first = imported(registry, one)
    second = imported(registry, version_of(registry, "1.0.1"))
    assert first["status"]["artifact"]["pin"] == second["status"]["artifact"]["pin"]
    assert first["status"]["source"]["trainingJob"] == second["status"]["source"]["trainingJob"]
    registry.kube.delete(one)
    registry.look_again(second, "now")
    registry.until(second, "SourceUnchanged", "True")
    names = [second["status"]["artifact"]["manifestRef"]["name"], second["status"]["provenance"]["record"]["name"]]
    assert all(registry.find("v1", "ConfigMap", name) for name in names)


def test_an_output_that_another_run_writes_over_is_said_and_the_version_stays_what_it_was(registry: Registry) -> None:
    train = job(registry)
    upload(registry.bucket, "run-7", package())
    end(registry, train, "Succeeded")
    version = version_of(registry)
    pinned = imported(registry, version)["status"]["artifact"]
    upload(registry.bucket, "run-7/model", {"model.pkl": b"another run"})
    registry.look_again(version, "now")
    found = registry.until(version, "SourceUnchanged", "False", "SourceLost")
    assert "model.pkl" in found["message"]
    assert registry.now(version)["status"]["artifact"] == pinned
    upload(registry.bucket, "run-7", package())
    registry.look_again(version, "later")
    registry.until(version, "SourceUnchanged", "True")


def test_a_job_that_is_deleted_while_its_output_is_read_is_imported_all_the_same(registry: Registry) -> None:
    train = job(registry)
    upload(registry.bucket, "run-7", package())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        version = version_of(registry, endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
        end(registry, train, "Succeeded")
        asked, _ = silent.accept()
        registry.kube.delete(train)
        eventually(lambda: registry.find("batch/v1", "Job", "train") is None)
        asked.close()
    change = {"spec": {"source": {"trainingJob": {"endpoint": registry.bucket.endpoint}}}}
    registry.kube.patch(registry.now(version), change)
    found = imported(registry, version)
    assert found["status"]["source"]["trainingJob"]["uid"] == train["metadata"]["uid"]


def test_a_job_that_never_ends_is_waited_for_until_its_deadline_ends_it(registry: Registry) -> None:
    train = job(registry)
    version = version_of(registry)
    registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
    registry.look_again(version, "now")
    eventually(lambda: registry.now(version)["status"].get("lastHandledReconcileAt") == "now")
    assert registry.now(version)["status"]["phase"] == "Importing"
    registry.kube.patch(registry.now(train), {"spec": {"activeDeadlineSeconds": 1}})
    found = registry.until(version, "Ready", "False", "TrainingJobFailed")
    assert "DeadlineExceeded" in found["message"]


def test_a_version_that_is_restored_without_status_says_that_its_job_is_gone_and_takes_its_output(
    registry: Registry,
) -> None:
    train = job(registry)
    upload(registry.bucket, "run-7", package())
    end(registry, train, "Succeeded")
    made = imported(registry, version_of(registry, uid=train["metadata"]["uid"]))
    registry.kube.delete(train)
    registry.kube.delete(made)
    eventually(lambda: registry.find("batch/v1", "Job", "train") is None)
    eventually(lambda: registry.find(made["apiVersion"], made["kind"], "mnist-1.0.0") is None)
    restored = {key: made[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": "mnist-1.0.0"}}
    version = registry.kube.create(restored, registry.namespace)
    found = registry.until(version, "SourceResolved", "False", "TrainingJobGone")
    assert "register it as a package in object storage" in found["message"]
    obs = {
        "uri": made["status"]["source"]["trainingJob"]["output"],
        "endpoint": registry.bucket.endpoint,
        "credentialsSecretRef": {"name": "store"},
    }
    registry.kube.patch(registry.now(version), {"spec": {"source": {"trainingJob": None, "obs": obs}}})
    assert imported(registry, version)["status"]["artifact"]["pin"] == made["status"]["artifact"]["pin"]


def test_metrics_of_a_pods_last_words_are_those_of_the_version(registry: Registry, operator: Operator) -> None:
    before = operator.metric("aiapp_training_jobs_total", kind="jobs.batch", result="succeeded")
    train, version = job(registry), version_of(registry)
    registry.until(version, "SourceResolved", "Unknown", "TrainingJobRunning")
    upload(registry.bucket, "run-7", package())
    end_pod(registry, train, "Succeeded", digest=f"sha256:{'ab' * 32}", message='{"metrics": {"recall": 0.75}}')
    assert imported(registry, version)["status"]["model"]["metrics"] == {"recall": "0.75"}
    assert operator.metric("aiapp_training_jobs_total", kind="jobs.batch", result="succeeded") == before + 1
