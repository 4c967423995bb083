"""Jobs whose pods are real, and what becomes of them while their versions wait."""

from functools import partial
from typing import Any

import pytest
from tests.e2e.training.provenance import TRAINED_SECONDS, predicate_of
from tests.support.kube import Object
from tests.support.operator import Operator
from tests.support.packages import package, upload
from tests.support.trainer import Trainer
from tests.support.waiting import eventually

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]
LOOKS = 5


def has_digest(trainer: Trainer, version: Object) -> bool:
    """Whether it is known what a pod of its job runs."""
    return "digest" in trainer.provenance(version).get("images", [{}])[0]


def without_output(trainer: Trainer, **spec: Any) -> Object:
    """A job that succeeds, and whose output comes later."""
    container = {**trainer.container(), "command": ["python3", "-c", "import time; time.sleep(3)"]}
    return trainer.job(template=trainer.template(container), **spec)


def test_a_job_that_goes_before_its_output_has_come_is_imported_by_an_operator_that_never_saw_it(
    trainer: Trainer, operator: Operator
) -> None:
    version = trainer.version()
    job = without_output(trainer, ttlSecondsAfterFinished=0)
    until = partial(trainer.registry.until, version, timeout=TRAINED_SECONDS)
    until("SourceResolved", "Unknown", "TrainingOutputPending")
    eventually(lambda: trainer.gone(job), timeout=TRAINED_SECONDS)
    operator.restart()
    upload(trainer.registry.bucket, "run-7", package())
    until("Ready", "True", "Normal")
    assert trainer.provenance(version)["images"] == [{"image": trainer.image, "digest": trainer.digest}]
    predicate = predicate_of(trainer, version)
    (container,) = predicate["buildDefinition"]["externalParameters"]["containers"]
    assert container["command"][:2] == ["python3", "-c"]
    assert predicate["runDetails"]["metadata"]["invocationId"] == job["metadata"]["uid"]
    assert [one["name"] for one in predicate["runDetails"]["byproducts"]] == ["manifest"]


def test_many_jobs_that_end_at_once_and_go_at_once_are_all_imported_with_what_ran(trainer: Trainer) -> None:
    upload(trainer.registry.bucket, "run-7", package())
    names = [f"train-{number}" for number in range(8)]
    versions = [trainer.version(f"1.0.{number}", name=name) for number, name in enumerate(names)]
    short = trainer.template({**trainer.container(), "command": ["python3", "-c", "pass"]})
    for name in names:
        trainer.job(name, template=short, ttlSecondsAfterFinished=0)
    for version in versions:
        trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
        assert trainer.provenance(version)["images"] == [{"image": trainer.image, "digest": trainer.digest}]


def test_a_job_that_is_made_again_while_its_pod_runs_is_another_one(trainer: Trainer) -> None:
    version = trainer.version()
    job = trainer.job(env={"SECONDS_MORE": "600"})
    eventually(partial(has_digest, trainer, version), timeout=TRAINED_SECONDS)
    trainer.registry.kube.delete(job, propagationPolicy="Background")
    until = partial(trainer.registry.until, version, "SourceResolved", "False", timeout=TRAINED_SECONDS)
    assert trainer.uri in until("TrainingJobGone")["message"]
    again = trainer.job()
    found = until("TrainingJobReplaced")
    assert job["metadata"]["uid"] in found["message"]
    assert again["metadata"]["uid"] in found["message"]


def test_a_job_that_runs_out_of_time_fails_its_version_in_its_own_words(trainer: Trainer) -> None:
    version = trainer.version()
    trainer.job(env={"SECONDS_MORE": "600"}, activeDeadlineSeconds=3)
    found = trainer.registry.until(version, "Ready", "False", "TrainingJobFailed", timeout=TRAINED_SECONDS)
    assert "DeadlineExceeded: Job was active longer than specified deadline" in found["message"]


def test_what_was_imported_stays_pinned_when_the_output_changes(trainer: Trainer) -> None:
    version = trainer.version()
    trainer.job(ttlSecondsAfterFinished=0)
    trainer.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    pinned = trainer.registry.now(version)["status"]["artifact"]
    upload(trainer.registry.bucket, "run-7", {"model/model.pkl": b"of another training"})
    trainer.registry.look_again(version, "now")
    found = trainer.registry.until(version, "SourceUnchanged", "False", timeout=TRAINED_SECONDS)
    assert "model.pkl" in found["message"]
    assert trainer.registry.now(version)["status"]["artifact"]["pin"] == pinned["pin"]


def test_a_job_that_never_ends_is_waited_for_without_news_of_it(trainer: Trainer) -> None:
    version = trainer.version()
    trainer.job(env={"SECONDS_MORE": "600"})
    eventually(partial(has_digest, trainer, version), timeout=TRAINED_SECONDS)
    assert "Job train is running since " in trainer.registry.condition(version, "SourceResolved")["message"]
    before = trainer.registry.now(version)["status"]
    for number in range(LOOKS):
        trainer.registry.look_again(version, str(number))
        eventually(partial(has_looked, trainer, version, str(number)))
    after = trainer.registry.now(version)["status"]
    assert after | {"lastHandledReconcileAt": None} == before | {"lastHandledReconcileAt": None}


def has_looked(trainer: Trainer, version: Object, token: str) -> bool:
    """Whether the operator has looked since it was asked to."""
    return bool(trainer.registry.now(version)["status"].get("lastHandledReconcileAt") == token)
