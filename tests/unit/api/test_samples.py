"""The samples are what they claim to be: parsed by the models, with no field that they do not know."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from aiapp.api import crd
from aiapp.api.meta import GROUP_VERSION
from aiapp.api.strict import unknown_fields

SAMPLES = Path(__file__).parents[3] / "manifests" / "samples"
MODELS = {kind.name: kind.model for kind in crd.KINDS}
DOCUMENTS: list[tuple[str, dict[str, Any]]] = [
    (path.name, document)
    for path in sorted(SAMPLES.rglob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
    if document["apiVersion"] == GROUP_VERSION
]


def test_there_are_samples_of_applications_and_versions() -> None:
    assert {"AIApplication", "AIApplicationVersion"} <= {document["kind"] for _, document in DOCUMENTS}


@pytest.mark.parametrize(
    "document", [pytest.param(document, id=f"{name}, {document['kind']}") for name, document in DOCUMENTS]
)
def test_a_sample_is_a_valid_document_of_known_fields(document: dict[str, Any]) -> None:
    model = MODELS[document["kind"]]
    assert unknown_fields(model, document) == []
    model.model_validate(document)
