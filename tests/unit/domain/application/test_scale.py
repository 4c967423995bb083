"""Who says how many pods a Deployment has."""

from typing import Any

import pytest
from tests.support.records import deployed

from aiapp.domain.application.scale import scale
from aiapp.domain.kubernetes.naming import REPLICAS_ANNOTATION
from aiapp.domain.rendering.deployment import Scale


def held(replicas: int, remembered: str) -> dict[str, Any]:
    """A Deployment that the operator holds at a number."""
    child = deployed(replicas=replicas)
    return child | {"metadata": child["metadata"] | {"annotations": {REPLICAS_ANNOTATION: remembered}}}


@pytest.mark.parametrize(
    ("wish", "now", "child", "wanted"),
    [
        pytest.param(3, 3, None, Scale(3), id="the spec says it"),
        pytest.param(3, 0, deployed(replicas=3), Scale(0), id="stopped: the spec remembers"),
        pytest.param(None, None, None, Scale(None), id="others say it"),
        pytest.param(None, None, deployed(replicas=5), Scale(None), id="others have said it"),
        pytest.param(None, 0, deployed(replicas=5), Scale(0, 5), id="stopped: what others said is kept"),
        pytest.param(None, 0, held(0, "5"), Scale(0, 5), id="stopped for longer"),
        pytest.param(None, 0, held(2, "5"), Scale(0, 5), id="stopped, and scaled by hand meanwhile"),
        pytest.param(None, 0, None, Scale(0, 1), id="made while it has no weight"),
        pytest.param(None, None, held(0, "5"), Scale(5), id="started: set once, and remembered no longer"),
        pytest.param(4, 4, held(0, "5"), Scale(4), id="started with a number in the spec"),
        pytest.param(None, None, held(0, "-1"), Scale(None), id="what is remembered is no number"),
    ],
)
def test_a_number_that_belongs_to_others_is_kept_while_the_operator_holds_another(
    wish: int | None, now: int | None, child: dict[str, Any] | None, wanted: Scale
) -> None:
    assert scale(wish, now, child) == wanted


@pytest.mark.parametrize(
    ("now", "child", "wanted"),
    [
        pytest.param(0, deployed(replicas=0), Scale(0, 4), id="left to others while it is stopped"),
        pytest.param(None, deployed(replicas=0), Scale(4), id="left to others at the start"),
        pytest.param(None, deployed(replicas=3), Scale(None), id="left to others while it runs"),
        pytest.param(None, held(0, "5"), Scale(5), id="it was left to others before"),
        pytest.param(None, None, Scale(None), id="never deployed"),
    ],
)
def test_a_number_that_the_spec_gives_up_while_there_are_no_pods_is_not_lost(
    now: int | None, child: dict[str, Any] | None, wanted: Scale
) -> None:
    assert scale(None, now, child, before=4) == wanted


def test_a_version_without_pods_that_waits_for_its_turn_comes_back_with_one() -> None:
    assert scale(None, 0, deployed(replicas=0)) == Scale(0, 1)
