"""Which kinds of training jobs are read: built-in ones that are switched on, and those that are mapped."""

from typing import Any

import pytest

from aiapp.domain.training.kinds import BUILT_IN, JobKind, JobKindsError, job_kinds

MAPPED = {
    "trainings.ml.example.com": {
        "version": "v2",
        "kind": "Training",
        "succeeded": ["status[phase=Done]"],
        "failed": ["status[phase=Broken]"],
    }
}


@pytest.mark.parametrize(
    ("api_version", "kind", "name"),
    [
        (None, "Job", "jobs.batch"),
        ("batch/v1", "Job", "jobs.batch"),
        ("batch.volcano.sh/v1alpha1", "Job", "jobs.batch.volcano.sh"),
        ("kubeflow.org/v1", "MPIJob", "mpijobs.kubeflow.org"),
        (None, "TrainJob", "trainjobs.trainer.kubeflow.org"),
    ],
)
def test_a_kind_is_found_by_its_group_whatever_its_version(api_version: str | None, kind: str, name: str) -> None:
    found = job_kinds([one.name for one in BUILT_IN], {}).find(api_version, kind)
    assert isinstance(found, JobKind)
    assert found.name == name


def test_a_kind_that_is_not_switched_on_says_who_can_switch_it_on() -> None:
    assert job_kinds(["jobs.batch"], {}).find(None, "PyTorchJob") == (
        "the operator does not read training jobs of the kind PyTorchJob (it reads jobs.batch): an administrator adds "
        "pytorchjobs.kubeflow.org to AIAPP_TRAINING_JOB_KINDS"
    )


def test_a_kind_that_nobody_knows_has_to_be_mapped() -> None:
    found = job_kinds([], {}).find("ml.example.com/v2", "Training")
    assert str(found).startswith("the operator does not read training jobs of the kind Training of ml.example.com ")
    assert str(found).endswith("(it reads none): an administrator maps the kind (AIAPP_TRAINING_JOB_MAPPINGS)")


def test_a_mapped_kind_is_read_without_being_named_twice() -> None:
    found = job_kinds([], MAPPED).find(None, "Training")
    assert isinstance(found, JobKind)
    assert found.resource.path("team", "a") == "/apis/ml.example.com/v2/namespaces/team/trainings/a"


def test_a_mapping_of_a_built_in_kind_changes_it() -> None:
    (kind,) = job_kinds(["mpijobs.kubeflow.org"], {"mpijobs.kubeflow.org": {"version": "v1"}}).kinds
    assert (kind.version, kind.containers) == ("v1", ("spec.mpiReplicaSpecs.*.template.spec.containers.*",))


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "needs a mapping: only jobs.batch, "),
        ({"version": "v1"}, "trainings.ml.example.com, kind: Field required"),
        (MAPPED["trainings.ml.example.com"] | {"failed": ["status[0]"]}, "failed.0: .*is no field"),
        (MAPPED["trainings.ml.example.com"] | {"phase": ["status"]}, "phase: Extra inputs are not permitted"),
    ],
)
def test_a_mistake_in_a_mapping_is_named(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(JobKindsError, match=message):
        job_kinds(["trainings.ml.example.com"], {"trainings.ml.example.com": mapping} if mapping else {})
