"""A job registers what its own ServiceAccounts might create: which they are, and what is asked about them."""

from typing import Final

import pytest
from tests.support.jobs import job

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.training.consent import MOST, access_review, forbidden, is_allowed, service_accounts
from aiapp.domain.training.kinds import BUILT_IN

KINDS: Final = {kind.name: kind for kind in BUILT_IN}


def pods(name: str) -> Json:
    return {"template": {"spec": {"serviceAccountName": name}}}


@pytest.mark.parametrize(
    ("kind", "spec", "accounts"),
    [
        ("jobs.batch", pods("trainer"), ("trainer",)),
        ("jobs.batch", {"template": {"spec": {}}}, ("default",)),
        ("jobs.batch.volcano.sh", {"tasks": [pods("a"), pods("b"), pods("a")]}, ("a", "b")),
        ("pytorchjobs.kubeflow.org", {"pytorchReplicaSpecs": {"Master": pods("a"), "Worker": pods("b")}}, ("a", "b")),
        ("trainjobs.trainer.kubeflow.org", {"podTemplateOverrides": [{"spec": {"serviceAccountName": "a"}}]}, ("a",)),
        ("trainjobs.trainer.kubeflow.org", {"trainer": {}}, ("default",)),
    ],
)
def test_the_accounts_of_a_job_are_those_of_its_pods(kind: str, spec: Json, accounts: tuple[str, ...]) -> None:
    assert service_accounts(job() | {"spec": spec}, KINDS[kind]) == accounts


def test_of_many_accounts_one_more_is_found_than_is_asked_about() -> None:
    tasks = [pods(f"account-{number}") for number in range(20)]
    found = service_accounts(job() | {"spec": {"tasks": tasks}}, KINDS["jobs.batch.volcano.sh"])
    assert len(found) == MOST + 1


def test_the_question_is_about_versions_of_the_jobs_namespace() -> None:
    asked = access_review("team", "trainer")
    assert asked["spec"]["user"] == "system:serviceaccount:team:trainer"
    assert asked["spec"]["resourceAttributes"] == {
        "namespace": "team",
        "verb": "create",
        "group": "aiapp.dev",
        "resource": "aiapplicationversions",
    }


@pytest.mark.parametrize(
    ("status", "allowed"),
    [({"allowed": True}, True), ({"allowed": True, "denied": True}, False), ({"allowed": False}, False), ({}, False)],
)
def test_only_a_plain_yes_is_one(status: Json, *, allowed: bool) -> None:
    assert is_allowed({"status": status}) is allowed


def test_who_is_refused_reads_the_command_that_helps() -> None:
    assert forbidden("team", ["trainer"]).message == (
        "ServiceAccount trainer may not create aiapplicationversions, so neither may this job: kubectl create "
        "rolebinding register-versions -n team --clusterrole=aiapp-register --serviceaccount=team:trainer"
    )
