"""The log of the traffic."""

from collections.abc import Mapping
from typing import Any

from tests.support.routes import behind_gateway, pass_over, routed, said

from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import assess
from aiapp.domain.application.traffic.log import KEPT

UP, DOWN = (1, 1), (0, 1)
ONE, TWO = {"1.0.0": 100}, {"1.0.0": 90, "1.1.0": 10}


def status(
    wanted: Mapping[str, int],
    ready: Mapping[str, tuple[int, int]],
    shares: Mapping[str, int],
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Of a pass that finds these pods and this route."""
    seen = pass_over(behind_gateway(wanted, before), ready, routed(shares, said()))
    return assess(seen, plan(seen)).status


def first() -> dict[str, Any]:
    return status(ONE, {"1.0.0": UP}, ONE)


def test_it_begins_with_the_first_traffic() -> None:
    (entry,) = first()["trafficLog"]
    time = entry.pop("time")
    assert entry == {"from": {}, "to": ONE, "cause": "1.0.0 became ready", "generation": 1}
    assert time == "2026-01-02T12:01:00Z"


def test_at_rest_it_stays_as_it_is() -> None:
    assert status(ONE, {"1.0.0": UP}, ONE, first())["trafficLog"] == first()["trafficLog"]


def test_the_newest_change_comes_first() -> None:
    waiting = status(TWO, {"1.0.0": UP, "1.1.0": DOWN}, ONE | {"1.1.0": 0}, first())
    assert waiting["trafficLog"] == first()["trafficLog"]
    newest = status(TWO, {"1.0.0": UP, "1.1.0": UP}, TWO, waiting)["trafficLog"][0]
    assert (newest["from"], newest["to"], newest["cause"]) == (ONE, TWO, "1.1.0 became ready")


def test_lost_pods_are_told() -> None:
    both = status(TWO, {"1.0.0": UP, "1.1.0": UP}, TWO, first())
    newest = status(TWO, {"1.0.0": UP, "1.1.0": DOWN}, ONE, both)["trafficLog"][0]
    assert (newest["from"], newest["to"], newest["cause"]) == (TWO, ONE, "1.1.0 lost readiness")


def test_a_weight_is_no_traffic_before_there_is_a_pod_to_answer() -> None:
    waiting = status(ONE, {"1.0.0": DOWN}, ONE)
    assert "trafficLog" not in waiting
    assert status(ONE, {"1.0.0": UP}, ONE, waiting)["trafficLog"][0]["cause"] == "1.0.0 became ready"


def test_a_new_spec_that_moves_traffic_at_once_is_told() -> None:
    up = {"1.0.0": UP, "1.1.0": UP}
    both = status(TWO, up, TWO, first()) | {"observedGeneration": 0}
    assert status({"1.0.0": 50, "1.1.0": 50}, up, {"1.0.0": 50, "1.1.0": 50}, both)["trafficLog"][0]["cause"] == (
        "spec changed"
    )


def test_pods_that_come_and_go_for_hours_do_not_push_out_what_people_have_done() -> None:
    up = {"1.0.0": UP, "1.1.0": UP}
    now = status(TWO, up, TWO, first() | {"observedGeneration": 0, "traffic": [row(TWO, "1.0.0"), row(TWO, "1.1.0")]})
    now = status({"1.0.0": 50, "1.1.0": 50}, up, {"1.0.0": 50, "1.1.0": 50}, now | {"observedGeneration": 0})
    assert now["trafficLog"][0]["cause"] == "spec changed"
    for _ in range(KEPT):
        now = status(TWO, {"1.0.0": UP, "1.1.0": DOWN}, ONE, now)
        now = status(TWO, up, TWO, now)
    assert len(now["trafficLog"]) == KEPT
    assert [one["cause"] for one in now["trafficLog"]].count("spec changed") == 1


def row(shares: Mapping[str, int], version: str) -> dict[str, Any]:
    share = shares[version]
    return {"version": version, "weight": share, "actualWeight": share, "replicas": 1, "ready": 1}
