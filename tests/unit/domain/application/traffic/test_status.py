"""What the status says of the traffic."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.records import application, deployed, normal_version, observed
from tests.support.routes import EDGE, behind_gateway, pass_over, routed, said

from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import Assessment, assess
from aiapp.domain.conditions import Finding
from aiapp.domain.records import ApplicationRecord

UP, DOWN = (1, 1), (0, 1)
TWO = {"1.0.0": 90, "1.1.0": 10}
BOTH_UP = {"1.0.0": UP, "1.1.0": UP}


def assessed(seen: ObservedApplication) -> Assessment:
    return assess(seen, plan(seen))


def finding(seen: ObservedApplication, type_: str) -> Finding:
    return next(one for one in assessed(seen).findings if one.type == type_)


def reasons(seen: ObservedApplication) -> dict[str, tuple[int, str | None]]:
    return {one["version"]: (one["actualWeight"], one.get("reason")) for one in assessed(seen).status["traffic"]}


def test_the_actual_shares_are_the_weights_of_the_route() -> None:
    seen = pass_over(behind_gateway(TWO), BOTH_UP, routed(TWO, said()))
    assert reasons(seen) == {"1.0.0": (90, None), "1.1.0": (10, None)}
    assert (finding(seen, "TrafficSplit").state, assessed(seen).ready.state) == ("True", "True")


@pytest.mark.parametrize(
    ("weights", "ready", "route", "split", "expected"),
    [
        pytest.param(
            TWO,
            {"1.0.0": UP, "1.1.0": DOWN},
            {"1.0.0": 100, "1.1.0": 0},
            ("False", "ByReadiness"),
            {"1.0.0": (100, "OthersNotReady"), "1.1.0": (0, "NotReady")},
            id="one is not ready",
        ),
        pytest.param(
            {"1.1.0": 100},
            {"1.0.0": UP, "1.1.0": (1, 4)},
            {"1.0.0": 75, "1.1.0": 25},
            ("False", "ByReadiness"),
            {"1.0.0": (75, "Leaving"), "1.1.0": (25, "Starting")},
            id="one goes and one comes",
        ),
        pytest.param(
            {"1.1.0": 100},
            {"1.0.0": UP, "1.1.0": DOWN},
            {"1.0.0": 100, "1.1.0": 0},
            ("False", "LastSplitKept"),
            {"1.0.0": (100, "LastSplitKept"), "1.1.0": (0, "NotReady")},
            id="what is asked for is not ready",
        ),
        pytest.param(
            {"1.1.0": 100},
            {"1.0.0": DOWN, "1.1.0": DOWN},
            {"1.0.0": 100, "1.1.0": 0},
            ("False", "LastSplitKept"),
            {"1.0.0": (100, "LastSplitKept"), "1.1.0": (0, "NotReady")},
            id="nothing is ready",
        ),
        pytest.param(
            TWO,
            {"1.0.0": DOWN, "1.1.0": DOWN},
            TWO,
            ("Unknown", "Pending"),
            {"1.0.0": (90, None), "1.1.0": (10, None)},
            id="nothing was ready yet",
        ),
    ],
)
def test_it_is_said_why_a_version_gets_another_share(
    weights: dict[str, int],
    ready: dict[str, tuple[int, int]],
    route: dict[str, int],
    split: tuple[str, str],
    expected: dict[str, tuple[int, str | None]],
) -> None:
    seen = pass_over(behind_gateway(weights), ready, routed(route, said()))
    found = finding(seen, "TrafficSplit")
    assert ((found.state, found.reason), reasons(seen)) == (split, expected)


def test_without_the_gateway_api_it_says_so_and_the_ready_pods_split_the_traffic() -> None:
    seen = pass_over(behind_gateway(TWO), BOTH_UP, served=False)
    found = finding(seen, "RouteAccepted")
    assert (found.state, found.reason) == ("False", "GatewayApiMissing")
    assert reasons(seen) == {"1.0.0": (50, "ByReplicas"), "1.1.0": (50, "ByReplicas")}
    assert (assessed(seen).ready.reason, assessed(seen).phase) == ("GatewayApiMissing", "Concerning")


def test_without_a_gateway_nothing_is_said_of_a_route() -> None:
    seen = observed(children=Children(deployments=(deployed(),)))
    assert "RouteAccepted" not in [one.type for one in assessed(seen).findings]


LISTENER = {"name": "edge", "namespace": "infra", "sectionName": "web"}


@pytest.mark.parametrize(
    ("parents", "state", "reason", "message"),
    [
        pytest.param([], "Unknown", "Pending", "no controller has answered for Gateway infra/edge", id="silence"),
        pytest.param(
            [said({"name": "edge"})],
            "Unknown",
            "Pending",
            "no controller has answered for Gateway infra/edge",
            id="a Gateway of another namespace speaks",
        ),
        pytest.param([said()], "True", "Succeeded", "accepted by Gateway infra/edge", id="it is accepted"),
        pytest.param(
            [said(accepted="False", reason="NotAllowedByListeners", message="not from there")],
            "False",
            "RouteRefused",
            "Gateway infra/edge says Accepted=False/NotAllowedByListeners: not from there",
            id="it is refused",
        ),
        pytest.param(
            [said(resolved="False", reason="BackendNotFound", message="no\nService x")],
            "False",
            "RouteUnresolved",
            "Gateway infra/edge says ResolvedRefs=False/BackendNotFound: no Service x",
            id="something is missing",
        ),
        pytest.param(
            [said(LISTENER, accepted="False"), said()],
            "True",
            "Succeeded",
            "accepted by Gateway infra/edge",
            id="only what is asked for counts",
        ),
    ],
)
def test_the_words_of_the_gateway_come_back(
    parents: list[Mapping[str, Any]], state: str, reason: str, message: str
) -> None:
    found = finding(pass_over(behind_gateway(TWO), BOTH_UP, routed(TWO, *parents)), "RouteAccepted")
    assert (found.state, found.reason, found.message) == (state, reason, message)


def test_a_listener_is_named_in_the_words_of_its_gateway() -> None:
    parents = [LISTENER | {"port": 80}]
    app = application(spec__serving={"versions": [{"version": "1.0.0"}], "gateway": {"parentRefs": parents}})
    found = finding(pass_over(app, {"1.0.0": UP}, routed({"1.0.0": 100})), "RouteAccepted")
    assert found.message == "no controller has answered for Gateway infra/edge (listener web, port 80)"


def test_a_route_without_an_answer_is_under_way_and_one_that_is_refused_is_not_ready() -> None:
    silent = assessed(pass_over(behind_gateway(TWO), BOTH_UP, routed(TWO)))
    assert (silent.phase, silent.ready.state, silent.ready.reason) == ("Deploying", "Unknown", "Pending")
    refused = assessed(pass_over(behind_gateway(TWO), BOTH_UP, routed(TWO, said(accepted="False"))))
    assert (refused.ready.state, refused.ready.reason) == ("False", "RouteRefused")


def test_the_address_is_that_of_the_gateway() -> None:
    gateway = {"parentRefs": [EDGE], "hostnames": ["mnist.example.com"]}
    app = application(spec__serving={"versions": [{"version": "1.0.0"}], "gateway": gateway})
    seen = pass_over(app, {"1.0.0": UP}, routed({"1.0.0": 100}, said()))
    assert assessed(seen).status["url"] == "http://mnist.example.com"
    assert assessed(pass_over(app, {"1.0.0": UP}, served=False)).status["url"] == "http://mnist.team.svc"


EMPTY: Mapping[str, tuple[int, int]] = {}


def without_gateway(*served: Mapping[str, Any], deployments: Mapping[str, tuple[int, int]] = EMPTY) -> Finding:
    app = application(spec__serving__versions=list(served))
    made = tuple(deployed(number, ready=ready, replicas=wanted) for number, (ready, wanted) in deployments.items())
    versions = [normal_version(one["version"]) for one in served]
    return finding(observed(app, *versions, children=Children(deployments=made)), "TrafficSplit")


def of(version: str, weight: int, replicas: int | None = None) -> dict[str, Any]:
    return {"version": version, "weight": weight} | ({} if replicas is None else {"replicas": replicas})


@pytest.mark.parametrize(
    ("served", "message"),
    [
        pytest.param(
            [of("1.0.0", 90), of("1.1.0", 10)],
            "90/10 takes 9 and 1 replicas; 1 and 1 give 50/50; or use serving.gateway",
            id="nobody said how many",
        ),
        pytest.param(
            [of("1.0.0", 90, 2), of("1.1.0", 10, 2)],
            "90/10 takes 9 and 1 replicas; 2 and 2 give 50/50, the nearest with 4 pods is 3 and 1 (75/25); "
            "or use serving.gateway",
            id="another distribution is nearer",
        ),
        pytest.param(
            [of("1.0.0", 80, 1), of("1.1.0", 10, 1), of("1.2.0", 10, 1)],
            "80/10/10 takes 8, 1 and 1 replicas; 1, 1 and 1 give 34/33/33; or use serving.gateway",
            id="three",
        ),
    ],
)
def test_shares_that_the_pods_can_never_give_are_told_before_there_are_any(
    served: list[dict[str, Any]], message: str
) -> None:
    found = without_gateway(*served)
    assert (found.state, found.reason, found.message) == ("False", "SplitUnreachable", message)


@pytest.mark.parametrize(
    "served",
    [
        pytest.param([of("1.0.0", 75, 3), of("1.1.0", 25, 1)], id="exactly"),
        pytest.param([of("1.0.0", 34, 1), of("1.1.0", 33, 1), of("1.2.0", 33, 1)], id="but for less than one percent"),
        pytest.param([of("1.0.0", 100, 3), of("1.1.0", 0, 1)], id="all to one"),
        pytest.param([of("1.0.0", 90, 0), of("1.1.0", 10, 0)], id="no pods are wanted"),
    ],
)
def test_shares_that_they_can_give_are_no_trouble(served: list[dict[str, Any]]) -> None:
    assert without_gateway(*served).reason == "Pending"


def test_thirds_are_as_near_as_they_can_be() -> None:
    served = [of("1.0.0", 33, 1), of("1.1.0", 33, 1), of("1.2.0", 34, 1)]
    up = {"1.0.0": UP, "1.1.0": UP, "1.2.0": UP}
    assert without_gateway(*served, deployments=up).state == "True"


def test_pods_that_a_scaler_has_made_count_too() -> None:
    served, made = [of("1.0.0", 90), of("1.1.0", 10)], {"1.0.0": (8, 9), "1.1.0": (1, 1)}
    assert without_gateway(*served, deployments=made).reason == "ByReplicas"


def in_steps(percent: int) -> ApplicationRecord:
    """One that goes from 1.0.0 to 1.1.0, so far on the way."""
    versions = [{"version": "1.1.0", "weight": 100, "replicas": 1}]
    strategy = {"steps": [{"percent": percent, "approve": True}]}
    made = application(
        spec__serving={"versions": versions, "gateway": {"parentRefs": [EDGE]}, "strategy": strategy},
    )
    rollout = {
        "id": "a",
        "from": [{"version": "1.0.0", "weight": 100, "replicas": 1}],
        "to": [{"version": "1.1.0", "weight": 100, "replicas": 1}],
        "step": 1,
        "steps": 2,
        "percent": percent,
        "state": "AwaitingApproval",
        "since": "2026-01-02T12:00:00Z",
    }
    return ApplicationRecord.parse(made.raw | {"status": {"observedGeneration": 1, "rollout": rollout}})


def test_a_step_has_the_weights_of_the_step_and_says_so() -> None:
    app, share = in_steps(30), {"1.1.0": 30, "1.0.0": 70}
    made = plan(pass_over(app, BOTH_UP, routed({"1.1.0": 0, "1.0.0": 100})))
    (rule,) = next(obj for obj in made.apply if obj["kind"] == "HTTPRoute")["spec"]["rules"]
    assert [one["weight"] for one in rule["backendRefs"]] == [30, 70]
    seen = pass_over(app, BOTH_UP, routed(share, said()))
    assert reasons(seen) == {"1.1.0": (30, "InSteps"), "1.0.0": (70, "InSteps")}
    assert finding(seen, "TrafficSplit").reason == "RolloutProgressing"
    before = [row("1.0.0", 100), row("1.1.0", 0)]
    app = ApplicationRecord.parse(app.raw | {"status": app.raw["status"] | {"traffic": before}})
    log = assessed(pass_over(app, BOTH_UP, routed(share, said()))).status["trafficLog"]
    assert (log[0]["cause"], log[0]["to"]) == ("step 1 of 2", share)


def row(version: str, share: int) -> dict[str, Any]:
    return {"version": version, "weight": share, "actualWeight": share, "replicas": 1, "ready": 1}
