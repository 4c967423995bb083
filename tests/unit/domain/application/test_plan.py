"""Which objects an application needs, and which may go."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.fleet import mindcluster, node
from tests.support.records import (
    PIN,
    application,
    deployed,
    fresh_version,
    held,
    normal_version,
    observed,
    rendered,
)

from aiapp.api.conditions import Reason
from aiapp.domain.application.observed import Children, version_of
from aiapp.domain.application.outline import VersionOutline
from aiapp.domain.application.plan import KEPT_REVISIONS, ApplicationPlan, holding, plan, without_manifest
from aiapp.domain.application.rollout import Held, Rendered
from aiapp.domain.conditions import Trouble
from aiapp.domain.kubernetes.naming import KEY_LABEL, manifest_config_map
from aiapp.domain.rendering.pod.delivery import Fetcher

TWO = [{"version": "1.0.0", "weight": 90, "replicas": 3}, {"version": "1.1.0", "weight": 10}]


def names(objects: tuple[dict[str, Any], ...]) -> list[str]:
    return [f"{obj['kind']}/{obj['metadata']['name']}" for obj in objects]


def the(plan_: ApplicationPlan, kind: str) -> dict[str, Any]:
    return next(obj for obj in plan_.apply if obj["kind"] == kind)


def test_a_served_version_gets_its_objects_and_the_revision_comes_first() -> None:
    made = plan(observed())
    key = rendered(made).candidate.key
    assert names(made.apply) == [
        f"ControllerRevision/mnist-1-0-0-{key}",
        "Deployment/mnist-1-0-0",
        "Service/mnist-1-0-0",
        "Service/mnist",
    ]
    owners = {obj["metadata"]["ownerReferences"][0]["uid"] for obj in made.apply}
    assert owners == {"uid-mnist"}
    assert {obj["metadata"]["namespace"] for obj in made.apply} == {"team"}


def test_an_application_without_serving_makes_nothing_and_removes_what_it_had() -> None:
    managed = application(spec__serving=None)
    made = plan(observed(managed, children=Children(deployments=(deployed(),))))
    assert (names(made.apply), names(made.delete)) == ([], ["Deployment/mnist-1-0-0"])


@pytest.mark.parametrize(
    ("versions", "reason", "message"),
    [
        pytest.param(
            (),
            Reason.VERSION_NOT_FOUND,
            "AIApplicationVersion mnist-1.0.0 does not exist; the application has no versions",
            id="there is no version at all",
        ),
        pytest.param(
            (normal_version("1.9.0"), normal_version("1.10.0")),
            Reason.VERSION_NOT_FOUND,
            "AIApplicationVersion mnist-1.0.0 does not exist; there are 1.10.0, 1.9.0",
            id="there are others",
        ),
        pytest.param(
            (fresh_version(),), Reason.VERSION_NOT_READY, "version mnist-1.0.0 is not Normal yet", id="it is being read"
        ),
    ],
)
def test_a_version_that_is_not_normal_is_held_back(versions: Any, reason: Reason, message: str) -> None:
    made = plan(replace(observed(), versions=versions, outlines=tuple(map(VersionOutline.of, versions))))
    assert made.apply == ()
    assert held(made) == (reason, message)


def test_no_fitting_node_holds_it_back_and_says_which_do_not_fit() -> None:
    made = plan(observed(fleet=(mindcluster("npu-1", "910B3"),)))
    assert made.apply == ()
    assert held(made) == (
        Reason.WAITING_FOR_NODES,
        "version mnist-1.0.0: 0 of 1 nodes fit; 1 ArchitectureMismatch (npu-1)",
    )


def test_warn_rolls_out_against_the_verdict() -> None:
    warned = application(spec__serving__compatibility="Warn")
    made = plan(observed(warned, fleet=(mindcluster("npu-1", "910B3"),)))
    assert rendered(made).overruled == "0 of 1 nodes fit; 1 ArchitectureMismatch (npu-1)"
    assert "Deployment/mnist-1-0-0" in names(made.apply)


def test_a_cluster_without_nodes_does_not_hold_back() -> None:
    assert "Deployment/mnist-1-0-0" in names(plan(observed(fleet=())).apply)


def test_a_runtime_that_lost_its_image_holds_a_new_rollout_back() -> None:
    assert held(plan(observed(image=None))).reason is Reason.IMAGE_NOT_CONFIGURED


def test_what_runs_stays_as_it_was_rendered() -> None:
    first = plan(observed())
    kept = Children(revisions=(the(first, "ControllerRevision"),))
    later = plan(
        observed(
            children=kept, fleet=(node("other", arch="arm64"),), image="r/sklearn:2", fetcher=Fetcher("r/operator:9")
        )
    )
    assert json.dumps(the(later, "Deployment")) == json.dumps(the(first, "Deployment"))
    assert "ControllerRevision" not in {obj["kind"] for obj in later.apply}


def test_changed_environment_makes_a_new_revision() -> None:
    first = plan(observed())
    kept = Children(revisions=(the(first, "ControllerRevision"),))
    versions = [{"version": "1.0.0", "env": [{"name": "A", "value": "1"}]}]
    later = plan(observed(application(spec__serving__versions=versions), children=kept))
    revision = the(later, "ControllerRevision")
    assert revision["metadata"]["labels"][KEY_LABEL] != rendered(first).candidate.key
    assert revision["revision"] == 2


@pytest.mark.parametrize("change", [{"weight": 100}, {"replicas": 7}])
def test_weight_and_replicas_do_not_reach_the_template(change: dict[str, int]) -> None:
    changed = application(spec__serving__versions=[{"version": "1.0.0"} | change])
    assert rendered(plan(observed(changed))).candidate.key == rendered(plan(observed())).candidate.key


def test_replicas_are_left_alone_when_nobody_asks() -> None:
    assert "replicas" not in the(plan(observed()), "Deployment")["spec"]


def test_no_weight_means_no_pods() -> None:
    versions = [{"version": "1.0.0", "weight": 100}, {"version": "1.1.0", "weight": 0, "replicas": 4}]
    made = plan(observed(application(spec__serving__versions=versions), normal_version(), normal_version("1.1.0")))
    replicas = {
        obj["metadata"]["name"]: obj["spec"].get("replicas") for obj in made.apply if obj["kind"] == "Deployment"
    }
    assert replicas == {"mnist-1-0-0": None, "mnist-1-1-0": 0}


@pytest.mark.parametrize(
    ("ready", "gone"),
    [
        pytest.param(0, [], id="the new one is not up"),
        pytest.param(1, ["Deployment/mnist-1-0-0"], id="the new one is up"),
    ],
)
def test_the_old_version_goes_when_the_new_one_is_up(ready: int, gone: list[str]) -> None:
    moved = application(spec__serving__versions=[{"version": "1.1.0"}])
    children = Children(deployments=(deployed("1.0.0"), deployed("1.1.0", ready=ready)))
    made = plan(observed(moved, normal_version(), normal_version("1.1.0"), children=children))
    assert names(made.delete) == gone


def test_history_is_bounded_and_what_is_in_use_stays() -> None:
    current = the(plan(observed()), "ControllerRevision")
    old = [
        current | {"metadata": current["metadata"] | {"name": f"mnist-1-0-0-old{i}"}, "revision": i + 2}
        for i in range(KEPT_REVISIONS + 2)
    ]
    made = plan(observed(children=Children(revisions=(current, *old))))
    assert names(made.delete) == ["ControllerRevision/mnist-1-0-0-old1", "ControllerRevision/mnist-1-0-0-old0"]


def test_two_versions_share_the_service_of_the_application() -> None:
    both = application(spec__serving__versions=TWO)
    made = plan(observed(both, normal_version(), normal_version("1.1.0")))
    assert names(made.apply)[-1] == "Service/mnist"
    assert the(made, "Service")["spec"]["selector"]["aiapp.dev/version"] == "1.0.0"
    assert made.apply[-1]["spec"]["selector"] == {"aiapp.dev/application": "mnist"}


def services_of(made: ApplicationPlan) -> dict[str, Any]:
    return {obj["metadata"]["name"]: obj["spec"] for obj in made.apply if obj["kind"] == "Service"}


def test_only_the_application_takes_a_cluster_ip_and_a_version_is_reached_at_its_pods_own_port() -> None:
    made = services_of(plan(observed()))
    assert ("clusterIP" in made["mnist"], [p["port"] for p in made["mnist"]["ports"]]) == (False, [80])
    assert (made["mnist-1-0-0"]["clusterIP"], [p["port"] for p in made["mnist-1-0-0"]["ports"]]) == ("None", [8080])


@pytest.mark.parametrize(
    ("cluster_ip", "ports"),
    [
        pytest.param("10.0.0.7", [80, 8080], id="made by an earlier release"),
        pytest.param("None", [8080], id="headless"),
    ],
)
def test_a_versions_service_keeps_the_cluster_ip_that_it_has(cluster_ip: str, ports: list[int]) -> None:
    first = next(obj for obj in plan(observed()).apply if obj["metadata"]["name"] == "mnist-1-0-0")
    existing = {**first, "kind": "Service", "spec": {"clusterIP": cluster_ip, "ports": [{"port": 80}]}}
    made = services_of(plan(observed(children=Children(others=(existing,)))))["mnist-1-0-0"]
    assert (made.get("clusterIP"), [p["port"] for p in made["ports"]]) == (
        "None" if cluster_ip == "None" else None,
        ports,
    )


def test_a_version_that_something_outside_stands_against_gets_nothing_and_says_why() -> None:
    both = application(spec__serving__versions=TWO)
    seen = observed(both, normal_version(), normal_version("1.1.0"))
    made = plan(seen)
    why = Trouble(Reason.CREDENTIALS_DENIED, "Secret store is for another endpoint")
    left = holding(seen, made, {"1.1.0": why})
    assert [type(one) for one in left.rollouts] == [Rendered, Held]
    assert [one.why for one in left.rollouts if isinstance(one, Held)] == [why]
    assert not [obj for obj in left.apply if version_of(obj) == "1.1.0"]
    assert names(left.apply)[-1] == "Service/mnist"


@pytest.mark.parametrize(
    ("reason", "again"),
    [
        pytest.param(Reason.CREDENTIALS_DENIED, True, id="a Secret is not watched"),
        pytest.param(Reason.FETCH_FAILED, True, id="a store is not watched"),
        pytest.param(Reason.WAITING_FOR_NODES, False, id="nodes are watched"),
    ],
)
def test_it_is_looked_at_again_when_nothing_tells_that_an_obstacle_is_gone(reason: Reason, *, again: bool) -> None:
    assert holding(observed(), plan(observed()), {"1.0.0": Trouble(reason, "")}).must_retry is again


def test_a_missing_manifest_is_named_with_what_becomes_of_it() -> None:
    artifact = normal_version().package
    assert artifact is not None
    why = without_manifest(rendered(plan(observed())), artifact)
    assert why.reason is Reason.FETCH_FAILED
    assert why.message.startswith(
        f"ConfigMap {manifest_config_map(PIN)}, which holds the manifest of version 1.0.0, is gone"
    )


def test_new_templates_tell_of_a_verdict_that_was_overruled_and_of_another_image() -> None:
    warned = application(spec__serving__compatibility="Warn")
    seen = observed(warned, fleet=(mindcluster("npu-1", "910B3"),))
    first = plan(seen)
    assert [(event.type, event.reason) for event in first.events] == [("Warning", Reason.COMPATIBILITY_OVERRULED)]
    kept = Children(revisions=(the(first, "ControllerRevision"),))
    assert plan(replace(seen, children=kept)).events == ()
    changed = application(spec__serving__deployTimeoutSeconds=600)
    (event,) = plan(observed(changed, children=kept, image="r/sklearn:2")).events
    assert event == ("Normal", Reason.RUNTIME_IMAGE_CHANGED, "version 1.0.0 now runs r/sklearn:2, before r/sklearn:1")
