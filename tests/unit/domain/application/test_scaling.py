"""Numbers of pods and ways to replace them, from the objects that are there."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.fleet import node
from tests.support.records import NOON, application, deployed, normal_version, observed, on_the_way, pod

from aiapp.api.conditions import Reason
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.plan import ApplicationPlan, holding, plan
from aiapp.domain.conditions import Trouble
from aiapp.domain.kubernetes.naming import TAKEN_OVER_ANNOTATION
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import ApplicationRecord

CARD = "example.com/card"
CARDS = {"resources": {"limits": {CARD: "2"}}}
OLD, NEW = "1.0.0", "1.1.0"
UNSCHEDULABLE = {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}


def serving(*versions: Json, **more: Any) -> Any:
    return application(spec__serving={"versions": list(versions), **more})


def with_devices(seen: ObservedApplication, free: int, leaving: int = 0) -> ObservedApplication:
    """One node of eight devices on which pods of two devices are placed."""
    in_use = {"n": {CARD: 8 - free}}
    context = replace(seen.context, in_use=in_use, leaving={"n": {CARD: leaving}})
    return replace(seen, context=context)


def seen_of(app: Any, *deployments: Json, pods: tuple[Json, ...] = ()) -> ObservedApplication:
    versions = [normal_version(number, spec__container=CARDS) for number in (OLD, NEW)]
    fleet = (node("n", resources={CARD: 8}),)
    return observed(app, *versions, children=Children(deployments=deployments, pods=pods), fleet=fleet)


def numbers(made: ApplicationPlan) -> dict[str, int | None]:
    """What is written of numbers, by Deployment: applied, scaled, or None where applied without one."""
    applied = {
        o["metadata"]["name"]: o["spec"].get("replicas") for o in (*made.apply, *made.grow) if o["kind"] == "Deployment"
    }
    return applied | {one.deployment["metadata"]["name"]: one.replicas for one in made.resize}


def gone(made: ApplicationPlan) -> list[str]:
    return [obj["metadata"]["name"] for obj in made.delete]


def test_a_new_version_comes_up_beside_the_old_one_where_devices_are_free() -> None:
    seen = seen_of(serving({"version": NEW, "replicas": 3}), deployed(OLD, replicas=3))
    made = plan(with_devices(seen, free=2))
    assert (numbers(made), gone(made)) == ({"mnist-1-1-0": 1}, [])
    assert made.scaling.surging is not None
    assert (made.scaling.surging.state, made.scaling.surging.reason) == ("True", Reason.BESIDE)


@pytest.mark.parametrize("free", [pytest.param(0, id="no device is free"), pytest.param(1, id="too few for a pod")])
def test_without_free_devices_an_old_pod_goes_for_it_and_that_is_said(free: int) -> None:
    seen = seen_of(serving({"version": NEW, "replicas": 3}), deployed(OLD, replicas=3))
    made = plan(with_devices(seen, free=free))
    assert numbers(made) == {"mnist-1-0-0": 2, "mnist-1-1-0": 1}
    assert made.scaling.surging is not None
    assert (made.scaling.surging.state, made.scaling.surging.reason) == ("False", Reason.IN_PLACE)
    assert f"1 node fits, it has not 2 free of {CARD} (free: n {free})" in made.scaling.surging.message


def test_devices_of_pods_that_are_being_deleted_are_room() -> None:
    seen = seen_of(serving({"version": NEW, "replicas": 3}), deployed(OLD, replicas=3))
    assert numbers(plan(with_devices(seen, free=0, leaving=2))) == {"mnist-1-1-0": 1}


def test_the_old_version_goes_with_the_last_new_pod_that_is_ready() -> None:
    app = serving({"version": NEW, "replicas": 2})
    nearly = plan(with_devices(seen_of(app, deployed(OLD, replicas=1), deployed(NEW, replicas=2, ready=1)), free=0))
    assert (numbers(nearly), gone(nearly)) == ({"mnist-1-1-0": 2}, [])
    done = plan(with_devices(seen_of(app, deployed(OLD, replicas=1), deployed(NEW, replicas=2)), free=0))
    assert (numbers(done), gone(done)) == ({"mnist-1-1-0": 2}, ["mnist-1-0-0"])
    assert done.scaling.surging is None


def test_the_only_pod_goes_before_the_new_one_where_there_is_no_room_and_its_deployment_after() -> None:
    app = serving({"version": NEW, "replicas": 1})
    first = plan(with_devices(seen_of(app, deployed(OLD)), free=0))
    assert (numbers(first), gone(first)) == ({"mnist-1-0-0": 0, "mnist-1-1-0": 1}, [])
    waiting = plan(with_devices(seen_of(app, deployed(OLD, replicas=0), deployed(NEW, ready=0)), free=0))
    assert (numbers(waiting), gone(waiting)) == ({"mnist-1-1-0": 1}, [])
    last = plan(with_devices(seen_of(app, deployed(OLD, replicas=0), deployed(NEW)), free=0))
    assert gone(last) == ["mnist-1-0-0"]


def lost(age: int) -> Json:
    made = pod(NEW, "mnist-1-1-0-x", **UNSCHEDULABLE)
    made["metadata"]["creationTimestamp"] = NOON.replace(second=60 - age if age else 0).isoformat()
    return made


@pytest.mark.parametrize(
    ("age", "leaving", "existing", "left"),
    [
        pytest.param(30, 0, 3, {"mnist-1-0-0": 2}, id="somebody else took the device"),
        pytest.param(2, 0, 3, {}, id="it has only just come"),
        pytest.param(30, 2, 3, {}, id="a pod is being deleted that it will follow"),
        pytest.param(30, 0, 4, {}, id="a pod is about to be deleted"),
    ],
)
def test_an_old_pod_goes_for_a_new_one_that_finds_no_node(
    age: int, leaving: int, existing: int, left: dict[str, int]
) -> None:
    app = serving({"version": NEW, "replicas": 3})
    children = (deployed(OLD, replicas=3), deployed(NEW, ready=0))
    children[0]["status"] |= {"replicas": existing, "updatedReplicas": existing}
    seen = seen_of(app, *children, pods=(lost(age),))
    made = plan(with_devices(seen, free=0, leaving=leaving))
    assert numbers(made) == {"mnist-1-1-0": 1} | left
    assert made.again_after is not None


def test_pods_without_devices_come_up_beside_until_the_scheduler_says_otherwise() -> None:
    app = serving({"version": NEW, "replicas": 3})
    versions = (normal_version(OLD), normal_version(NEW))
    calm = Children(deployments=(deployed(OLD, replicas=3), deployed(NEW, ready=0)))
    assert numbers(plan(observed(app, *versions, children=calm))) == {"mnist-1-1-0": 1}
    full = replace(calm, pods=(lost(30),))
    assert numbers(plan(observed(app, *versions, children=full))) == {"mnist-1-0-0": 2, "mnist-1-1-0": 1}
    in_place = replace(full, deployments=(deployed(OLD, replicas=2), deployed(NEW, ready=0)))
    assert numbers(plan(observed(app, *versions, children=in_place))) == {"mnist-1-1-0": 1}


def test_nothing_goes_for_a_version_of_which_nothing_may_be_made_after_all() -> None:
    seen = with_devices(seen_of(serving({"version": NEW, "replicas": 3}), deployed(OLD, replicas=3)), free=0)
    held = holding(seen, plan(seen), {NEW: Trouble(Reason.CREDENTIALS_DENIED, "")})
    assert (numbers(held), gone(held)) == ({}, [])


def test_a_version_without_a_number_takes_over_those_that_are_there() -> None:
    app = serving({"version": NEW})
    seen = seen_of(app, deployed(OLD, replicas=4))
    (made,) = [o for o in plan(with_devices(seen, free=8)).apply if o["kind"] == "Deployment"]
    assert made["metadata"]["annotations"] == {TAKEN_OVER_ANNOTATION: "4"}
    assert made["spec"]["replicas"] == 1
    new = deployed(NEW)
    new["metadata"]["annotations"] = {TAKEN_OVER_ANNOTATION: "4"}
    later = plan(with_devices(seen_of(app, deployed(OLD, replicas=4), new), free=8))
    assert numbers(later) == {"mnist-1-0-0": 3, "mnist-1-1-0": 2}
    new = deployed(NEW, replicas=4)
    new["metadata"]["annotations"] = {TAKEN_OVER_ANNOTATION: "4"}
    last = plan(with_devices(seen_of(app, deployed(OLD, replicas=1), new), free=8))
    assert (numbers(last), gone(last)) == ({"mnist-1-1-0": None}, ["mnist-1-0-0"])
    assert TAKEN_OVER_ANNOTATION not in str(last.apply)


def test_a_version_that_takes_over_one_pod_is_given_no_number_that_would_have_to_be_taken_back() -> None:
    app = serving({"version": NEW})
    (made,) = [o for o in plan(with_devices(seen_of(app, deployed(OLD)), free=8)).apply if o["kind"] == "Deployment"]
    assert ("annotations" in made["metadata"], "replicas" in made["spec"]) == (False, False)
    coming = plan(with_devices(seen_of(app, deployed(OLD), deployed(NEW, ready=0)), free=8))
    assert (numbers(coming), gone(coming)) == ({"mnist-1-1-0": None}, [])
    last = plan(with_devices(seen_of(app, deployed(OLD), deployed(NEW)), free=8))
    assert (numbers(last), gone(last)) == ({"mnist-1-1-0": None}, ["mnist-1-0-0"])


def test_a_version_that_is_held_at_none_is_given_the_one_pod_that_it_takes_over() -> None:
    app = serving({"version": NEW}, strategy={"surge": "RollingDecrease"})
    made = plan(with_devices(seen_of(app, deployed(OLD), deployed(NEW, replicas=0)), free=0))
    assert numbers(made) == {"mnist-1-0-0": 0, "mnist-1-1-0": 1}


def test_a_version_that_comes_back_takes_over_what_the_other_had_taken_over() -> None:
    app = serving({"version": OLD})
    new = deployed(NEW, replicas=2)
    new["metadata"]["annotations"] = {TAKEN_OVER_ANNOTATION: "4"}
    made = plan(with_devices(seen_of(app, deployed(OLD, replicas=2), new), free=8))
    assert numbers(made) == {"mnist-1-0-0": 3}


SURGE, IN_PLACE = {"maxSurge": 1, "maxUnavailable": 0}, {"maxSurge": 0, "maxUnavailable": 1}


def template(env: str) -> Json:
    """That of version 1.0.0 with this value of a variable."""
    seen = seen_of(serving({"version": OLD, "env": [{"name": "A", "value": env}]}))
    found = next(o for o in plan(seen).apply if o["kind"] == "Deployment")["spec"]["template"]
    return dict(found)


def rolled(made: ApplicationPlan) -> Json:
    """How the Deployment of version 1.0.0 is to replace its pods."""
    deployments = [o for o in (*made.apply, *made.grow) if o["metadata"]["name"] == "mnist-1-0-0"]
    return dict(next(o for o in deployments if o["kind"] == "Deployment")["spec"]["strategy"]["rollingUpdate"])


def rolling(*, updated: int, by: Json, replicas: int = 4, existing: int | None = None) -> Json:
    """Version 1.0.0 on the way to a template with A=new."""
    there = replicas if existing is None else existing
    made = deployed(OLD, replicas=replicas, template=template("new"), updatedReplicas=updated)
    made["status"] |= {"replicas": there}
    made["spec"]["strategy"] = {"rollingUpdate": by}
    return made


def lost_of(version: str, number: int) -> tuple[Json, ...]:
    found = []
    for place in range(number):
        found.append(pod(version, f"lost-{place}", **UNSCHEDULABLE))
        found[-1]["metadata"]["creationTimestamp"] = NOON.isoformat()
    return tuple(found)


AS_NEW: dict[str, Any] = {"version": OLD, "replicas": 4, "env": [{"name": "A", "value": "new"}]}


@pytest.mark.parametrize(
    ("free", "chosen"), [pytest.param(2, SURGE, id="room for one"), pytest.param(1, IN_PLACE, id="none")]
)
def test_a_new_template_comes_up_beside_the_old_one_where_devices_are_free(free: int, chosen: Json) -> None:
    before = deployed(OLD, replicas=4, template=template("old"))
    made = plan(with_devices(seen_of(serving(AS_NEW), before), free=free))
    assert rolled(made) == chosen
    assert made.scaling.surging is not None
    assert (made.scaling.surging.state == "True") is (chosen == SURGE)


@pytest.mark.parametrize("by", [SURGE, IN_PLACE, {"maxSurge": "100%", "maxUnavailable": 0}])
@pytest.mark.parametrize("free", [0, 8])
def test_what_was_chosen_stays_while_it_goes_well_and_at_rest(by: Json, free: int) -> None:
    for updated in (2, 4):
        made = plan(with_devices(seen_of(serving(AS_NEW), rolling(updated=updated, by=by)), free=free))
        assert rolled(made) == by
        assert (made.scaling.surging is None) is (updated == 4)


@pytest.mark.parametrize(
    ("by", "existing", "lost", "then"),
    [
        pytest.param(SURGE, 5, 1, IN_PLACE, id="one more found no room: in place"),
        pytest.param(IN_PLACE, 4, 1, IN_PLACE | {"maxUnavailable": 2}, id="the device was taken: one pod fewer"),
        pytest.param(
            IN_PLACE | {"maxUnavailable": 2}, 4, 0, IN_PLACE | {"maxUnavailable": 2}, id="it does not go back"
        ),
        pytest.param(IN_PLACE, 4, 4, IN_PLACE | {"maxUnavailable": 3}, id="the last one stays"),
    ],
)
def test_a_rollout_whose_pods_find_no_node_goes_on_in_place(by: Json, existing: int, lost: int, then: Json) -> None:
    seen = seen_of(serving(AS_NEW), rolling(updated=1, by=by, existing=existing), pods=lost_of(OLD, lost))
    assert rolled(plan(with_devices(seen, free=0))) == then


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ({"surge": "Full"}, {"maxSurge": "100%", "maxUnavailable": 0}),
        ({"surge": "RollingIncrease", "maxSurge": "25%"}, {"maxSurge": "25%", "maxUnavailable": 0}),
        ({"surge": "RollingIncrease"}, SURGE),
        ({"surge": "RollingDecrease"}, IN_PLACE),
        ({"surge": "RollingDecrease", "maxUnavailable": 2}, {"maxSurge": 0, "maxUnavailable": 2}),
        ({"maxSurge": 3, "maxUnavailable": "10%"}, {"maxSurge": 3, "maxUnavailable": "10%"}),
    ],
)
def test_what_a_person_says_is_what_the_deployment_does(strategy: Json, said: Json) -> None:
    made = plan(with_devices(seen_of(serving(AS_NEW, strategy=strategy), rolling(updated=1, by=SURGE)), free=0))
    assert rolled(made) == said
    assert made.scaling.surging is None


def test_a_first_deployment_and_another_number_of_pods_replace_nothing() -> None:
    first = plan(with_devices(seen_of(serving(AS_NEW)), free=0))
    fresh = deployed(OLD, replicas=4, ready=0, template=template("new"), observedGeneration=0)
    fewer = deployed(OLD, replicas=2, template=template("new"))
    for made in (first, *(plan(with_devices(seen_of(serving(AS_NEW), one), free=0)) for one in (fresh, fewer))):
        assert made.scaling.surging is None


def test_a_version_that_is_served_no_longer_comes_back_where_a_rollout_in_steps_does() -> None:
    """`spec` does not have it any more, and its Deployment is grown again into the room of the one that leaves."""
    record = on_the_way("RolledBack", percent=50, to=[{"version": NEW, "weight": 100, "replicas": 4}])
    app = serving({"version": NEW, "replicas": 4}, strategy={"steps": [{"percent": 50}], "onFailure": "Rollback"})
    raw = app.raw | {"status": {"rollout": record}}
    children = (deployed(OLD, replicas=2, template=template("old")), deployed(NEW, replicas=2, ready=0))
    made = plan(with_devices(seen_of(ApplicationRecord.parse(raw), *children), free=0))
    assert numbers(made) == {"mnist-1-0-0": 3, "mnist-1-1-0": 1}


def test_a_version_without_a_number_takes_over_a_part_at_each_step_and_is_left_to_others_then() -> None:
    app = serving({"version": NEW}, strategy={"steps": [{"percent": 50, "approve": True}]})
    for state, number in (("Progressing", 2), ("AwaitingApproval", None)):
        raw = app.raw | {"status": {"rollout": on_the_way(state, percent=50)}}
        children = (deployed(OLD, replicas=3), deployed(NEW))
        made = plan(with_devices(seen_of(ApplicationRecord.parse(raw), *children), free=8))
        assert numbers(made)["mnist-1-1-0"] == number


def test_a_pod_that_is_there_beside_the_old_ones_is_waited_for_although_no_more_would_find_room() -> None:
    app = serving({"version": NEW, "replicas": 3})
    seen = seen_of(app, deployed(OLD, replicas=2), deployed(NEW, replicas=2, ready=1))
    assert numbers(plan(with_devices(seen, free=0))) == {"mnist-1-1-0": 2}


def test_room_that_a_pod_waits_for_is_none_for_another() -> None:
    app = serving({"version": NEW, "replicas": 3})
    seen = seen_of(app, deployed(OLD, replicas=2), deployed(NEW, ready=0), pods=(lost(2),))
    assert numbers(plan(with_devices(seen, free=0, leaving=2))) == {"mnist-1-1-0": 1}
