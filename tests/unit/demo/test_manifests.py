"""What the demonstration applies is what the models say."""

from pathlib import Path

import pytest
import yaml
from demo.images import not_built
from demo.install import values
from demo.rendering import render
from demo.walkthrough import object_values
from tests.support.documents import Document

from aiapp.api import crd
from aiapp.api.meta import GROUP_VERSION
from aiapp.api.strict import unknown_fields
from aiapp_sandbox.state import Service

MODELS = {kind.name: kind.model for kind in crd.KINDS}


def documents(folder: Path) -> list[Document]:
    return [document for file in sorted(folder.glob("*.yaml")) for document in yaml.safe_load_all(file.read_text())]


def test_the_rendered_objects_are_valid_documents_of_known_fields(tmp_path: Path) -> None:
    store = Service(endpoint="http://10.0.0.1:9000", access_key="AK", secret_key="SK")
    rendered = render("objects", tmp_path, object_values(store, not_built()))
    ours = [document for document in documents(rendered) if document["apiVersion"] == GROUP_VERSION]
    assert len(ours) == 4
    for document in ours:
        model = MODELS[document["kind"]]
        assert unknown_fields(model, document) == []
        model.model_validate(document)


@pytest.mark.parametrize("in_cluster", [pytest.param(True, id="a pod"), pytest.param(False, id="a process")])
def test_the_operator_has_a_pod_only_where_pods_run(tmp_path: Path, in_cluster: bool) -> None:
    filled = values(tmp_path / "operator", not_built(), "amd64", in_cluster=in_cluster)
    (deployment,) = (d for d in documents(render("operator", tmp_path, filled)) if d["kind"] == "Deployment")
    assert deployment["spec"]["replicas"] == int(in_cluster)


def test_the_runtime_of_our_own_is_valid(tmp_path: Path) -> None:
    filled = values(tmp_path / "operator", not_built(), "amd64", in_cluster=True)
    rendered = yaml.safe_load((render("operator", tmp_path, filled) / "cpu-runtime.yaml").read_text())
    MODELS["InferenceRuntime"].model_validate(rendered)
    assert rendered["metadata"]["name"] == rendered["spec"]["name"].lower().replace("_", "-")
