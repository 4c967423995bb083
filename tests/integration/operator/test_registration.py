"""Training jobs that register themselves, on a real API server, Job controller and S3 server."""

import json
from typing import Any, Final

import pytest
from tests.support.killing import Proxied, fresh, proxied
from tests.support.kube import Kube, Object
from tests.support.live_jobs import end, end_pod, job, permit
from tests.support.operator import Operator
from tests.support.packages import Registry, keys, package, upload
from tests.support.sandbox import Bucket
from tests.support.waiting import eventually

__all__ = ["proxied"]

DIGEST: Final = f"sha256:{'cd' * 32}"


@pytest.fixture
def registry(registry: Registry) -> Registry:
    """One with a model where jobs write, and with the right to register it."""
    permit(registry)
    upload(registry.bucket, "run-7", package())
    return registry


def asking(registry: Registry, version: str, name: str = "train", **spec: Any) -> Object:
    """A job that asks to be registered as that version of mnist."""
    said = {
        "aiapp.dev/application": "mnist",
        "aiapp.dev/version": version,
        "aiapp.dev/endpoint": registry.bucket.endpoint,
        "aiapp.dev/credentials-secret": "store",
    }
    return job(registry, name, annotations=said, **spec)


def version(registry: Registry, number: str) -> Object:
    """The version of mnist with that number, as soon as there is one."""

    def found() -> Object:
        one = registry.find("aiapp.dev/v1alpha1", "AIApplicationVersion", f"mnist-{number}")
        assert one is not None, [made["metadata"]["name"] for made in versions(registry)]
        return one

    return eventually(found)


def versions(registry: Registry) -> list[Object]:
    return registry.kube.list("aiapp.dev/v1alpha1", "AIApplicationVersion", registry.namespace)


def told(registry: Registry, about: Object, reason: str) -> Object:
    """The Event about a job, as soon as there is one."""

    def found() -> Object:
        events = registry.kube.list("v1", "Event", registry.namespace)
        own = [one for one in events if one["involvedObject"].get("uid") == about["metadata"]["uid"]]
        assert reason in [one["reason"] for one in own], [(one["reason"], one["message"]) for one in own]
        return next(one for one in own if one["reason"] == reason)

    return eventually(found)


def on_record(registry: Registry, train: Object) -> Object:
    found = eventually(lambda: registry.find("v1", "ConfigMap", f"aiapp-registration-{train['metadata']['uid']}"))
    assert found is not None
    return found


def test_a_job_registers_itself_when_it_has_succeeded_and_not_before(registry: Registry, operator: Operator) -> None:
    before = operator.metric("aiapp_training_registrations_total", reason="Registered")
    train = asking(registry, "1.2.0")
    eventually(lambda: registry.now(train)["status"].get("active"))
    assert versions(registry) == []
    end(registry, train, "Succeeded", digest=DIGEST)
    made = version(registry, "1.2.0")
    registry.until(made, "Ready", "True", "Normal")
    found = registry.now(made)
    assert found["spec"]["source"]["trainingJob"]["uid"] == train["metadata"]["uid"]
    assert found["status"]["provenance"]["images"] == [{"image": "r/train:1", "digest": DIGEST}]
    assert told(registry, train, "Registered")["message"] == "registered as AIApplicationVersion mnist-1.2.0"
    assert on_record(registry, train)["data"] == {"version": "mnist-1.2.0"}
    assert operator.metric("aiapp_training_registrations_total", reason="Registered") == before + 1


def test_a_job_that_failed_registers_nothing(registry: Registry) -> None:
    failed, train = asking(registry, "1.2.0", "failed"), asking(registry, "auto")
    end(registry, failed, "Failed")
    end(registry, train, "Succeeded")
    on_record(registry, train)
    assert [one["metadata"]["name"] for one in versions(registry)] == ["mnist-0.0.1"]


def test_jobs_that_want_the_next_number_get_one_each(registry: Registry) -> None:
    jobs = [asking(registry, "auto", f"train-{number}") for number in range(4)]
    for train in jobs:
        end_pod(registry, train, "Succeeded")
    for train in jobs:
        on_record(registry, train)
    made = {
        one["metadata"]["name"]: one["metadata"]["labels"]["aiapp.dev/training-job-uid"] for one in versions(registry)
    }
    assert sorted(made) == [f"mnist-0.0.{number}" for number in range(1, 5)]
    assert sorted(made.values()) == sorted(train["metadata"]["uid"] for train in jobs)


def test_of_two_jobs_that_want_one_number_one_gets_it_and_the_other_is_told(registry: Registry) -> None:
    jobs = [asking(registry, "1.0.0", f"train-{number}") for number in range(2)]
    for train in jobs:
        end_pod(registry, train, "Succeeded")
    made = version(registry, "1.0.0")
    (other,) = [
        one for one in jobs if one["metadata"]["uid"] != made["metadata"]["labels"]["aiapp.dev/training-job-uid"]
    ]
    assert "AIApplicationVersion mnist-1.0.0 exists" in told(registry, other, "VersionTaken")["message"]
    registry.kube.delete(made)
    eventually(lambda: version(registry, "1.0.0")["metadata"]["uid"] != made["metadata"]["uid"])
    assert version(registry, "1.0.0")["metadata"]["labels"]["aiapp.dev/training-job-uid"] == (other["metadata"]["uid"])


def test_a_version_that_a_person_deletes_stays_away_whatever_is_restarted(
    registry: Registry, operator: Operator
) -> None:
    train = asking(registry, "1.2.0")
    end(registry, train, "Succeeded")
    on_record(registry, train)
    registry.kube.delete(version(registry, "1.2.0"))
    operator.restart()
    later = asking(registry, "auto", "later")
    end(registry, later, "Succeeded")
    on_record(registry, later)
    assert [one["metadata"]["name"] for one in versions(registry)] == ["mnist-0.0.1"]


def test_a_job_that_is_cleaned_up_at_once_is_registered_with_what_its_pod_ran(registry: Registry) -> None:
    train = asking(registry, "1.2.0", ttlSecondsAfterFinished=0)
    end_pod(registry, train, "Succeeded", digest=DIGEST)
    made = version(registry, "1.2.0")
    eventually(lambda: registry.find("batch/v1", "Job", "train") is None)
    registry.until(made, "Ready", "True", "Normal")
    provenance = registry.now(made)["status"]["provenance"]
    assert provenance["images"][0]["digest"] == DIGEST
    record = registry.find("v1", "ConfigMap", provenance["record"]["name"])
    assert record is not None
    assert (
        json.loads(record["data"]["predicate.json"])["runDetails"]["metadata"]["invocationId"]
        == (train["metadata"]["uid"])
    )


def test_a_job_that_ends_while_the_operator_is_away_registers_itself_afterwards(
    registry: Registry, operator: Operator
) -> None:
    train = asking(registry, "1.2.0")
    operator.kill()
    end(registry, train, "Succeeded", digest=DIGEST)
    operator.start()
    registry.until(version(registry, "1.2.0"), "Ready", "True", "Normal")


def test_a_registered_version_that_is_restored_without_status_needs_its_job_no_more(registry: Registry) -> None:
    train = asking(registry, "1.2.0")
    end(registry, train, "Succeeded")
    made = version(registry, "1.2.0")
    registry.until(made, "Ready", "True", "Normal")
    on_record(registry, train)
    pinned = registry.now(made)["status"]["artifact"]["pin"]
    registry.kube.delete(train)
    eventually(lambda: registry.find("batch/v1", "Job", "train") is None)
    registry.kube.delete(made)
    eventually(lambda: registry.find("aiapp.dev/v1alpha1", "AIApplicationVersion", "mnist-1.2.0") is None)
    metadata = {key: made["metadata"][key] for key in ("name", "labels", "annotations")}
    restored = registry.kube.create(
        {"apiVersion": made["apiVersion"], "kind": made["kind"], "metadata": metadata, "spec": made["spec"]},
        registry.namespace,
    )
    registry.until(restored, "Ready", "True", "Normal")
    assert registry.now(restored)["status"]["artifact"]["pin"] == pinned
    assert registry.now(restored)["status"]["source"]["trainingJob"]["state"] == "Succeeded"


@pytest.mark.parametrize(
    ("version", "message"),
    [("1.2", "a version is three numbers from 0 to 99"), ("v1.0.0", "a version is three numbers from 0 to 99")],
)
def test_what_is_no_version_is_said_while_the_job_still_trains(registry: Registry, version: str, message: str) -> None:
    assert message in told(registry, asking(registry, version), "RegistrationInvalid")["message"]


class TestWithoutRight:
    """Namespaces whose ServiceAccounts may not create versions."""

    @pytest.fixture
    def registry(self, kube: Kube, namespace: str, bucket: Bucket, runtime_image: str) -> Registry:
        assert runtime_image
        kube.create(keys(bucket, namespace))
        upload(bucket, "run-7", package())
        return Registry(kube, namespace, bucket)

    def test_no_right_is_gained_by_an_annotation_until_somebody_gives_it(self, registry: Registry) -> None:
        train = asking(registry, "1.2.0")
        said = told(registry, train, "RegistrationForbidden")["message"]
        assert "ServiceAccount default may not create aiapplicationversions" in said
        assert "--clusterrole=aiapp-register" in said
        end(registry, train, "Succeeded")
        assert versions(registry) == []
        permit(registry)
        version(registry, "1.2.0")


def settled(registry: Registry, train: Object) -> list[str]:
    """The versions, once the job is on record and they are imported."""
    on_record(registry, train)
    for one in versions(registry):
        registry.until(one, "Ready", "True", "Normal")
    return [one["metadata"]["name"] for one in versions(registry)]


@pytest.mark.timeout(900)
def test_a_kill_at_any_write_registers_the_job_once(
    proxied: Proxied, kube: Kube, bucket: Bucket, runtime_image: str
) -> None:
    assert runtime_image
    upload(bucket, "run-7", package())

    def ended() -> tuple[Registry, Object]:
        """A job that has succeeded and asks for the next number."""
        registry = fresh(kube, bucket)
        permit(registry)
        train = asking(registry, "auto")
        end(registry, train, "Succeeded")
        return registry, train

    reference, train = ended()
    proxied.start(reference)
    assert settled(reference, train) == ["mnist-0.0.1"]
    for number, registry, train in proxied.killed_at_each_write(ended):
        assert settled(registry, train) == ["mnist-0.0.1"], f"killed at write {number}"
