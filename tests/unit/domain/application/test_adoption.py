"""Which children are taken back, and what is said of those that are not."""

from typing import Any

import pytest
from tests.support.records import application, deployed
from tests.support.routes import gateway

from aiapp.domain.application.adoption import name_taken, new_owners, orphans
from aiapp.domain.kubernetes.naming import APPLIED_ANNOTATION
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.revision import controller_revision
from aiapp.domain.rendering.route import route
from aiapp.domain.rendering.service import application_service, version_service

APPLICATION = application()
OWNER = {"apiVersion": "aiapp.dev/v1alpha1", "kind": "AIApplication", "name": "mnist", "controller": True}
LABELS = deployed()["metadata"]["labels"]
APPLIED = {APPLIED_ANNOTATION: "0123"}


def left(child: Json, *owners: Json, **metadata: Any) -> Json:
    """A child as it is found, with these owners."""
    found = {"namespace": "team", "annotations": APPLIED, "ownerReferences": list(owners), "uid": "uid-child"}
    return {**child, "metadata": {**child["metadata"], **found, **metadata}}


REVISION = controller_revision(application="mnist", version="1.0.0", key="0f", template={}, revision=1)


@pytest.mark.parametrize(
    "child",
    [
        pytest.param(deployed(), id="a Deployment"),
        pytest.param(version_service("mnist", "1.0.0"), id="a version's Service"),
        pytest.param(application_service("mnist"), id="the application's Service"),
        pytest.param(REVISION, id="a stored template"),
        pytest.param(route("mnist", gateway(), {"1.0.0": 100}, {"1.0.0": 8080}), id="the application's route"),
    ],
)
def test_what_the_operator_made_and_nobody_owns_is_taken_back(child: Json) -> None:
    orphan = left(child)
    assert orphans(APPLICATION, [orphan]) == [orphan]
    (owner,) = new_owners(APPLICATION, orphan)
    assert (owner["uid"], owner["controller"]) == (APPLICATION.uid, True)


def test_what_an_earlier_application_of_the_same_name_owned_is_taken_over_from_it() -> None:
    restored = left(deployed(), {**OWNER, "uid": "uid-before-the-backup"})
    assert orphans(APPLICATION, [restored]) == [restored]
    gone, owner = new_owners(APPLICATION, restored)
    assert gone == {"$patch": "delete", "uid": "uid-before-the-backup"}
    assert owner["uid"] == APPLICATION.uid


def test_owners_of_a_kind_that_a_crd_defines_are_told_as_a_whole() -> None:
    other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "uid-other"}
    restored = left(
        route("mnist", gateway(), {"1.0.0": 100}, {"1.0.0": 8080}), {**OWNER, "uid": "uid-before-the-backup"}, other
    )
    assert [owner["uid"] for owner in new_owners(APPLICATION, restored)] == ["uid-other", APPLICATION.uid]


@pytest.mark.parametrize(
    "child",
    [
        pytest.param(left(deployed(), {**OWNER, "uid": APPLICATION.uid}), id="it is the application's already"),
        pytest.param(left(deployed(), {**OWNER, "name": "other", "uid": "u"}), id="of another application"),
        pytest.param(left(deployed(), {**OWNER, "kind": "Argo", "uid": "u"}), id="controlled by another kind"),
        pytest.param(left(deployed(), annotations={}), id="without the operator's annotation"),
        pytest.param(left(deployed(), name="mnist-copy"), id="under another name"),
        pytest.param(left(deployed(), deletionTimestamp="2026-01-01T00:00:00Z"), id="being deleted"),
        pytest.param(
            left(deployed(), labels=LABELS | {"aiapp.dev/application": "x"}), id="another application's label"
        ),
        pytest.param(left(deployed(), labels={"aiapp.dev/application": "mnist"}), id="without the operator's label"),
        pytest.param(
            left({**application_service("mnist"), "kind": "Deployment"}), id="a Deployment with a Service's name"
        ),
    ],
)
def test_nothing_else_is(child: Json) -> None:
    assert orphans(APPLICATION, [child]) == []


@pytest.mark.parametrize(
    ("child", "advice"),
    [
        pytest.param(
            {"kind": "Service", "metadata": {"name": "mnist"}},
            "Service mnist exists and is not the operator's: delete or rename it, or the application",
            id="a stranger's",
        ),
        pytest.param(
            left(deployed(), annotations={}),
            "`kubectl annotate deployment mnist-1-0-0 aiapp.dev/applied=restored` has it taken back as it runs",
            id="with our label",
        ),
        pytest.param(
            left(deployed(), {**OWNER, "kind": "Argo", "name": "a", "uid": "u"}),
            "Deployment mnist-1-0-0 is controlled by Argo a: delete or rename it",
            id="with our label, controlled by something else",
        ),
    ],
)
def test_a_name_that_is_taken_comes_with_what_to_do(child: Json, advice: str) -> None:
    assert advice in name_taken([child]).message
