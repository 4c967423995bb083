"""Deploying versions and shifting traffic between them, as a patch of the application."""

from typing import Any

import pytest
from tests.support import documents

from aiapp.domain.application.deployment import Share, absent, advice, deploy
from aiapp.domain.application.operation import CannotOperateError
from aiapp.domain.kubernetes.json_patch import patched
from aiapp.domain.kubernetes.resources import Json

NORMAL = {"1.0.0": "Normal", "1.1.0": "Normal", "1.2.0": "Failed", "1.3.0": ""}
ONE = [{"version": "1.0.0", "replicas": 2, "npu": {"count": 1}}]


def application(versions: list[Json], **serving: Any) -> Json:
    return documents.application() | {"spec": {"serving": {"versions": versions} | serving}}


def served(found: Json, *shares: Share, replicas: int | None = None) -> list[Json]:
    versions: list[Json] = patched(found, deploy(found, shares, NORMAL, replicas).patch)["spec"]["serving"]["versions"]
    return versions


def test_a_new_version_takes_over_what_the_one_with_most_traffic_has() -> None:
    found = served(application(ONE), Share("1.0.0", 90), Share("1.1.0", 10))
    assert found == [
        {"version": "1.0.0", "replicas": 2, "npu": {"count": 1}, "weight": 90},
        {"version": "1.1.0", "replicas": 2, "npu": {"count": 1}, "weight": 10},
    ]


def test_the_new_ones_may_have_another_number_of_pods() -> None:
    scaled = [{"version": "1.0.0", "autoscaling": {"maxReplicas": 3}}]
    found = served(application(scaled), Share("1.0.0", 90), Share("1.1.0", 10), replicas=1)
    assert found == [
        {"version": "1.0.0", "autoscaling": {"maxReplicas": 3}, "weight": 90},
        {"version": "1.1.0", "weight": 10, "replicas": 1},
    ]


def test_what_else_is_wanted_of_the_service_stays() -> None:
    found = application(ONE, deployTimeoutSeconds=600)
    after = patched(found, deploy(found, [Share("1.1.0", None)], NORMAL, None).patch)
    assert after["spec"]["serving"] == {
        "versions": [{"version": "1.1.0", "replicas": 2, "npu": {"count": 1}}],
        "deployTimeoutSeconds": 600,
    }


def test_an_application_that_serves_nothing_begins_to() -> None:
    assert served(absent("mnist", "team"), Share("1.0.0", None)) == [{"version": "1.0.0"}]
    described = documents.application() | {"spec": {"description": "digits"}}
    assert patched(described, deploy(described, [Share("1.0.0", None)], NORMAL, None).patch)["spec"] == {
        "description": "digits",
        "serving": {"versions": [{"version": "1.0.0"}]},
    }


def test_it_is_said_what_was_before_and_what_is_so_already() -> None:
    found = application(ONE)
    change = deploy(found, [Share("1.0.0", 90), Share("1.1.0", 10)], NORMAL, None)
    assert change.outcome == "deployed: 1.0.0 90 %, 1.1.0 10 % (before: 1.0.0)"
    same = deploy(found, [Share("1.0.0", None)], NORMAL, None)
    assert (same.outcome, same.patch) == ("deployed: 1.0.0 already", ())


def test_a_change_by_somebody_else_in_the_meantime_is_not_overwritten() -> None:
    unchanged, _ = deploy(application(ONE), [Share("1.1.0", None)], NORMAL, None).patch
    assert unchanged == {"op": "test", "path": "/spec/serving/versions", "value": ONE}


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        pytest.param([Share("1.0.0", 50), Share("1.0.0", 50)], "version 1.0.0 is named twice", id="twice"),
        pytest.param(
            [Share("1.0.0", 90), Share("1.1.0", None)],
            "version 1.1.0 needs a weight, as in 1.1.0=10: there are several versions",
            id="no weight",
        ),
        pytest.param(
            [Share("1.0.0", 90), Share("1.1.0", 20)], "the weights must add up to 100, these make 110", id="too much"
        ),
        pytest.param([Share("1.0.0", 90)], "the weights must add up to 100, these make 90", id="too little"),
        pytest.param(
            [Share("2.0.0", None)],
            "application mnist has no version 2.0.0; there is 1.0.0, 1.1.0, 1.2.0, 1.3.0",
            id="absent",
        ),
        pytest.param(
            [Share("1.2.0", None)], "version mnist-1.2.0 is Failed, not Normal: aiapp get mnist-1.2.0", id="failed"
        ),
        pytest.param(
            [Share("1.3.0", None)],
            "version mnist-1.3.0 is not looked at yet, not Normal: aiapp get mnist-1.3.0",
            id="too new",
        ),
    ],
)
def test_what_cannot_be_deployed_is_refused_by_name(shares: list[Share], message: str) -> None:
    with pytest.raises(CannotOperateError) as refused:
        deploy(application(ONE), shares, NORMAL, None)
    assert str(refused.value) == message


def test_without_any_version_the_command_that_registers_one_is_named() -> None:
    with pytest.raises(CannotOperateError, match="there is none: `aiapp create version mnist` registers one"):
        deploy(application(ONE), [Share("1.0.0", None)], {}, None)


def test_what_keeps_the_shares_from_being_exact_is_said() -> None:
    two = [Share("1.0.0", 90), Share("1.1.0", 10)]
    assert advice(application(ONE, gateway={}), two) == []
    assert advice(application(ONE), two[:1]) == []
    stopped, by_pods = advice(application(ONE, stopped=True), two)
    assert (stopped, "choose replicas" in by_pods) == ("the application is stopped: aiapp start mnist", True)
