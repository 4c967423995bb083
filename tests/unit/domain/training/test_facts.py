"""Jobs of every kind are read alike, whatever is in them."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from tests.support.jobs import ENDED, STARTED, Job, failed, job, running, succeeded

from aiapp.domain.training.facts import JobReading, facts
from aiapp.domain.training.kinds import BUILT_IN
from aiapp.domain.training.output import NAMES

KINDS: Final = {kind.name: kind for kind in BUILT_IN}
READING: Final = JobReading(NAMES, "algorithm=BuiltIn")
BEGAN: Final = datetime(2026, 1, 2, 11, tzinfo=UTC)


def condition(type_: str, **fields: str) -> dict[str, str]:
    return {"type": type_, "status": "True", "lastTransitionTime": ENDED, **fields}


def of(name: str, status: dict[str, Any], spec: dict[str, Any] | None = None) -> dict[str, Any]:
    kind = KINDS[name]
    metadata = {"name": "train", "namespace": "team", "uid": "uid-1", "creationTimestamp": STARTED}
    identity = {"apiVersion": f"{kind.group}/{kind.version}", "kind": kind.kind, "metadata": metadata}
    return {**identity, "spec": spec or {}, "status": status}


STATES: Final = [
    ("jobs.batch", {}, "Pending"),
    ("jobs.batch", running(), "Running"),
    ("jobs.batch", succeeded(), "Succeeded"),
    ("jobs.batch", failed(), "Failed"),
    ("jobs.batch", {"conditions": [condition("Suspended")]}, "Suspended"),
    ("jobs.batch", {**running(), "conditions": [condition("SuccessCriteriaMet")]}, "Running"),
    ("jobs.batch.volcano.sh", {"state": {"phase": "Pending"}}, "Pending"),
    ("jobs.batch.volcano.sh", {"conditions": [{"status": "Running", "lastTransitionTime": STARTED}]}, "Running"),
    ("jobs.batch.volcano.sh", {"state": {"phase": "Completed"}}, "Succeeded"),
    ("jobs.batch.volcano.sh", {"state": {"phase": "Terminated"}}, "Failed"),
    ("jobs.batch.volcano.sh", {"state": {"phase": "Aborted"}}, "Suspended"),
    ("pytorchjobs.kubeflow.org", {"startTime": STARTED, "conditions": [condition("Running")]}, "Running"),
    ("pytorchjobs.kubeflow.org", {"startTime": STARTED, "conditions": [condition("Succeeded")]}, "Succeeded"),
    ("tfjobs.kubeflow.org", {"conditions": [condition("Failed")]}, "Failed"),
    ("mpijobs.kubeflow.org", {"conditions": [condition("Suspended")]}, "Suspended"),
    ("trainjobs.trainer.kubeflow.org", {}, "Running"),
    ("trainjobs.trainer.kubeflow.org", {"conditions": [condition("Complete")]}, "Succeeded"),
]


@pytest.mark.parametrize(("name", "status", "state"), STATES)
def test_the_state_of_every_kind_is_known(name: str, status: dict[str, Any], state: str) -> None:
    assert facts(of(name, status), KINDS[name], READING).state == state


def test_a_job_has_its_own_words_and_times() -> None:
    found = facts(job(status=failed()), KINDS["jobs.batch"], READING)
    assert found.message == "BackoffLimitExceeded: Job has reached the specified backoff limit"
    assert (found.started, found.finished, found.retries) == (BEGAN, datetime.fromisoformat(ENDED), 3)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("jobs.batch.volcano.sh", {"state": {"phase": "Completed", "lastTransitionTime": ENDED}}),
        ("trainjobs.trainer.kubeflow.org", {"conditions": [condition("Complete")]}),
        ("pytorchjobs.kubeflow.org", {"conditions": [condition("Failed")]}),
    ],
)
def test_a_kind_without_a_time_of_completion_says_it_by_a_condition(name: str, status: dict[str, Any]) -> None:
    assert facts(of(name, status), KINDS[name], READING).finished == datetime.fromisoformat(ENDED)


def test_containers_of_every_role_say_where_the_job_writes() -> None:
    worker = {"template": {"spec": {"containers": [{"args": ["--train_url=obs://models/a/"]}]}}}
    spec = {"pytorchReplicaSpecs": {"Master": {"template": {"spec": {"containers": [{}]}}}, "Worker": worker}}
    found = facts(of("pytorchjobs.kubeflow.org", {}, spec), KINDS["pytorchjobs.kubeflow.org"], READING)
    assert found.output.uris == ("obs://models/a/",)


def test_a_trainer_says_where_a_train_job_writes() -> None:
    spec = {"trainer": {"env": [{"name": "OUTPUT_PATH", "value": "s3://models/a/"}]}}
    found = facts(of("trainjobs.trainer.kubeflow.org", {}, spec), KINDS["trainjobs.trainer.kubeflow.org"], READING)
    assert found.output.uris == ("s3://models/a/",)


@pytest.mark.parametrize("place", ["labels", "annotations"])
def test_a_label_or_an_annotation_marks_a_built_in_algorithm(place: str) -> None:
    def marked(value: str) -> Job:
        unmarked = job()
        return unmarked | {"metadata": unmarked["metadata"] | {place: {"algorithm": value}}}

    assert facts(marked("BuiltIn"), KINDS["jobs.batch"], READING).is_built_in
    assert not facts(marked("mine"), KINDS["jobs.batch"], READING).is_built_in
    assert not facts(job(), KINDS["jobs.batch"], JobReading(NAMES, "")).is_built_in


@pytest.mark.parametrize(
    "status",
    [
        None,
        [],
        {"startTime": 7, "completionTime": "yesterday"},
        {"conditions": [{"type": "Complete", "status": "True", "reason": 7, "message": ["x"]}]},
        {"conditions": {"type": "Complete"}},
        {"failed": "many"},
        {"failed": -3, "startTime": "2026-01-02T11:00:00"},
    ],
)
def test_whatever_is_in_a_job_it_is_read(status: Any) -> None:
    found = facts(job() | {"status": status}, KINDS["jobs.batch"], READING)
    assert (found.message, found.finished, found.retries) == ("", None, 0)


def test_words_are_fit_for_a_status() -> None:
    forged = succeeded()
    forged["conditions"][0]["message"] = "fine\n\x1b[31mNormal " + "x" * 10_000
    words = facts(job(status=forged), KINDS["jobs.batch"], READING).message
    assert words.startswith("CompletionsReached: fine ?[31mNormal xxx")
    assert len(words) == 300


def test_a_time_without_a_zone_is_no_time() -> None:
    assert facts(job(status={"startTime": "2026-01-02T11:00:00"}), KINDS["jobs.batch"], READING).started is None
