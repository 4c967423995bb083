"""The sample policies over what an application may ask for, on a real API server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.documents import Document, application, changed, version
from tests.support.kube import ApiError, Kube
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

SAMPLE: Final = Path(__file__).parents[3] / "manifests/samples/admission-policy.yaml"
FROM_SECRET: Final = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "store", "key": "secretAccessKey"}}}]
OWN_SECRET: Final = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "model-env-mnist", "key": "token"}}}]


def with_scheduling(**scheduling: Any) -> Document:
    return changed(application(), spec__serving__scheduling=scheduling)


def with_env(env: list[dict[str, Any]]) -> Document:
    return changed(application(), spec__serving__versions=[{"version": "1.0.0", "env": env}])


CRITICAL: Final = with_scheduling(priorityClassName="system-node-critical")


def refusal(kube: Kube, document: Document, namespace: str) -> str:
    """What the API server says, without making anything; empty: it would."""
    try:
        kube.create(document, namespace, dryRun="All")
    except ApiError as error:
        return error.message
    return ""


@pytest.fixture(scope="module")
def policies(sandbox: Sandbox) -> Iterator[None]:
    sandbox.kubectl("apply", "--server-side", "-f", str(SAMPLE))
    yield
    sandbox.kubectl("delete", "-f", str(SAMPLE))


@pytest.fixture
def restricted(kube: Kube, namespace: str, policies: None) -> str:
    """A namespace in which the policies hold: the API server takes a moment to heed them."""
    kube.patch(kube.get("v1", "Namespace", namespace), {"metadata": {"labels": {"aiapp.dev/restricted": ""}}})
    eventually(lambda: "priorityClassName" in refusal(kube, CRITICAL, namespace))
    return namespace


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param(CRITICAL, "priorityClassName may be one of inference-low, inference-high", id="a priority class"),
        pytest.param(
            with_scheduling(tolerations=[{"operator": "Exists"}]), "tolerations may name the keys", id="every taint"
        ),
        pytest.param(with_scheduling(tolerations=[{"key": "control-plane"}]), "tolerations may name", id="a taint"),
        pytest.param(with_env(FROM_SECRET), "Secrets whose names begin with model-env-", id="a Secret"),
        pytest.param(
            changed(version(), spec__container={"env": FROM_SECRET}), "begin with model-env-", id="by a version"
        ),
    ],
)
def test_what_the_policies_do_not_name_is_refused(kube: Kube, restricted: str, document: Document, said: str) -> None:
    assert said in refusal(kube, document, restricted)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(application(), id="an application without wishes"),
        pytest.param(changed(application(), spec={}), id="one that serves nothing"),
        pytest.param(
            with_scheduling(priorityClassName="inference-low", tolerations=[{"key": "huawei.com/npu"}]), id="named"
        ),
        pytest.param(with_env(OWN_SECRET), id="a Secret that is meant for it"),
        pytest.param(version(), id="a version"),
    ],
)
def test_everything_else_is_accepted(kube: Kube, restricted: str, document: Document) -> None:
    assert refusal(kube, document, restricted) == ""


def test_other_namespaces_are_not_concerned(kube: Kube, namespace: str, policies: None) -> None:
    assert refusal(kube, CRITICAL, namespace) == ""
