"""Pods are replaced once for each request, and for nothing else."""

from typing import Any

import pytest
from tests.support.records import application, deployed, observed, rendered

from aiapp.api.meta import RESTART_AT
from aiapp.domain.application.observed import Children
from aiapp.domain.application.plan import plan
from aiapp.domain.records import ApplicationRecord


def asking(request: str | None) -> ApplicationRecord:
    raw = application().raw
    annotations = {} if request is None else {RESTART_AT: request}
    return ApplicationRecord.parse(raw | {"metadata": raw["metadata"] | {"annotations": annotations}})


def restarted(request: str) -> dict[str, Any]:
    """A Deployment whose pods were restarted for a request."""
    child = deployed()
    template = {"metadata": {"annotations": {RESTART_AT: request}}, "spec": {}}
    return child | {"spec": child["spec"] | {"template": template}}


@pytest.mark.parametrize(
    ("request_", "child", "carried"),
    [
        pytest.param(None, deployed(), None, id="nobody asked"),
        pytest.param("monday", deployed(), "monday", id="asked for the first time"),
        pytest.param("monday", restarted("monday"), "monday", id="carried out"),
        pytest.param(None, restarted("monday"), "monday", id="a tool dropped the annotation"),
        pytest.param("", restarted("monday"), "monday", id="the annotation is empty"),
        pytest.param("tuesday", restarted("monday"), "tuesday", id="asked again"),
    ],
)
def test_pods_carry_the_last_request(request_: str | None, child: dict[str, Any], carried: str | None) -> None:
    made = plan(observed(asking(request_), children=Children(deployments=(child,))))
    (one,) = (obj for obj in made.apply if obj["kind"] == "Deployment")
    template = one["spec"]["template"]
    assert template["metadata"].get("annotations", {}).get(RESTART_AT) == carried
    stored = rendered(made).template
    assert RESTART_AT not in stored["metadata"].get("annotations", {})
    assert template["spec"] == stored["spec"]
