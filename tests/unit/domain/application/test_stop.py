"""What is left of a stopped application, and what it says."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.records import BARE, application, deployed, fresh_version, normal_version, observed, rendered

from aiapp.api.conditions import Reason
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.plan import ApplicationPlan, plan
from aiapp.domain.application.rollout import Held
from aiapp.domain.application.status import Assessment, assess
from aiapp.domain.kubernetes.naming import REPLICAS_ANNOTATION
from aiapp.domain.records import ApplicationRecord

STANDS = (
    "stopped by spec.serving.stopped; its objects stay; "
    "start it with `aiapp start mnist`, or by spec.serving.stopped: false"
)
STOPPED = application(spec__serving__stopped=True)


def made_before() -> dict[str, Any]:
    """The revision of what runs."""
    return next(obj for obj in plan(observed()).apply if obj["kind"] == "ControllerRevision")


def seen(*deployments: dict[str, Any], unfinished: int = 0, app: Any = STOPPED) -> ObservedApplication:
    children = Children(deployments=deployments, revisions=(made_before(),), unfinished=unfinished)
    return observed(app, children=children)


def scales(made: ApplicationPlan) -> dict[str, tuple[int | None, str | None]]:
    """Number and remembered number of each Deployment that is applied."""
    return {
        obj["metadata"]["name"]: (
            obj["spec"].get("replicas"),
            obj["metadata"].get("annotations", {}).get(REPLICAS_ANNOTATION),
        )
        for obj in (*made.apply, *made.grow)
        if obj["kind"] == "Deployment"
    }


def said(found: ObservedApplication) -> Assessment:
    return assess(found, plan(found))


def test_every_deployment_goes_to_0_with_the_template_that_it_has_and_nothing_is_deleted() -> None:
    running = plan(observed())
    made = plan(seen(deployed(replicas=3)))
    assert scales(made) == {"mnist-1-0-0": (0, "3")}
    assert made.delete == ()
    (stopped,) = made.apply
    assert stopped["spec"]["template"] == rendered(running).template
    assert stopped["metadata"]["ownerReferences"][0]["uid"] == "uid-mnist"


def test_a_version_that_was_never_deployed_is_not_made_for_being_stopped() -> None:
    made = plan(observed(STOPPED))
    assert made.apply == ()
    (one,) = made.rollouts
    assert isinstance(one, Held)
    assert one.why.reason is Reason.STOPPED


def test_a_change_made_while_it_is_stopped_is_rolled_out_at_the_start_and_not_before() -> None:
    changed = application(
        spec__serving__stopped=True,
        spec__serving__versions=[{"version": "1.0.0", "env": [{"name": "A", "value": "1"}], "replicas": 2}],
    )
    made = plan(seen(deployed(replicas=2), app=changed))
    assert [obj["kind"] for obj in (*made.apply, *made.grow)] == ["Deployment"]
    assert made.apply[0]["spec"]["template"] == rendered(plan(observed())).template
    assert made.events == ()


def test_the_old_version_of_a_rollout_in_progress_is_stopped_as_well_and_comes_back_with_the_new_one() -> None:
    moved: dict[str, Any] = {"spec__serving__versions": [{"version": "1.1.0", "replicas": 1}]}
    children = Children(
        deployments=(deployed("1.0.0", replicas=2), deployed("1.1.0", ready=0, template=BARE)),
        revisions=(made_before(),),
    )
    both = (normal_version(), normal_version("1.1.0"))
    stopped = plan(observed(application(spec__serving__stopped=True, **moved), *both, children=children))
    assert scales(stopped) == {"mnist-1-0-0": (0, "2"), "mnist-1-1-0": (0, None)}
    at_rest = tuple(
        obj | deployed(v, replicas=0) | {"metadata": {**obj["metadata"], "uid": f"uid-{v}"}}
        for v, obj in zip(("1.0.0", "1.1.0"), stopped.apply, strict=True)
    )
    started = plan(observed(application(**moved), *both, children=replace(children, deployments=at_rest)))
    assert scales(started) == {"mnist-1-0-0": (2, None), "mnist-1-1-0": (1, None)}
    assert started.delete == ()


def test_a_number_that_the_spec_gives_up_while_it_is_stopped_comes_back_at_the_start() -> None:
    left = {"spec__serving__versions": [{"version": "1.0.0"}]}
    asked = {"version": "1.0.0", "weight": 100, "replicas": 3}
    before = {"revision": 1, "generation": 1, "time": "2026-01-02T12:00:00Z", "manager": "", "outcome": "Succeeded"}
    known = {"status": {"history": [before | {"versions": [asked]}]}}
    for stopped, wanted in ((True, (0, "3")), (False, (3, None))):
        app = ApplicationRecord.parse(application(spec__serving__stopped=stopped, **left).raw | known)
        assert scales(plan(seen(deployed(replicas=0), app=app))) == {"mnist-1-0-0": wanted}


@pytest.mark.parametrize(
    ("found", "phase", "state", "reason", "message"),
    [
        pytest.param(
            seen(deployed(replicas=0), unfinished=2),
            "Stopping",
            "False",
            Reason.STOPPING,
            "its pods are ending: 2 left; wait: they have their grace period",
            id="pods are left",
        ),
        pytest.param(
            seen(deployed(replicas=0) | {"status": {"observedGeneration": 0}}),
            "Stopping",
            "False",
            Reason.STOPPING,
            "its Deployments are being scaled to 0; wait: they have their grace period",
            id="the Deployment's controller has not looked",
        ),
        pytest.param(
            seen(deployed(replicas=0)),
            "Stopped",
            "True",
            Reason.STOPPED,
            STANDS,
            id="no pod is left",
        ),
        pytest.param(
            replace(seen(), versions=(fresh_version(),)),
            "Stopped",
            "True",
            Reason.STOPPED,
            STANDS,
            id="its version is not Normal, and need not be",
        ),
    ],
)
def test_it_is_stopping_until_the_last_pod_is_gone_and_then_ready_as_stopped(
    found: ObservedApplication, phase: str, state: str, reason: Reason, message: str
) -> None:
    told = said(found)
    assert (told.phase, told.ready.state, told.ready.reason, told.ready.message) == (phase, state, reason, message)
