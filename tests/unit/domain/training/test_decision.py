"""What a version does about its training job, in every state of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from tests.support.jobs import OUTPUT, failed, job, running, succeeded
from tests.support.records import NOON

from aiapp.api.conditions import Reason
from aiapp.api.source import TrainingJobSource
from aiapp.api.training_job import TrainingJobStatus
from aiapp.domain.moments import moment_of
from aiapp.domain.package.inspection import Invalid, Unresolved, Waiting
from aiapp.domain.training.decision import Decision, Finished, decision, latched, supplied
from aiapp.domain.training.facts import JobReading, facts
from aiapp.domain.training.kinds import BUILT_IN
from aiapp.domain.training.output import NAMES

KIND: Final = BUILT_IN[0]
READING: Final = JobReading(NAMES, "algorithm=BuiltIn")
SOURCE: Final = TrainingJobSource(name="train")
WAITED: Final = TrainingJobStatus(api_version="batch/v1", kind="Job", name="train", uid="uid-train", state="Running")


def decided(
    document: dict[str, Any] | None, source: TrainingJobSource = SOURCE, before: TrainingJobStatus | None = None
) -> Decision:
    found = None if document is None else facts(document, KIND, READING)
    return decision(source, KIND, latched(source, KIND, before), found, NOON)


def stated(**fields: Any) -> TrainingJobSource:
    return TrainingJobSource.model_validate({"name": "train"} | fields)


def test_a_version_waits_for_a_job_that_runs_and_says_since_when() -> None:
    found = decided(job(status=running()))
    assert isinstance(found, Waiting)
    assert (found.reason, found.after_seconds) == (Reason.TRAINING_JOB_RUNNING, None)
    assert found.message == "Job train is running since 2026-01-02T11:00:00Z"
    assert found.job is not None
    assert (found.job.uid, found.job.state, found.job.output) == ("uid-train", "Running", OUTPUT)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({}, "Job train has not started yet"),
        ({"conditions": [{"type": "Suspended", "status": "True", "reason": "JobSuspended"}]}, "is suspended: JobSusp"),
        ({**running(), "failed": 1}, "is running since 2026-01-02T11:00:00Z, after a failed attempt"),
        ({**running(), "failed": 2}, ", after 2 failed attempts"),
    ],
)
def test_a_job_that_goes_on_is_told_in_its_words(status: dict[str, Any], message: str) -> None:
    found = decided(job(status=status))
    assert isinstance(found, Waiting)
    assert message in found.message


def test_a_job_that_failed_fails_the_version_in_its_own_words() -> None:
    found = decided(job(status=failed()))
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.TRAINING_JOB_FAILED
    assert found.message == (
        "Job train failed at 2026-01-02T11:59:30Z: BackoffLimitExceeded: Job has reached the specified backoff limit; "
        "run it again, and name the new job in a new version"
    )


def test_the_full_stop_of_a_jobs_own_words_does_not_end_the_message_in_its_middle() -> None:
    status = failed()
    status["conditions"][0]["message"] = "PyTorchJob train is failed because 1 Worker replica(s) failed."
    found = decided(job(status=status))
    assert isinstance(found, Unresolved)
    assert "replica(s) failed; run it again" in found.message


def test_the_output_of_a_job_that_succeeded_is_imported_from_where_it_says() -> None:
    found = decided(job(status=succeeded()))
    assert isinstance(found, Finished)
    assert (found.uri, found.job.state) == (OUTPUT, "Succeeded")


def test_what_the_source_says_of_the_output_counts_more_than_what_the_job_says() -> None:
    found = decided(job(status=succeeded()), stated(output={"uri": "obs://models/other/"}))
    assert isinstance(found, Finished)
    assert found.uri == found.job.output == "obs://models/other/"


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({}, "Job train has succeeded but does not say where it wrote"),
        ({"train_url": "obs://models/a/", "OUTPUT_PATH": "obs://models/b/"}, "Job train names several outputs (obs://"),
    ],
)
def test_an_output_that_nobody_states_is_asked_for(env: dict[str, str], message: str) -> None:
    found = decided(job(status=succeeded(), env=env))
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.TRAINING_OUTPUT_UNKNOWN
    assert message in found.message
    assert "set spec.source.trainingJob.output.uri" in found.message


def test_a_job_that_never_was_is_looked_for_and_one_that_is_gone_is_not() -> None:
    never, gone = decided(None), decided(None, before=WAITED)
    assert isinstance(never, Unresolved)
    assert isinstance(gone, Unresolved)
    assert never.reason is Reason.TRAINING_JOB_NOT_FOUND
    assert never.message == (
        "there is no Job train in this namespace yet; if it has run and is gone, register what it wrote as a package "
        "in object storage"
    )
    assert (gone.reason, gone.job) == (Reason.TRAINING_JOB_GONE, WAITED)


def test_a_job_of_which_only_the_uid_is_left_is_gone() -> None:
    found = decided(None, source=stated(uid="uid-train"))
    assert isinstance(found, Unresolved)
    assert (found.reason, found.retryable) == (Reason.TRAINING_JOB_GONE, False)
    assert "Job train (uid uid-train) is gone, and nothing here says how it ended" in found.message


@pytest.mark.parametrize(
    ("source", "before"),
    [
        pytest.param(SOURCE, WAITED, id="the one that was seen"),
        pytest.param(stated(uid="uid-train"), None, id="stated"),
    ],
)
def test_a_job_that_was_made_again_under_the_name_is_another_job(
    source: TrainingJobSource, before: TrainingJobStatus | None
) -> None:
    found = decided(job(uid="uid-again", status=succeeded()), source, before)
    assert isinstance(found, Unresolved)
    assert (found.reason, found.job) == (Reason.TRAINING_JOB_REPLACED, before)
    assert "(uid uid-again) than the one that this version is made of (uid uid-train)" in found.message


@pytest.mark.parametrize(
    "source", [stated(uid="uid-again"), stated(name="other"), stated(kind="PyTorchJob")], ids=["uid", "name", "kind"]
)
def test_a_source_that_was_corrected_means_the_other_job(source: TrainingJobSource) -> None:
    assert latched(source, KIND, WAITED) is None
    assert latched(SOURCE, KIND, WAITED) is WAITED


def test_a_job_that_does_not_say_when_it_ended_ended_when_that_was_first_seen() -> None:
    status = succeeded()
    del status["completionTime"]
    first = decided(job(status=status))
    assert isinstance(first, Finished)
    assert first.job.finished_at == NOON
    again = decision(SOURCE, KIND, first.job, facts(job(status=status), KIND, READING), NOON + timedelta(hours=1))
    assert isinstance(again, Finished)
    assert again.job.finished_at == NOON


AHEAD: Final = "2199-12-31T23:59:59Z"


def test_a_job_whose_clock_is_ahead_ended_when_it_was_seen_to() -> None:
    ended = facts(job(status=succeeded() | {"completionTime": AHEAD}), KIND, READING)
    first = decision(SOURCE, KIND, None, ended, NOON)
    assert isinstance(first, Finished)
    again = decision(SOURCE, KIND, first.job, ended, NOON + timedelta(minutes=1))
    assert isinstance(again, Finished)
    assert first.job.finished_at == again.job.finished_at == NOON


@pytest.mark.parametrize("said", [None, AHEAD])
def test_a_job_that_is_gone_ended_by_the_first_look_where_its_end_is_not_known(said: str | None) -> None:
    before = WAITED.model_copy(update={"state": "Succeeded", "output": OUTPUT, "finished_at": moment_of(said)})
    first = decided(None, before=before)
    assert isinstance(first, Finished)
    again = decision(SOURCE, KIND, first.job, None, NOON + timedelta(minutes=1))
    assert isinstance(again, Finished)
    assert first.job.finished_at == again.job.finished_at == NOON


def finished(*, seconds_ago: float, is_built_in: bool = False) -> Finished:
    ended = NOON - timedelta(seconds=seconds_ago)
    done = WAITED.model_copy(update={"state": "Succeeded", "finished_at": ended, "built_in": is_built_in})
    return Finished(done, OUTPUT)


EMPTY: Final = Unresolved(Reason.PREFIX_EMPTY, "nothing is there", retryable=True)
NO_CONFIG: Final = Invalid(OUTPUT, "sha256:1", Reason.CONFIG_MISSING, "no config.json")


@pytest.mark.parametrize("found", [EMPTY, NO_CONFIG])
def test_an_output_that_is_late_is_waited_for(found: Unresolved | Invalid) -> None:
    waits = supplied(found, finished(seconds_ago=90), NOON, 120)
    assert isinstance(waits, Waiting)
    assert (waits.reason, waits.after_seconds) == (Reason.TRAINING_OUTPUT_PENDING, 10)
    assert waits.message == (
        "Job train has succeeded; its output is waited for until 2026-01-02T12:00:30Z "
        f"(AIAPP_TRAINING_OUTPUT_SECONDS): {found.message}"
    )
    soon = supplied(found, finished(seconds_ago=117), NOON, 120)
    assert isinstance(soon, Waiting)
    assert soon.after_seconds == 3


@pytest.mark.parametrize("found", [EMPTY, NO_CONFIG])
def test_an_output_that_does_not_come_is_not_waited_for_for_ever(found: Unresolved | Invalid) -> None:
    done = finished(seconds_ago=121)
    assert supplied(found, done, NOON, 120) == replace(found, job=done.job)


def test_a_store_that_refuses_is_not_a_late_output() -> None:
    denied = Unresolved(Reason.ACCESS_DENIED, "no", retryable=False)
    done = finished(seconds_ago=1)
    assert supplied(denied, done, NOON, 120) == replace(denied, job=done.job)


def test_the_output_of_a_built_in_algorithm_needs_a_template() -> None:
    found = supplied(NO_CONFIG, finished(seconds_ago=121, is_built_in=True), NOON, 120)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.TEMPLATE_NEEDED
    assert "has neither config.json nor inference code (no config.json)" in found.message
