"""How a job reaches its store is read from the variables that S3 clients read, and never a secret value."""

from typing import Any, Final

import pytest
from tests.support.jobs import job

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.training.annotations import annotated
from aiapp.domain.training.kinds import BUILT_IN
from aiapp.domain.training.registration import RegistrationRequest
from aiapp.domain.training.store_access import store_access

KIND: Final = BUILT_IN[0]
SECRET: Final = {"name": "AWS_ACCESS_KEY_ID", "valueFrom": {"secretKeyRef": {"name": "store", "key": "accessKeyId"}}}


def reaching(*env: Json, **metadata: Any) -> Json:
    made = job(**metadata)
    made["spec"]["template"]["spec"]["containers"][0]["env"] += env
    return made


def variable(name: str, value: str) -> Json:
    return {"name": name, "value": value}


def test_endpoint_region_and_secret_are_those_of_the_jobs_own_client() -> None:
    env = variable("AWS_ENDPOINT_URL", "https://obs.example.com"), variable("AWS_REGION", "cn-north-4"), SECRET
    assert store_access(reaching(*env), KIND) == {
        "endpoint": "https://obs.example.com",
        "region": "cn-north-4",
        "credentialsSecretRef": {"name": "store"},
    }


def test_annotations_count_more() -> None:
    said = {"aiapp.dev/application": "mnist", "aiapp.dev/version": "auto", "aiapp.dev/credentials-secret": "other"}
    found = annotated(reaching(SECRET, annotations=said), KIND)
    assert isinstance(found, RegistrationRequest)
    assert found.source == {"credentialsSecretRef": {"name": "other"}}


@pytest.mark.parametrize(
    "env",
    [
        variable("S3_ENDPOINT", "minio:9000"),
        variable("AWS_ENDPOINT_URL", "https://user:password@obs.example.com"),
        variable("AWS_ENDPOINT_URL", "https://obs.example.com/path?query"),
        variable("AWS_ACCESS_KEY_ID", "AKIA-plain"),
        {"name": "AWS_ACCESS_KEY_ID", "valueFrom": "nonsense"},
        {"name": "AWS_REGION"},
    ],
)
def test_what_is_none_is_left_out(env: Json) -> None:
    assert store_access(reaching(env), KIND) == {}
