"""Where a served version could run now: said of what runs, without touching it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.fleet import mindcluster, node
from tests.support.fleet import seen as seen_fleet
from tests.support.records import (
    application,
    condition,
    deployed,
    going_on,
    held,
    normal_version,
    observed,
    pod,
    rendered,
)

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import Assessment, assess
from aiapp.domain.conditions import Finding
from aiapp.domain.kubernetes.naming import KEY_LABEL
from aiapp.domain.nodes.placement import admits
from aiapp.domain.records import VersionRecord

CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
NPU = "huawei.com/Ascend910"
FIT = mindcluster("fit", "910ProB", driver="23.0.rc1")
PENDING: Any = {"conditions": [condition("PodScheduled", "False", "Unschedulable")]}


def on_npus(*fleet: dict[str, Any], **spec: Any) -> ObservedApplication:
    """A version with a CANN runtime, over these nodes."""
    raw = normal_version().raw
    status = raw["status"] | {"runtime": {"name": CANN, "lifecycle": "Recommended", "image": "r/m:1"}}
    seen = observed(application(**spec), VersionRecord.parse(raw | {"status": status}), fleet=fleet)
    return replace(seen, context=replace(seen.context, runtimes={CANN: RuntimeSpec(name=CANN, image="r/m:1")}))


def running(seen: ObservedApplication, *pods: dict[str, Any], ready: int = 1) -> ObservedApplication:
    """After its first rollout."""
    revision = next(obj for obj in plan(on_npus(FIT)).apply if obj["kind"] == "ControllerRevision")
    children = Children(deployments=(deployed(ready=ready),), revisions=(revision,), pods=pods)
    return replace(seen, children=children)


def said(seen: ObservedApplication) -> Assessment:
    return assess(seen, plan(seen))


def of(assessment: Assessment, type_: str) -> Finding:
    return next(finding for finding in assessment.findings if finding.type == type_)


def test_what_runs_stays_ready_when_its_last_node_is_gone_and_says_so() -> None:
    told = said(running(on_npus(mindcluster("a2", "910B3"))))
    lost = of(told, "NodesAvailable")
    assert (lost.state, lost.reason) == ("False", Reason.WAITING_FOR_NODES)
    assert lost.message == "version 1.0.0: 0 of 1 nodes fit; 1 ChipMismatch (a2)"
    assert (told.phase, told.ready.state) == ("Running", "True")


@pytest.mark.parametrize(
    ("fleet", "state", "reason"),
    [
        pytest.param((FIT,), "True", Reason.COMPATIBLE, id="a node fits"),
        pytest.param((mindcluster("silent", "910ProB"),), "Unknown", Reason.UNKNOWN, id="a node may fit"),
        pytest.param((), "Unknown", Reason.NO_NODES, id="there are no nodes"),
    ],
)
def test_nodes_are_available_or_nobody_knows(fleet: tuple[dict[str, Any], ...], state: str, reason: Reason) -> None:
    found = of(said(running(on_npus(*fleet))), "NodesAvailable")
    assert (found.state, found.reason) == (state, reason)


def test_more_nodes_that_fit_change_no_word() -> None:
    """Else every application's status would be written whenever a node comes."""
    one, two = (of(said(running(on_npus(*fleet))), "NodesAvailable") for fleet in ((FIT,), (FIT, FIT | {})))
    assert one == two


def test_nodes_that_no_label_keeps_its_pods_off_are_named() -> None:
    bare = node("bare", arch="arm64", resources={NPU: 8, "huawei.com/Ascend910B4": 8})
    found = of(said(running(on_npus(FIT, bare))), "NodesAvailable")
    assert found.message == "version 1.0.0: no label keeps its pods off bare, which do not fit"


@pytest.mark.parametrize(
    ("in_use", "reason"),
    [
        pytest.param({"fit": {NPU: 8}}, Reason.WAITING_FOR_NODES, id="all are in use"),
        pytest.param({"fit": {NPU: 7}}, Reason.UNSCHEDULABLE, id="one is free: something else is in the way"),
        pytest.param(None, Reason.UNSCHEDULABLE, id="nobody counts"),
    ],
)
def test_pods_that_wait_for_devices_of_others_only_wait(in_use: dict[str, Any] | None, reason: Reason) -> None:
    seen = running(on_npus(FIT), pod(**PENDING), ready=0)
    told = said(replace(seen, context=replace(seen.context, in_use=in_use)))
    assert of(told, "WorkloadsAvailable").reason is reason
    assert (told.phase == "Waiting") is (reason is Reason.WAITING_FOR_NODES)


def test_a_node_that_only_may_fit_is_said_to_be_full_as_such() -> None:
    silent = mindcluster("silent", "910ProB")
    seen = running(on_npus(silent), pod(**PENDING), ready=0)
    told = said(replace(seen, context=replace(seen.context, in_use={"silent": {NPU: 8}})))
    assert of(told, "WorkloadsAvailable").message == (
        f"version 1.0.0: 1 node may fit, it has not 1 free of {NPU} (free: silent 0)"
    )


@pytest.mark.parametrize(
    "unfit",
    [
        pytest.param(mindcluster("old", "910ProB", driver="25.5.0"), id="driver"),
        pytest.param(mindcluster("a2", "910B3", driver="23.0.rc1"), id="chip by its label"),
        pytest.param(
            node("a2", arch="arm64", labels={"accelerator-type": "module-910b-8"}, resources={NPU: 8}),
            id="chip by its server",
        ),
        pytest.param(
            node("half", arch="arm64", labels={"accelerator-type": "half"}, resources={NPU: 4}), id="number of NPUs"
        ),
    ],
)
def test_warn_lets_pods_go_where_only_our_tables_speak_against_it(unfit: dict[str, Any]) -> None:
    devices = {"spec__serving__versions": [{"version": "1.0.0", "npu": {"count": 3}}]}
    asked = devices if unfit["metadata"]["name"] == "half" else {}
    assert held(plan(on_npus(unfit, **asked))).reason is Reason.WAITING_FOR_NODES
    made = rendered(plan(on_npus(unfit, spec__serving__compatibility="Warn", **asked)))
    assert made.overruled is not None
    (kind,) = seen_fleet(unfit).groups(())
    assert admits(made.template["spec"]["affinity"]["nodeAffinity"], kind.kind)


def test_warn_sends_no_pod_to_another_architecture() -> None:
    other = mindcluster("other", "910ProB", arch="amd64")
    made = rendered(plan(on_npus(other, spec__serving__compatibility="Warn")))
    (kind,) = seen_fleet(other).groups(())
    assert not admits(made.template["spec"]["affinity"]["nodeAffinity"], kind.kind)


def test_warn_keeps_pods_off_unfit_nodes_while_another_fits() -> None:
    old = mindcluster("old", "910ProB", driver="25.5.0")
    warned = rendered(plan(on_npus(FIT, old, spec__serving__compatibility="Warn")))
    enforced = rendered(plan(on_npus(FIT, old)))
    assert warned.overruled is None
    assert warned.template == enforced.template


def test_waiting_for_devices_outlasts_the_deadline() -> None:
    late = [condition("Progressing", "False", "ProgressDeadlineExceeded")]
    seen = running(on_npus(FIT), pod(**PENDING))
    seen = replace(seen, children=replace(seen.children, deployments=(deployed(ready=0, conditions=late),)))
    told = said(replace(seen, context=replace(seen.context, in_use={"fit": {NPU: 8}})))
    assert of(told, "WorkloadsAvailable").reason is Reason.WAITING_FOR_NODES
    assert "Stalled" not in {finding.type for finding in told.findings}


def test_a_changed_image_restarts_nothing_and_is_told() -> None:
    seen = running(on_npus(FIT))
    newer = {CANN: RuntimeSpec(name=CANN, image="r/m:2")}
    seen = replace(seen, context=replace(seen.context, runtimes=newer))
    made = plan(seen)
    (template,) = [obj["spec"]["template"] for obj in made.apply if obj["kind"] == "Deployment"]
    assert template["spec"]["containers"][0]["image"] == "r/m:1"
    told = of(assess(seen, made), "WorkloadsAvailable").message
    assert told == "1 pod ready; 1.0.0 runs r/m:1; the next rollout takes the runtime's current image, r/m:2"


def test_the_next_rollout_takes_the_image_of_now() -> None:
    versions = [{"version": "1.0.0", "env": [{"name": "A", "value": "1"}]}]
    seen = running(on_npus(FIT, spec__serving__versions=versions))
    seen = replace(seen, context=replace(seen.context, runtimes={CANN: RuntimeSpec(name=CANN, image="r/m:2")}))
    made = rendered(plan(seen))
    assert made.template["spec"]["containers"][0]["image"] == "r/m:2"
    assert made.candidate.images == ("r/m:1", "r/m:2")


def test_a_selector_that_no_node_carries_holds_a_rollout_back_and_says_which_label() -> None:
    wished = on_npus(FIT, spec__serving__scheduling={"nodeSelector": {"pool": "npu"}})
    why = held(plan(wished))
    assert why.reason is Reason.WAITING_FOR_NODES
    assert "1 SelectorMismatch (fit: serving.scheduling asks for pool=npu)" in why.message


def test_the_numbers_of_npus_that_a_person_sets_win_over_volcanos() -> None:
    versions = [{"version": "1.0.0", "env": [{"name": "ASCEND_VISIBLE_DEVICES", "value": "0"}]}]
    wishes = {"schedulerName": "volcano"}
    seen = on_npus(FIT, spec__serving__versions=versions, spec__serving__scheduling=wishes)
    made = rendered(plan(seen))
    env = made.template["spec"]["containers"][0]["env"]
    assert env == [{"name": "ASCEND_VISIBLE_DEVICES", "value": "0"}]


def test_going_back_to_an_older_rollout_speaks_of_its_own_image() -> None:
    seen = running(on_npus(FIT))
    (first,) = seen.children.revisions
    template = json.loads(json.dumps(first["data"]).replace("r/m:1", "r/m:2"))
    labels = first["metadata"]["labels"] | {KEY_LABEL: "other"}
    second = first | {"revision": 2, "data": template, "metadata": first["metadata"] | {"labels": labels}}
    both = replace(seen, children=replace(seen.children, revisions=(first, second)))
    assert going_on(plan(both)).candidate.images is None
