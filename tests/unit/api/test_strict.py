"""Fields that no model knows are found wherever they stand."""

from typing import Any

import pytest

from aiapp.api.application import AIApplication
from aiapp.api.strict import unknown_fields

KNOWN: dict[str, Any] = {
    "apiVersion": "aiapp.dev/v1alpha1",
    "kind": "AIApplication",
    "metadata": {"name": "mnist", "labels": {"any": "thing"}},
    "spec": {
        "displayName": "Mnist",
        "serving": {
            "versions": [{"version": "1.0.0", "resources": {"limits": {"any/resource": 1}}}],
            "scheduling": {"nodeSelector": {"any.label/at-all": "x"}},
        },
    },
}


def test_a_document_of_known_fields_has_none_that_is_unknown() -> None:
    assert unknown_fields(AIApplication, KNOWN) == []


@pytest.mark.parametrize(
    ("document", "path"),
    [
        pytest.param({"specs": {}}, "specs", id="at the root"),
        pytest.param({"spec": {"display_name": "x"}}, "spec.display_name", id="a field in Python's spelling"),
        pytest.param(
            {"spec": {"serving": {"versions": [{"version": "1.0.0"}, {"weigth": 10}]}}},
            "spec.serving.versions[1].weigth",
            id="in an item of a list",
        ),
        pytest.param({"spec": {"serving": {"replicas": {"deep": 1}}}}, "spec.serving.replicas", id="with its children"),
    ],
)
def test_an_unknown_field_is_named_by_its_path(document: dict[str, Any], path: str) -> None:
    assert unknown_fields(AIApplication, document) == [path]


def test_a_value_of_the_wrong_type_is_none_of_its_business() -> None:
    assert unknown_fields(AIApplication, {"spec": {"serving": "yes"}}) == []
