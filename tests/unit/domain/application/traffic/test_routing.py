"""Which route an application gets, and when a version that is no longer served may leave it."""

from typing import Any

from tests.support.records import application
from tests.support.routes import behind_gateway, pass_over, routed, said

from aiapp.domain.application.plan import GATEWAY_SECONDS, ApplicationPlan, plan

UP, DOWN = (1, 1), (0, 1)


def names(objects: tuple[dict[str, Any], ...]) -> list[str]:
    return [f"{obj['kind']}/{obj['metadata']['name']}" for obj in objects]


def weights(made: ApplicationPlan) -> dict[str, int] | None:
    """Of the route that is to be written, by Service."""
    routes = [obj for obj in made.apply if obj["kind"] == "HTTPRoute"]
    if not routes:
        return None
    return {one["name"]: one["weight"] for one in routes[0]["spec"]["rules"][0]["backendRefs"]}


def test_a_service_comes_into_the_route_when_it_exists() -> None:
    made = plan(pass_over(behind_gateway({"1.0.0": 100}), {}))
    assert (weights(made), made.again_after) == (None, GATEWAY_SECONDS)
    made = plan(pass_over(behind_gateway({"1.0.0": 100}), {"1.0.0": DOWN}))
    assert (weights(made), made.again_after) == ({"mnist-1-0-0": 100}, None)
    assert made.apply[-1]["metadata"]["ownerReferences"][0]["uid"] == "uid-mnist"


def test_without_the_gateway_api_there_is_no_route() -> None:
    assert weights(plan(pass_over(behind_gateway({"1.0.0": 100}), {"1.0.0": UP}, served=False))) is None


def test_weights_are_exact_whatever_the_number_of_pods() -> None:
    made = plan(pass_over(behind_gateway({"1.0.0": 99, "1.1.0": 1}), {"1.0.0": UP, "1.1.0": UP}))
    assert weights(made) == {"mnist-1-0-0": 99, "mnist-1-1-0": 1}


def test_what_is_not_ready_has_weight_0() -> None:
    made = plan(pass_over(behind_gateway({"1.0.0": 90, "1.1.0": 10}), {"1.0.0": UP, "1.1.0": DOWN}))
    assert weights(made) == {"mnist-1-0-0": 100, "mnist-1-1-0": 0}


def test_pods_that_say_that_they_are_not_ready_count_before_their_deployment_does() -> None:
    two = behind_gateway({"1.0.0": 90, "1.1.0": 10})
    made = plan(pass_over(two, {"1.0.0": UP, "1.1.0": UP}, pods={"1.0.0": 1, "1.1.0": 0}))
    assert weights(made) == {"mnist-1-0-0": 100, "mnist-1-1-0": 0}


def test_a_version_that_cannot_run_has_no_backend() -> None:
    made = plan(pass_over(behind_gateway({"1.0.0": 90, "9.9.9": 10}), {"1.0.0": UP}, absent=["9.9.9"]))
    assert weights(made) == {"mnist-1-0-0": 100}


def test_the_last_split_stays_as_the_route_has_it_while_nothing_that_is_asked_for_is_ready() -> None:
    app = behind_gateway({"1.1.0": 100}, {"traffic": []})
    made = plan(pass_over(app, {"1.0.0": UP, "1.1.0": DOWN}, routed({"1.0.0": 100})))
    assert weights(made) == {"mnist-1-1-0": 0, "mnist-1-0-0": 100}


def test_a_route_that_was_lost_is_made_as_the_status_remembers_it() -> None:
    traffic = [{"version": "1.0.0", "weight": 0, "actualWeight": 100, "replicas": 1, "ready": 1}]
    app = behind_gateway({"1.1.0": 100}, {"traffic": traffic})
    assert weights(plan(pass_over(app, {"1.0.0": DOWN, "1.1.0": DOWN}))) == {"mnist-1-1-0": 0, "mnist-1-0-0": 100}


BOTH_UP = {"1.0.0": UP, "1.1.0": UP}
NEXT = {"1.1.0": 100}


def test_a_version_under_traffic_does_not_leave() -> None:
    made = plan(pass_over(behind_gateway(NEXT), BOTH_UP, routed({"1.0.0": 100, "1.1.0": 0}, said())))
    assert (weights(made), made.delete) == ({"mnist-1-1-0": 100, "mnist-1-0-0": 0}, ())
    assert made.again_after == GATEWAY_SECONDS


def test_it_stays_until_the_gateway_has_taken_up_that_it_gets_nothing() -> None:
    route = routed({"1.1.0": 100, "1.0.0": 0}, said(observedGeneration=1), generation=2)
    assert plan(pass_over(behind_gateway(NEXT), BOTH_UP, route)).delete == ()


def test_then_its_pods_go_and_its_backend_stays_while_there_are_any() -> None:
    route = routed({"1.1.0": 100, "1.0.0": 0}, said(observedGeneration=2), generation=2)
    made = plan(pass_over(behind_gateway(NEXT), BOTH_UP, route, pods={"1.0.0": 1, "1.1.0": 1}))
    assert names(made.delete) == ["Deployment/mnist-1-0-0"]
    assert weights(made) == {"mnist-1-1-0": 100, "mnist-1-0-0": 0}


def test_when_they_are_gone_its_service_and_its_backend_go() -> None:
    route = routed({"1.1.0": 100, "1.0.0": 0}, said())
    made = plan(pass_over(behind_gateway(NEXT), BOTH_UP, route, pods={"1.1.0": 1}))
    assert names(made.delete) == ["Deployment/mnist-1-0-0", "Service/mnist-1-0-0"]
    assert weights(made) == {"mnist-1-1-0": 100}


def test_a_gateway_that_the_route_no_longer_names_holds_nothing_up() -> None:
    former = said({"name": "former"}, observedGeneration=0)
    route = routed({"1.1.0": 100, "1.0.0": 0}, said(observedGeneration=2), former, generation=2)
    made = plan(pass_over(behind_gateway(NEXT), BOTH_UP, route, pods={"1.1.0": 1}))
    assert names(made.delete) == ["Deployment/mnist-1-0-0", "Service/mnist-1-0-0"]


def test_nor_does_one_that_has_never_spoken() -> None:
    made = plan(pass_over(behind_gateway(NEXT), BOTH_UP, routed({"1.1.0": 100, "1.0.0": 0}), pods={"1.1.0": 1}))
    assert names(made.delete) == ["Deployment/mnist-1-0-0", "Service/mnist-1-0-0"]


def test_without_a_gateway_the_route_goes() -> None:
    made = plan(pass_over(application(), {"1.0.0": UP}, routed({"1.0.0": 100})))
    assert names(made.delete) == ["HTTPRoute/mnist"]


def test_a_route_is_left_as_it_is_where_all_its_weights_would_be_0() -> None:
    app = behind_gateway({"1.0.0": 0, "9.9.9": 100})
    assert weights(plan(pass_over(app, {"1.0.0": UP}, absent=["9.9.9"]))) is None


def numbers(made: ApplicationPlan) -> dict[str, int]:
    """Pods of each version that is made or changed."""
    grown = {obj["metadata"]["name"]: obj["spec"]["replicas"] for obj in made.grow}
    return grown | {one.deployment["metadata"]["name"]: one.replicas for one in made.resize}


def test_a_version_gets_its_share_as_it_gets_its_pods_and_the_old_one_shrinks_once_that_is_known() -> None:
    moved = behind_gateway({"1.1.0": 100}, replicas=4)
    first = pass_over(moved, {"1.0.0": (4, 4), "1.1.0": (1, 1)}, routed({"1.0.0": 100, "1.1.0": 0}))
    made = plan(first)
    assert weights(made) == {"mnist-1-0-0": 75, "mnist-1-1-0": 25}
    assert numbers(made) == {}
    known = pass_over(moved, {"1.0.0": (4, 4), "1.1.0": (1, 1)}, routed({"1.0.0": 75, "1.1.0": 25}))
    assert numbers(plan(known)) == {"mnist-1-0-0": 3, "mnist-1-1-0": 2}
