"""The list of registered versions, over an API server in memory."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.documents import changed
from tests.support.records import IMAGE, NORMAL, condition, image_version, stored
from tests.unit.queries.test_fit import cluster

from aiapp.domain.kubernetes.label_selector import selector
from aiapp.queries.errors import QueryError
from aiapp.queries.versions import versions


def version(application: str, number: str, **status: Any) -> dict[str, Any]:
    return stored(documents.version(application, number), status=NORMAL | status)


def serving(number: str, share: int) -> dict[str, Any]:
    traffic = {"version": number, "weight": 50, "actualWeight": share, "replicas": 2, "ready": 1}
    return stored(documents.application(), status={"traffic": [traffic]})


async def test_versions_come_by_application_the_newest_number_first() -> None:
    held = [version("mnist", "1.9.0"), version("zoo", "1.0.0"), version("mnist", "1.10.0")]
    found = await versions(cluster(versions=held))
    assert [one["name"] for one in found.documents] == ["mnist-1.10.0", "mnist-1.9.0", "zoo-1.0.0"]
    only = await versions(cluster(versions=held), "zoo")
    assert [one["name"] for one in only.documents] == ["zoo-1.0.0"]


async def test_a_version_is_shown_with_what_is_known_of_it() -> None:
    faulty = [condition("ArtifactPinned", "False", "DigestMismatch", "other content"), condition("Ready", "False")]
    held = [version("mnist", "1.0.0"), version("mnist", "1.1.0", phase="Failed", conditions=faulty)]
    new, old = (await versions(cluster(versions=held, applications=[serving("1.0.0", 100)]))).documents
    assert (old["phase"], old["ready"]["reason"], old["faults"]) == ("Normal", "Normal", [])
    assert (old["model"]["type"], old["artifact"]["size"]) == ("Scikit_Learn", "3.0 MiB")
    assert (old["traffic"]["actualWeight"], new["traffic"]) == (100, None)
    assert new["faults"] == [
        {"type": "ArtifactPinned", "status": "False", "reason": "DigestMismatch", "message": "other content"}
    ]


async def test_an_image_is_shown_with_its_size_in_place_of_a_model() -> None:
    (found,) = (await versions(cluster(versions=[image_version().raw]))).documents
    assert (found["model"], found["image"]["image"], found["artifact"]["size"]) == (None, IMAGE["image"], "3.0 MiB")


async def test_a_version_that_was_not_reconciled_yet_is_shown() -> None:
    (found,) = (await versions(cluster(versions=[stored(documents.version())]))).documents
    assert (found["phase"], found["ready"], found["model"], found["compatibility"]) == (None, None, None, None)


async def test_one_that_breaks_a_rule_does_not_hide_the_others() -> None:
    broken = stored(changed(documents.version("zoo"), spec__version="x"))
    found = await versions(cluster(versions=[broken, version("mnist", "1.0.0")]))
    assert [one["name"] for one in found.documents] == ["mnist-1.0.0"]
    assert found.notes == ("zoo-1.0.0 breaks a rule of the API and is left out",)


async def test_an_application_without_versions_has_no_answer() -> None:
    with pytest.raises(QueryError, match="namespace ns has no versions of mnist"):
        await versions(cluster(versions=[version("zoo", "1.0.0")]), "mnist")


async def test_versions_are_found_by_labels_of_their_own_and_of_their_application() -> None:
    labelled = serving("1.0.0", 100)
    labelled["metadata"]["labels"] = {"team": "vision"}
    own = version("mnist", "1.1.0")
    own["metadata"]["labels"] = {"team": "speech"}
    there = cluster(versions=[version("mnist", "1.0.0"), own, version("zoo", "1.0.0")], applications=[labelled])
    for text, names in (("team=vision", ["mnist-1.0.0"]), ("team=speech", ["mnist-1.1.0"]), ("!team", ["zoo-1.0.0"])):
        found = await versions(there, labels=selector(text))
        assert [one["name"] for one in found.documents] == names
