"""Which versions get a disruption budget and an autoscaler, and when they go."""

from typing import Any

import pytest
from tests.support.records import application, deployed, observed

from aiapp.api.autoscaling import Autoscaling
from aiapp.api.conditions import Reason
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import assess
from aiapp.domain.rendering.autoscaler import autoscaler
from aiapp.domain.rendering.disruption_budget import disruption_budget

BUDGET = disruption_budget("mnist", "1.0.0")


SCALING = {"minReplicas": 2, "maxReplicas": 4, "metrics": [{"type": "CPU", "averageUtilization": 80}]}


def seen(replicas: int | None, *others: dict[str, Any], there: int = 1, budget: str = "Auto") -> ObservedApplication:
    number = {} if replicas is None else {"replicas": replicas}
    wanted = application(
        spec__serving__versions=[{"version": "1.0.0"} | number], spec__serving__disruptionBudget=budget
    )
    return observed(wanted, children=Children(deployments=(deployed(replicas=there),), others=others))


@pytest.mark.parametrize(
    ("found", "made", "deleted"),
    [
        pytest.param(seen(1), False, False, id="one pod"),
        pytest.param(seen(2), True, False, id="two"),
        pytest.param(seen(1, BUDGET, there=2), False, True, id="one again"),
        pytest.param(seen(None), False, False, id="others want one"),
        pytest.param(seen(None, there=2), True, False, id="others want two"),
        pytest.param(seen(None, BUDGET), True, False, id="others want one again, and may want two"),
        pytest.param(seen(2, BUDGET, there=2, budget="None"), False, True, id="the user brings one"),
    ],
)
def test_a_version_that_may_have_several_pods_has_a_budget(
    found: ObservedApplication, *, made: bool, deleted: bool
) -> None:
    wanted = plan(found)
    assert ("PodDisruptionBudget" in {obj["kind"] for obj in wanted.apply}) is made
    assert [obj["kind"] for obj in wanted.delete] == ["PodDisruptionBudget"] * deleted


def autoscaled(scaling: dict[str, Any] | None, *others: dict[str, Any]) -> ObservedApplication:
    served = {"version": "1.0.0"} | ({"replicas": 1} if scaling is None else {"autoscaling": scaling})
    wanted = application(spec__serving__versions=[served])
    return observed(wanted, children=Children(deployments=(deployed(),), others=others))


@pytest.mark.parametrize(
    ("there", "others", "number"),
    [
        pytest.param(0, (), 2, id="it is made for a Deployment without pods"),
        pytest.param(3, (), None, id="there are pods"),
        pytest.param(0, (autoscaler("mnist", "1.0.0", Autoscaling.model_validate(SCALING)),), None, id="it rests"),
    ],
)
def test_a_new_autoscaler_gets_pods_to_begin_with_since_it_would_rest_without(
    there: int, others: tuple[dict[str, Any], ...], number: int | None
) -> None:
    wanted = application(spec__serving__versions=[{"version": "1.0.0", "autoscaling": SCALING}])
    found = observed(wanted, children=Children(deployments=(deployed(replicas=there),), others=others))
    (one,) = (obj for obj in (*plan(found).apply, *plan(found).grow) if obj["kind"] == "Deployment")
    assert one["spec"].get("replicas") == number


def made(found: ObservedApplication, kind: str) -> list[dict[str, Any]]:
    return [obj for obj in plan(found).apply if obj["kind"] == kind]


def test_an_autoscaler_sets_the_number_of_pods_and_the_operator_does_not() -> None:
    found = autoscaled(SCALING)
    (one,) = made(found, "HorizontalPodAutoscaler")
    assert one["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mnist-1-0-0"}
    assert (one["spec"]["minReplicas"], one["spec"]["maxReplicas"]) == (2, 4)
    assert one["metadata"]["ownerReferences"][0]["uid"] == "uid-mnist"
    assert "replicas" not in made(found, "Deployment")[0]["spec"]
    assert len(made(found, "PodDisruptionBudget")) == 1


def test_an_autoscaler_that_is_no_longer_wished_goes() -> None:
    (one,) = made(autoscaled(SCALING), "HorizontalPodAutoscaler")
    assert plan(autoscaled(None, one)).delete == (one,)


@pytest.mark.parametrize(
    ("metric", "rendered"),
    [
        pytest.param(
            {"type": "CPU", "averageUtilization": 80},
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
            },
            id="cpu",
        ),
        pytest.param(
            {"type": "Memory", "averageUtilization": 50},
            {
                "type": "Resource",
                "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 50}},
            },
            id="memory",
        ),
        pytest.param(
            {"type": "Pods", "name": "aiapp_model_requests_in_flight", "averageValue": 4},
            {
                "type": "Pods",
                "pods": {
                    "metric": {"name": "aiapp_model_requests_in_flight"},
                    "target": {"type": "AverageValue", "averageValue": "4"},
                },
            },
            id="of the model server",
        ),
    ],
)
def test_metrics_are_those_of_kubernetes(metric: dict[str, Any], rendered: dict[str, Any]) -> None:
    (one,) = made(autoscaled({"maxReplicas": 4, "metrics": [metric], "coolDownSeconds": 60}), "HorizontalPodAutoscaler")
    assert (one["spec"]["minReplicas"], one["spec"]["metrics"]) == (1, [rendered])
    assert one["spec"]["behavior"] == {"scaleDown": {"stabilizationWindowSeconds": 60}}


@pytest.mark.parametrize(
    ("state", "told"),
    [
        pytest.param({"status": "True", "reason": "ValidMetricFound"}, False, id="it works"),
        pytest.param({"status": "False", "reason": "FailedGetResourceMetric"}, True, id="there are no metrics"),
        pytest.param({"status": "False", "reason": "ScalingDisabled"}, False, id="there are to be no pods"),
    ],
)
def test_an_autoscaler_that_finds_no_number_is_told_of(state: dict[str, str], *, told: bool) -> None:
    (one,) = made(autoscaled(SCALING), "HorizontalPodAutoscaler")
    found = autoscaled(SCALING, one | {"status": {"conditions": [{"type": "ScalingActive"} | state]}})
    said = assess(found, plan(found))
    note = "its autoscaler finds no number (FailedGetResourceMetric): see `kubectl describe hpa mnist-1-0-0`"
    assert said.ready.reason is Reason.RUNNING
    assert (note in said.ready.message) is told
