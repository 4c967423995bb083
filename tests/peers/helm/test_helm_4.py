"""Helm 4 renders the charts as Helm 3 does, and releases live the same life with it."""

from pathlib import Path
from typing import Any

import pytest
from tests.integration.charts.test_publishing import *  # noqa: F403 - the same tests
from tests.integration.charts.test_releases import *  # noqa: F403 - the same tests
from tests.integration.charts.test_rendering import EVERYTHING
from tests.support.helm import CRD_CHART, RUNTIME_CHART, Helm, program


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["the defaults", "everything"])
def test_both_render_the_same(values: dict[str, Any], helm: Helm) -> None:
    assert helm.rendered(**values) == Helm(helm.home, program=program()).rendered(**values)


@pytest.mark.parametrize("chart", [CRD_CHART, RUNTIME_CHART], ids=lambda chart: chart.name)
def test_both_render_the_same_of_the_other_charts(chart: Path, helm: Helm) -> None:
    assert helm.rendered(chart=chart) == Helm(helm.home, program=program()).rendered(chart=chart)
