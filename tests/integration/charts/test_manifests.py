"""manifests/ and charts/ are one source."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from charts import manifests
from tests.support.audit import granted
from tests.support.helm import CRD_CHART, ROOT, Helm, faults
from tests.support.kube import Object


def key(document: Object) -> tuple[str, str]:
    return document["kind"], document["metadata"]["name"]


def test_manifests_install_is_what_the_chart_renders() -> None:
    for path, text in manifests.outputs().items():
        assert (ROOT / path).read_text() == text, f"{path} is not up to date: make charts"


def test_the_one_file_has_every_object_of_the_chart_but_the_runtimes(helm: Helm) -> None:
    one_file = {key(document) for document in yaml.safe_load_all((ROOT / "manifests/install.yaml").read_text())}
    rendered = {key(document) for document in helm.rendered("--no-hooks")}
    assert one_file == rendered | {("Namespace", "aiapp-system")}


def test_the_one_file_is_valid() -> None:
    assert faults(list(yaml.safe_load_all((ROOT / "manifests/install.yaml").read_text()))) == []


def test_the_crds_of_both_charts_are_the_generated_ones(helm: Helm) -> None:
    generated = {key(crd): crd for f in (ROOT / "crds").glob("*.yaml") for crd in [yaml.safe_load(f.read_text())]}
    for rendered in (helm.rendered(), helm.rendered(chart=CRD_CHART)):
        crds = {key(each): each["spec"] for each in rendered if each["kind"] == "CustomResourceDefinition"}
        assert crds == {name: crd["spec"] for name, crd in generated.items()}


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="all namespaces"),
        pytest.param({"watchNamespaces": ["red", "blue"]}, id="some namespaces"),
    ],
)
def test_a_release_gives_the_rights_that_the_audit_log_judges(
    settings: dict[str, Any], helm: Helm, tmp_path: Path
) -> None:
    rendered = tmp_path / "rbac.yaml"
    rendered.write_text(
        yaml.safe_dump_all(helm.rendered("--show-only=templates/rbac/operator.yaml", settings=settings))
    )
    assert granted(rendered) == granted()
