"""Jobs are remembered that a version waits for, and no others."""

from typing import Any, Final

from tests.support import documents
from tests.support.documents import changed
from tests.support.jobs import failed, job, running, succeeded
from tests.support.records import stored

from aiapp.controller.cache import Cache
from aiapp.controller.workqueue import WorkQueue
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.domain.training.facts import JobReading
from aiapp.domain.training.kinds import BUILT_IN, job_kinds
from aiapp.domain.training.output import NAMES
from aiapp.reconcile.views import training_jobs
from aiapp.reconcile.views.registrations import Registrations
from aiapp.reconcile.views.training_jobs import TrainingJobs

JOBS: Final = BUILT_IN[0].resource


class Seen:
    """Jobs, and a cache with one version of the job `train`."""

    def __init__(self, status: Json | None = None) -> None:
        self.told: list[str] = []
        self.store: Cache[Any] = Cache(facts=lambda _: None)
        kinds, reading = job_kinds(["jobs.batch"], {}), JobReading(NAMES, "")
        self.ended: list[tuple[str, str]] = []
        self.registrations = Registrations([], kinds, WorkQueue(lambda: 0.0))
        self.jobs = TrainingJobs(kinds, reading, self.store, self._tell, self.registrations, self)
        version = changed(documents.version(), spec__source={"trainingJob": {"name": "train"}})
        version = stored(version, status=status)
        version["metadata"]["resourceVersion"] = "1"
        self.store.put(VERSIONS, version)

    def job_ended(self, kind: str, result: str) -> None:
        self.ended.append((kind, result))

    def _tell(self, version: Json) -> None:
        self.told.append(version["metadata"]["name"])


def test_a_job_that_nobody_waits_for_is_not_kept() -> None:
    seen = Seen()
    other = job(name="other", uid="uid-other")
    assert seen.jobs.trim(other) is None
    seen.jobs.remove(JOBS, other)
    assert (seen.jobs.last_seen("uid-other"), seen.told) == (None, [])


def test_a_job_of_another_namespace_is_nobodys() -> None:
    seen = Seen()
    elsewhere = job()
    elsewhere["metadata"]["namespace"] = "other"
    assert seen.jobs.trim(elsewhere) is None


def test_the_job_of_a_pinned_version_is_nobodys() -> None:
    assert Seen({"artifact": {"type": "Image"}}).jobs.trim(job()) is None


def test_a_change_of_the_job_is_told_to_its_version() -> None:
    seen = Seen()
    trimmed = seen.jobs.trim(job(status=running(), managedFields=[{}]))
    assert trimmed is not None
    assert "managedFields" not in trimmed["metadata"]
    seen.jobs.put(JOBS, trimmed)
    assert seen.told == ["mnist-1.0.0"]


def test_a_job_is_remembered_as_it_was_when_it_went() -> None:
    seen = Seen()
    seen.jobs.put(JOBS, job(status=running()))
    seen.jobs.remove(JOBS, job(status=succeeded()))
    last = seen.jobs.last_seen("uid-train")
    assert last is not None
    assert last.state == "Succeeded"
    assert seen.told == ["mnist-1.0.0", "mnist-1.0.0"]


def test_a_listing_tells_every_version_that_waits_also_for_a_job_that_it_lacks() -> None:
    seen = Seen()
    seen.jobs.replace(JOBS, (), "7")
    assert seen.told == ["mnist-1.0.0"]


def test_only_so_many_jobs_are_remembered(monkeypatch: Any) -> None:
    monkeypatch.setattr(training_jobs, "REMEMBERED", 2)
    seen = Seen()
    for number in range(3):
        seen.jobs.put(JOBS, job(uid=f"uid-{number}"))
    assert [seen.jobs.last_seen(f"uid-{number}") is None for number in range(3)] == [True, False, False]


def test_a_namespace_with_many_jobs_makes_nobody_forget_those_of_another(monkeypatch: Any) -> None:
    monkeypatch.setattr(training_jobs, "REMEMBERED", 3)
    seen = Seen()
    seen.jobs.put(JOBS, job())
    for number in range(9):
        many = job(uid=f"uid-{number}")
        many["metadata"]["namespace"] = "many"
        seen.jobs.put(JOBS, many)
    assert seen.jobs.last_seen("uid-train") is not None
    assert [number for number in range(9) if seen.jobs.last_seen(f"uid-{number}")] == [7, 8]


def test_a_job_is_counted_once_when_it_is_seen_to_end() -> None:
    seen = Seen()
    seen.registrations.begin()
    for status in (running(), succeeded(), succeeded()):
        seen.jobs.put(JOBS, job(status=status))
    seen.jobs.remove(JOBS, job(status=succeeded()))
    assert seen.ended == [("jobs.batch", "succeeded")]


def test_a_job_that_is_deleted_while_it_runs_is_counted_as_that() -> None:
    seen = Seen()
    seen.registrations.begin()
    seen.jobs.put(JOBS, job(status=running()))
    seen.jobs.remove(JOBS, job(status=running()))
    assert seen.ended == [("jobs.batch", "deleted")]


def test_a_replica_that_waits_and_one_that_was_just_started_count_nothing() -> None:
    seen = Seen()
    seen.jobs.put(JOBS, job(status=running()))
    seen.jobs.put(JOBS, job(status=failed()))
    seen.registrations.begin()
    seen.jobs.put(JOBS, job(uid="uid-older", status=succeeded()))
    assert seen.ended == []
