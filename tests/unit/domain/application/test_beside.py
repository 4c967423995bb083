"""Which versions get a disruption budget, and when it goes."""

from typing import Any

import pytest
from tests.support.records import application, deployed, observed

from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.plan import plan
from aiapp.domain.rendering.disruption_budget import disruption_budget

BUDGET = disruption_budget("mnist", "1.0.0")


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
