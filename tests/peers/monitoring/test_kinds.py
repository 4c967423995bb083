"""The API server with the Prometheus operator's CRDs takes what we have it scrape and evaluate."""

from pathlib import Path

import pytest
import yaml
from tests.integration.charts.test_monitoring import ALL, KINDS
from tests.support.helm import ROOT, Helm
from tests.support.kube import ApiError, Kube, Object
from tests.support.peers import module_folder
from tests.support.waiting import eventually

MODULE = "github.com/prometheus-operator/prometheus-operator"


@pytest.fixture
def kinds(kube: Kube) -> None:
    """ServiceMonitor, PodMonitor and PrometheusRule are served."""
    crds = module_folder("prometheus-operator", MODULE) / "example/prometheus-operator-crd"
    for kind in KINDS:
        kube.apply(yaml.safe_load((crds / f"monitoring.coreos.com_{kind.lower()}s.yaml").read_text()), force="true")


def accepted(kube: Kube, document: Object) -> bool:
    """A CRD is not served at once; a field that it does not know is an error."""
    try:
        kube.apply(document, dryRun="All")
    except (ApiError, KeyError) as error:
        raise AssertionError(str(error)) from error
    return True


def test_what_the_chart_and_the_manifests_have_scraped_and_evaluated_is_taken(
    kinds: None, kube: Kube, namespace: str, tmp_path: Path
) -> None:
    rendered = Helm(tmp_path).rendered(monitoring=ALL)
    plain = yaml.safe_load_all((ROOT / "manifests/monitoring/podmonitors.yaml").read_text())
    ours = [one for one in (*rendered, *plain) if one["kind"] in KINDS]
    assert len(ours) == 5
    for document in ours:
        moved = document | {"metadata": document["metadata"] | {"namespace": namespace}}
        assert eventually(lambda moved=moved: accepted(kube, moved))  # type: ignore[misc]
