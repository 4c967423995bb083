"""Helm 4 renders the charts as Helm 3 does, and releases live the same life with it."""

from pathlib import Path
from typing import Any

import pytest
from tests.integration.charts.test_publishing import *  # noqa: F403 - the same tests
from tests.integration.charts.test_releases import *  # noqa: F403 - the same tests
from tests.integration.charts.test_releases import IN_NAMESPACE, deployment, remove, version
from tests.integration.charts.test_rendering import EVERYTHING
from tests.support.helm import CHART, CRD_CHART, RELEASE, RUNTIME_CHART, Helm, program
from tests.support.kube import Kube
from tests.support.previous_release import chart as previous
from tests.support.sandbox import Sandbox


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["the defaults", "everything"])
def test_both_render_the_same(values: dict[str, Any], helm: Helm) -> None:
    assert helm.rendered(**values) == Helm(helm.home, program=program()).rendered(**values)


@pytest.mark.parametrize("chart", [CRD_CHART, RUNTIME_CHART], ids=lambda chart: chart.name)
def test_both_render_the_same_of_the_other_charts(chart: Path, helm: Helm) -> None:
    assert helm.rendered(chart=chart) == Helm(helm.home, program=program()).rendered(chart=chart)


def test_a_release_that_helm_3_made_is_upgraded_and_rolled_back(
    releases: Helm, own_cluster: Sandbox, own_kube: Kube
) -> None:
    helm_3 = Helm(releases.home, own_cluster.kubeconfig)
    helm_3("install", RELEASE, previous("aiapp-operator"), IN_NAMESPACE, "--create-namespace", "--wait")
    before = deployment(own_kube)["spec"]["template"]
    releases("upgrade", RELEASE, CHART, IN_NAMESPACE, "--wait")
    [container] = deployment(own_kube)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"localhost/aiapp-operator:{version()}"
    releases("rollback", RELEASE, "1", IN_NAMESPACE, "--wait")
    assert deployment(own_kube)["spec"]["template"] == before
    remove(releases, own_cluster)
