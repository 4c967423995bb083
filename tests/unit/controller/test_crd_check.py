import asyncio
from typing import Any

import pytest
from tests.support.engine import settles
from tests.support.fake_api import FakeApi

from aiapp.api.crd import REVISION
from aiapp.controller.crd_check import SchemaCheck, complaint
from aiapp.domain.kubernetes.resources import CRDS, OWN, VERSIONS


def crd(revision: str | None = "5", established: str = "True", served: bool = True) -> dict[str, Any]:
    annotations = {} if revision is None else {"aiapp.dev/schema-revision": revision}
    return {
        "metadata": {"annotations": annotations},
        "spec": {"versions": [{"name": "v1alpha1", "served": served}]},
        "status": {"conditions": [{"type": "Established", "status": established}]},
    }


@pytest.mark.parametrize(
    ("found", "says"),
    [
        pytest.param(None, "is not installed", id="no CRD"),
        pytest.param(crd(established="False"), "does not serve v1alpha1 yet", id="a CRD that is still being set up"),
        pytest.param(crd(served=False), "does not serve v1alpha1 yet", id="a CRD without our version"),
        pytest.param(crd("4"), "older than this operator (schema revision 4, needed 5)", id="an older CRD"),
        pytest.param(crd(None), "older than this operator (schema revision none, needed 5)", id="one without revision"),
        pytest.param(crd("x"), "older than this operator", id="one with a broken revision"),
    ],
)
def test_the_complaint_names_the_crd_and_what_to_do_about(found: dict[str, Any] | None, says: str) -> None:
    sentence = complaint(VERSIONS, found, 5)
    assert sentence is not None
    assert "aiapplicationversions.aiapp.dev" in sentence
    assert says in sentence


@pytest.mark.parametrize("revision", ["5", "6"], ids=["the same revision", "a newer CRD"])
def test_there_is_nothing_to_complain_of(revision: str) -> None:
    assert complaint(VERSIONS, crd(revision), 5) is None


async def test_what_points_at_a_change_while_it_is_looking_makes_it_look_again() -> None:
    api = FakeApi()
    for resource in OWN:
        name = {"name": f"{resource.plural}.{resource.group}"}
        found = crd(str(REVISION))
        crd_of_it = {"apiVersion": CRDS.api_version, "kind": CRDS.kind, **found}
        api.hold({**crd_of_it, "metadata": found["metadata"] | name}, "uid")
    check = SchemaCheck(api, lambda _: None)
    api.before["get"] = check.look
    looking = asyncio.create_task(check.run())
    await settles(lambda: len(api.calls) == 2 * len(OWN), seconds=10)
    assert check.complaints == ()
    looking.cancel()
