"""Changing what people read of an application or a version."""

import pytest
from tests.support import documents

from aiapp.domain.description import Description, described, fields
from aiapp.domain.kubernetes.json_patch import patched
from aiapp.domain.kubernetes.resources import Json

CARD = {"name": "Card", "url": "https://example.org/card"}
PAPER = {"name": "Paper", "url": "https://example.org/paper"}


def version(**spec: object) -> Json:
    found = documents.version()
    return found | {"spec": found["spec"] | spec}


@pytest.mark.parametrize(
    ("found", "wanted", "after"),
    [
        pytest.param(version(), Description(description="digits"), {"description": "digits"}, id="set"),
        pytest.param(version(description="digits"), Description(description=""), {}, id="removed"),
        pytest.param(
            version(documents=[CARD]),
            Description(documents={"Paper": PAPER["url"]}),
            {"documents": [CARD, PAPER]},
            id="a document more",
        ),
        pytest.param(
            version(documents=[CARD, PAPER]),
            Description(documents={"Card": ""}),
            {"documents": [PAPER]},
            id="a document less",
        ),
        pytest.param(version(documents=[CARD]), Description(documents={"Card": ""}), {}, id="no document left"),
    ],
)
def test_named_fields_change_and_others_stay(found: Json, wanted: Description, after: Json) -> None:
    assert patched(found, described(found, wanted).patch)["spec"] == documents.version()["spec"] | after


def test_documents_that_came_meanwhile_are_not_lost() -> None:
    steps = described(version(documents=[CARD]), Description(documents={"Paper": PAPER["url"]})).patch
    assert steps[0] == {"op": "test", "path": "/spec/documents", "value": [CARD]}


def test_an_object_without_a_spec_gets_one() -> None:
    bare = {"metadata": {"name": "mnist"}}
    assert patched(bare, described(bare, Description("MNIST")).patch)["spec"] == {"displayName": "MNIST"}


def test_what_is_so_already_is_not_written() -> None:
    same = described(version(description="digits"), Description(description="digits"))
    assert (same.outcome, same.patch) == ("described: description as asked already", ())


def test_a_new_object_begins_with_what_is_given() -> None:
    assert fields(Description("MNIST", "", {"Card": CARD["url"]})) == {"displayName": "MNIST", "documents": [CARD]}
