"""What a namespace writes or deletes keeps no job of another from being registered."""

from typing import Any

import pytest
from tests.support.jobs import job, succeeded

from aiapp.controller.cache import Change
from aiapp.controller.workqueue import WorkQueue
from aiapp.domain.kubernetes.naming import JOB_UID_LABEL
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.domain.training.annotations import annotated
from aiapp.domain.training.kinds import BUILT_IN, job_kinds
from aiapp.reconcile.views import registrations
from aiapp.reconcile.views.registrations import Registrations

KIND = BUILT_IN[0]


@pytest.fixture
def jobs() -> Registrations:
    found = Registrations([annotated], job_kinds(["jobs.batch"], {}), WorkQueue(lambda: 0.0))
    found.begin()
    return found


def went(jobs: Registrations, uid: str, namespace: str = "team") -> None:
    """A job that had succeeded is gone."""
    asking = {"aiapp.dev/application": "mnist", "aiapp.dev/version": "auto"}
    gone = job(uid=uid, status=succeeded(), annotations=asking)
    gone["metadata"]["namespace"] = namespace
    jobs.gone(gone, KIND, "Succeeded")


def followed(jobs: Registrations) -> list[str]:
    """The uids of the jobs that are still to be registered."""
    return [one.uid for key in list(jobs._followed) if (one := jobs.followed(key))]


def labelled(namespace: str, uid: str) -> Change:
    metadata: Json = {"name": "v", "namespace": namespace, "labels": {JOB_UID_LABEL: uid}}
    return Change(VERSIONS, None, {"metadata": metadata})


def test_a_namespace_that_deletes_many_jobs_makes_nobody_forget_those_of_another(
    jobs: Registrations, monkeypatch: Any
) -> None:
    monkeypatch.setattr(registrations, "GONE", 3)
    went(jobs, "ours")
    for number in range(9):
        went(jobs, f"uid-{number}", "many")
    assert followed(jobs) == ["ours", "uid-7", "uid-8"]


def test_a_version_of_another_namespace_with_the_uid_of_a_job_does_not_settle_it(jobs: Registrations) -> None:
    jobs.changed(labelled("other", "ours"))
    went(jobs, "ours")
    assert followed(jobs) == ["ours"]
    jobs.changed(labelled("other", "ours"))
    assert followed(jobs) == ["ours"]
    jobs.changed(labelled("team", "ours"))
    assert followed(jobs) == []
