"""What makes a version a model of ExeML is kept where no user can write, and speaks of everything that runs."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.documents import changed

from aiapp.api.version import VersionSpec
from aiapp.domain.exeml.record import ModelRecord, record_name, record_object, record_of, spec_digest
from aiapp.domain.exeml.stores import ModelStore, store_for

JOB = {"apiVersion": "batch/v1", "kind": "Job", "name": "train", "uid": "u-1"}
SOURCE = {"exeML": {"project": "flowers", "job": JOB}}


def spec(**changes: Any) -> VersionSpec:
    registered = changed(documents.version(), spec__source=SOURCE)
    return VersionSpec.model_validate(changed(registered, **changes)["spec"])


def record() -> ModelRecord:
    return ModelRecord(
        namespace="team",
        version="mnist-1.0.0",
        job="u-1",
        spec=spec_digest(spec()),
        store="models",
        uri="obs://b/team/run/",
    )


def test_a_record_is_read_as_it_was_written() -> None:
    written = record_object(record(), "aiapp-system")
    assert written["metadata"]["name"] == record_name("team", "mnist-1.0.0", "u-1")
    assert record_of(written) == record()
    assert record_of({"metadata": {}, "data": {"uri": "obs://b/"}}) is None
    assert record_of({"metadata": {}}) is None


def test_names_for_people_may_change_and_nothing_else() -> None:
    assert record().is_of(spec(spec__description="Flowers of the meadow", spec__displayName="Flowers"))


@pytest.mark.parametrize(
    "change",
    [
        {"spec__source__exeML__project": "cars"},
        {"spec__source__exeML__job__uid": "u-2"},
        {"spec__runtime": "pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64"},
        {"spec__container": {"env": [{"name": "LD_PRELOAD", "value": "/x"}]}},
        {"spec__source": {"obs": {"uri": "obs://exeml/team/run/"}}},
    ],
    ids=["project", "job", "runtime", "container", "source"],
)
def test_a_version_that_says_anything_else_is_not_the_one_that_was_registered(change: dict[str, Any]) -> None:
    assert not record().is_of(spec(**change))


STORES = {"models": ModelStore(uri="obs://exeml/projects")}


def test_a_model_lies_in_the_folder_of_its_namespace() -> None:
    assert store_for(STORES, "team-a", "obs://exeml/projects/team-a/run-1/") == "models"
    assert store_for(STORES, "team-a", "s3://exeml/projects/team-a/run-1") == "models"
    assert store_for(STORES, "team-a", "obs://exeml/projects/team-a") == "models"


@pytest.mark.parametrize(
    "uri",
    [
        "obs://exeml/projects/team-b/run-1/",
        "obs://exeml/projects/team-a-too/run-1/",
        "obs://exeml/projects/team-a/../team-b/run-1/",
        "obs://exeml/projects/",
        "obs://other/projects/team-a/",
        "",
    ],
)
def test_no_job_may_name_what_is_not_its_own_namespaces(uri: str) -> None:
    assert store_for(STORES, "team-a", uri) is None
