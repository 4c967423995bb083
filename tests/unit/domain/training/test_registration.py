"""What a training job registers: decided by its annotations, its uid and the versions that there are."""

from typing import Any, Final

import pytest
from tests.support import documents
from tests.support.documents import changed
from tests.support.jobs import ENDED, OUTPUT, STARTED, job, succeeded

from aiapp.api.conditions import Reason
from aiapp.api.source import TrainingJobSource
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.training.annotations import annotated
from aiapp.domain.training.facts import JobReading, facts
from aiapp.domain.training.kinds import BUILT_IN
from aiapp.domain.training.output import NAMES
from aiapp.domain.training.registration import (
    Refused,
    Registered,
    Registration,
    RegistrationRequest,
    next_version,
    registered_job,
    registration,
)

KIND: Final = BUILT_IN[0]
READING: Final = JobReading(NAMES, "algorithm=BuiltIn")


def trained(version: str = "1.2.0") -> Json:
    """A job that has succeeded and asks for that version of mnist."""
    said = {"aiapp.dev/application": "mnist", "aiapp.dev/version": version}
    return job(status=succeeded(), annotations=said)


def decided(one: Json, *versions: Json) -> Registration | Registered | Refused:
    wanted = annotated(one, KIND)
    assert isinstance(wanted, RegistrationRequest)
    return registration(wanted, one, KIND, facts(one, KIND, READING), versions)


def made(one: Json, *versions: Json) -> Json:
    found = decided(one, *versions)
    assert isinstance(found, Registration), found
    return found.version


def version(number: str, uid: str | None = None, **spec: Any) -> Json:
    found = changed(documents.version(), spec__version=number, **spec)
    found["metadata"] = {"name": f"mnist-{number}", "labels": {"aiapp.dev/training-job-uid": uid} if uid else {}}
    return found


def test_a_job_becomes_a_version_that_names_it_and_where_it_wrote() -> None:
    found = made(trained())
    assert found["metadata"]["name"] == "mnist-1.2.0"
    assert found["metadata"]["labels"] == {"aiapp.dev/training-job-uid": "uid-train"}
    assert found["spec"]["source"]["trainingJob"] == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": "train",
        "uid": "uid-train",
        "output": {"uri": OUTPUT},
    }


def test_annotations_become_fields_of_the_version() -> None:
    said = {
        "aiapp.dev/endpoint": "https://obs.example.com",
        "aiapp.dev/credentials-secret": "store",
        "aiapp.dev/output": "obs://models/other/",
        "aiapp.dev/template": "sklearn",
        "aiapp.dev/recorded-env": "EPOCHS, SEED",
        "aiapp.dev/runtime": "python3.7-v1",
    }
    one = trained()
    one["metadata"]["annotations"] |= said
    spec = made(one)["spec"]
    source = spec["source"]["trainingJob"]
    assert (source["endpoint"], source["credentialsSecretRef"]) == ("https://obs.example.com", {"name": "store"})
    assert (source["output"], source["template"]) == ({"uri": "obs://models/other/"}, {"name": "sklearn"})
    assert (source["recordedEnv"], spec["runtime"]) == (["EPOCHS", "SEED"], "python3.7-v1")


def test_a_job_without_annotations_registers_nothing() -> None:
    assert annotated(job(status=succeeded()), KIND) is None


@pytest.mark.parametrize("missing", ["aiapp.dev/application", "aiapp.dev/version"])
def test_half_of_the_annotations_is_refused_by_name(missing: str) -> None:
    one = trained()
    del one["metadata"]["annotations"][missing]
    refused = annotated(one, KIND)
    assert isinstance(refused, Refused)
    assert refused.message.startswith(f"annotation {missing} is missing")


@pytest.mark.parametrize("number", ["1.2", "v1.2.0", "1.2.100", "latest", ""])
def test_what_is_no_version_is_refused(number: str) -> None:
    refused = decided(trained(number))
    assert isinstance(refused, Refused)
    assert refused.reason == Reason.REGISTRATION_INVALID
    assert "annotation aiapp.dev/version: " in refused.message
    assert "a version is three numbers from 0 to 99" in refused.message


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("aiapp.dev/application", "Mnist"),
        ("aiapp.dev/endpoint", "minio:9000"),
        ("aiapp.dev/output", "/data/out"),
        ("aiapp.dev/credentials-secret", "Not A Name"),
        ("aiapp.dev/runtime", "-"),
        ("aiapp.dev/display-name", "a b"),
    ],
)
def test_what_makes_no_version_is_refused_by_the_name_of_its_annotation(annotation: str, value: str) -> None:
    one = trained()
    one["metadata"]["annotations"][annotation] = value
    refused = decided(one)
    assert isinstance(refused, Refused)
    assert f"annotation {annotation}: " in refused.message


@pytest.mark.parametrize(
    ("known", "following"),
    [
        ([], "0.0.1"),
        (["0.0.1"], "0.0.2"),
        (["1.9.0", "1.10.0"], "1.10.1"),
        (["0.0.99"], "0.1.0"),
        (["3.99.99"], "4.0.0"),
        (["99.99.99"], None),
        (["nonsense", "1.0"], "0.0.1"),
    ],
)
def test_the_next_version_follows_the_highest_with_carry(known: list[str], following: str | None) -> None:
    assert next_version(known) == following


def test_auto_takes_the_next_number() -> None:
    assert made(trained("auto"), version("1.0.0"), version("1.0.7"))["spec"]["version"] == "1.0.8"


def test_auto_takes_no_number_whose_deleted_version_is_still_on_record() -> None:
    one, wanted = trained("auto"), annotated(trained("auto"), KIND)
    assert isinstance(wanted, RegistrationRequest)
    found = facts(one, KIND, READING)
    decided = registration(
        wanted, one, KIND, found, [version("1.0.0")], ["mnist-1.0.4", "mnist-x-9.0.0", "other-2.0.0"]
    )
    assert isinstance(decided, Registration)
    assert decided.version["spec"]["version"] == "1.0.5"


def test_after_the_last_number_there_is_none() -> None:
    refused = decided(trained("auto"), version("99.99.99"))
    assert isinstance(refused, Refused)
    assert "after which there is none" in refused.message


@pytest.mark.parametrize("wanted", ["auto", "1.2.0"])
def test_a_job_that_is_registered_registers_nothing_more(wanted: str) -> None:
    assert decided(trained(wanted), version("1.1.9"), version("1.2.0", "uid-train")) == Registered("mnist-1.2.0")


def test_the_version_that_a_person_made_of_the_job_is_its_registration() -> None:
    of_job = {"trainingJob": {"name": "train", "uid": "uid-train"}}
    assert decided(trained(), version("1.2.0", spec__source=of_job)) == Registered("mnist-1.2.0")


def test_a_number_that_another_job_has_is_refused() -> None:
    refused = decided(trained(), version("1.2.0", "uid-other"))
    assert isinstance(refused, Refused)
    assert refused.reason == Reason.VERSION_TAKEN
    assert "AIApplicationVersion mnist-1.2.0 exists" in refused.message


def test_the_version_remembers_that_its_job_has_succeeded() -> None:
    found = made(trained())
    source = TrainingJobSource.model_validate(found["spec"]["source"]["trainingJob"])
    seen = registered_job(found, source, KIND)
    assert seen is not None
    assert (seen.state, seen.uid, seen.output) == ("Succeeded", "uid-train", OUTPUT)
    assert seen.model_dump(mode="json")["started_at"] == STARTED
    assert seen.model_dump(mode="json")["finished_at"] == ENDED


@pytest.mark.parametrize("text", ["", "[]", "{", '{"startedAt": "yesterday"}'])
def test_what_somebody_else_wrote_there_counts_for_nothing(text: str) -> None:
    found = made(trained())
    found["metadata"]["annotations"]["aiapp.dev/training-job-succeeded"] = text
    source = TrainingJobSource.model_validate(found["spec"]["source"]["trainingJob"])
    assert registered_job(found, source, KIND) is None
