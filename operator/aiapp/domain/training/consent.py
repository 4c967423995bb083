"""Whose rights a training job has: a job registers what its own pods might register. Pure."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.kubernetes.resources import LOCAL_ACCESS_REVIEWS, VERSIONS, Json
from aiapp.domain.training.kinds import JobKind, parsed
from aiapp.domain.training.registration import Refused

DEFAULT: Final = "default"
"""The ServiceAccount of pods that name none."""
MOST: Final = 8
"""ServiceAccounts of one job that are asked about; one with more is not registered."""


def service_accounts(job: Json, kind: JobKind) -> tuple[str, ...]:
    """The ServiceAccounts of its pods, one more than `MOST` at most."""
    values = (value for text in kind.service_accounts for value in parsed(text).find(job))
    named = dict.fromkeys(str(value) for value in values if value)
    return tuple(islice(named, MOST + 1)) or (DEFAULT,)


def access_review(namespace: str, service_account: str) -> Json:
    """The question whether that ServiceAccount may create versions in its namespace."""
    attributes = {"namespace": namespace, "verb": "create", "group": VERSIONS.group, "resource": VERSIONS.plural}
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
    return {
        "apiVersion": LOCAL_ACCESS_REVIEWS.api_version,
        "kind": LOCAL_ACCESS_REVIEWS.kind,
        "metadata": {"namespace": namespace},
        "spec": {
            "user": f"system:serviceaccount:{namespace}:{service_account}",
            "groups": groups,
            "resourceAttributes": attributes,
        },
    }


def is_allowed(answer: Json) -> bool:
    """Whether the API server's answer to that question is yes."""
    status = answer.get("status") or {}
    return status.get("allowed") is True and status.get("denied") is not True


def forbidden(namespace: str, refused: Iterable[str]) -> Refused:
    """Why the job is not registered: its pods run as these ServiceAccounts, which may not create versions."""
    names = list(refused)
    command = (
        f"kubectl create rolebinding register-versions -n {namespace} --clusterrole=aiapp-register "
        f"--serviceaccount={namespace}:{names[0]}"
    )
    message = f"ServiceAccount {', '.join(names)} may not create {VERSIONS.plural}, so neither may this job: {command}"
    return Refused(Reason.REGISTRATION_FORBIDDEN, message)
