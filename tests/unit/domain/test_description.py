"""Changing what people read of an application or a version."""

import pytest
from tests.support import documents

from aiapp.domain.application.operation import CannotOperateError
from aiapp.domain.description import Description, described, fields, marks
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


def test_a_first_document_is_not_written_over_one_that_came_meanwhile() -> None:
    bare = version()
    bare["metadata"]["resourceVersion"] = "7"
    steps = described(bare, Description(documents={"Card": CARD["url"]})).patch
    assert steps[0] == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}


@pytest.mark.parametrize(
    ("now", "wanted", "lost"),
    [
        pytest.param({"description": "letters"}, Description(description="numbers"), "description", id="another"),
        pytest.param({}, Description(description="numbers"), "description", id="removed"),
        pytest.param(
            {"description": "letters", "documents": [CARD]},
            Description(description="", documents={"Card": ""}),
            "description and documents",
            id="several",
        ),
    ],
)
def test_a_field_that_changed_since_it_was_seen_is_not_written_over(now: Json, wanted: Description, lost: str) -> None:
    seen = marks({"description": "digits", "documents": [CARD, PAPER]})
    with pytest.raises(CannotOperateError, match=f"nothing is written: somebody changed {lost} of mnist-1.0.0 since"):
        described(version(**now), wanted, seen)


def test_another_field_may_have_changed_and_the_same_may_have_been_written_by_both() -> None:
    seen = marks({"description": "digits"})
    found = version(description="digits", displayName="Letters")
    assert [step["op"] for step in described(found, Description(description="numbers"), seen).patch] == ["test", "add"]
    assert described(version(description="numbers"), Description(description="numbers"), seen).patch == ()


def test_an_object_without_a_spec_gets_one() -> None:
    bare = {"metadata": {"name": "mnist"}}
    assert patched(bare, described(bare, Description("MNIST")).patch)["spec"] == {"displayName": "MNIST"}


def test_what_is_so_already_is_not_written() -> None:
    same = described(version(description="digits"), Description(description="digits"))
    assert (same.outcome, same.patch) == ("described: description as asked already", ())


def test_a_new_object_begins_with_what_is_given() -> None:
    assert fields(Description("MNIST", "", {"Card": CARD["url"]})) == {"displayName": "MNIST", "documents": [CARD]}
