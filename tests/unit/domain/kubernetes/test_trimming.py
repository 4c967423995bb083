"""Whatever others write into an object, only what the operator reads stays in memory."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.kubernetes.child_kinds import CHILD_KINDS, trim_of
from aiapp.domain.kubernetes.naming import APPLIED_ANNOTATION, version_labels
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    LIMIT_RANGES,
    OWN,
    PODS,
    SERVICES,
    Json,
    Resource,
)
from aiapp.domain.kubernetes.trimming import trimmed_training_pod

CHILDREN = [kind.resource for kind in CHILD_KINDS]

OWNER = {"apiVersion": APPLICATIONS.api_version, "kind": "AIApplication", "name": "mean", "uid": "u1"}
FAT = {f"example.com/{number}": "x" * 1000 for number in range(200)}


def thing(resource: Resource, **metadata: Any) -> Json:
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": "mean", "namespace": "team", "uid": "u2", "resourceVersion": "7", **metadata},
    }


def length(document: Json) -> int:
    return len(str(document))


def test_of_a_limit_range_only_what_our_containers_ask_for_is_kept() -> None:
    strange = {f"example.com/{number}": "1" for number in range(1000)}
    items = [{"type": "Container", "max": {"cpu": "1", **strange}, "defaultRequest": strange}] * 1000
    kept = trim_of(LIMIT_RANGES)({**thing(LIMIT_RANGES, annotations=FAT), "spec": {"limits": items}})
    assert kept["spec"]["limits"][0]["max"] == {"cpu": "1"}
    assert length(kept) < 16_000


def test_of_a_training_pod_only_what_says_what_ran_is_kept() -> None:
    containers = [{"name": "c", "image": "r/train:1", "env": [{"name": "A", "value": "x" * 1000}]}] * 1000
    marks = {"annotations": FAT, "labels": FAT | {"job": "train"}, "managedFields": [FAT]}
    fat = {**thing(PODS, **marks), "spec": {"nodeName": "npu-1", "containers": containers, "volumes": [FAT]}}
    kept = trimmed_training_pod(fat, "job")
    assert kept["metadata"]["labels"] == {"job": "train"}
    assert kept["spec"]["nodeName"] == "npu-1"
    assert length(kept) < 5000


@pytest.mark.parametrize(
    "resource",
    [*OWN, *CHILDREN, LIMIT_RANGES, PODS],
    ids=lambda resource: resource.plural,
)
def test_annotations_labels_and_fields_managers_of_anybody_are_dropped(resource: Resource) -> None:
    fat = thing(resource, annotations=FAT, labels=FAT, managedFields=[FAT], finalizers=list(FAT))
    assert length(trim_of(resource)(fat)) < 500


@pytest.mark.parametrize("resource", [DEPLOYMENTS, SERVICES, CONTROLLER_REVISIONS, CONFIG_MAPS])
def test_of_an_object_that_is_not_ours_only_its_existence_is_kept(resource: Resource) -> None:
    kept = trim_of(resource)(thing(resource) | {"spec": FAT, "data": FAT, "status": FAT})
    assert length(kept) < 500
    assert kept["metadata"]["name"] == "mean"


@pytest.mark.parametrize("resource", [DEPLOYMENTS, CONTROLLER_REVISIONS])
def test_our_children_keep_everything_they_are_compared_by(resource: Resource) -> None:
    labels, annotations = version_labels("mean", "1.0.0"), {APPLIED_ANNOTATION: "a" * 32}
    child = thing(resource, ownerReferences=[OWNER], labels=labels, annotations=annotations, generation=3)
    child |= {"spec": {"replicas": 2}, "status": {"replicas": 1}, "data": {"spec": {}}}
    assert trim_of(resource)(child) == child


def test_a_child_of_ours_that_somebody_has_filled_with_values_is_kept_without_them() -> None:
    child = thing(DEPLOYMENTS, ownerReferences=[OWNER]) | {"spec": {"env": [{"name": "a"}] * 100_000}}
    assert length(trim_of(DEPLOYMENTS)(child)) < 1000


def test_a_manifest_keeps_who_uses_it_and_how_much_it_holds() -> None:
    labels = {f"version.aiapp.dev/mnist-{number}.0.0": "a-uid" for number in range(2000)}
    kept = trim_of(CONFIG_MAPS)(thing(CONFIG_MAPS, labels=labels, annotations={"aiapp.dev/manifest-bytes": "7"}))
    assert kept["metadata"]["annotations"] == {"aiapp.dev/manifest-bytes": "7"}
    assert len(kept["metadata"]["labels"]) == 500


def test_the_argument_stays_as_it_is() -> None:
    child = thing(APPLICATIONS, annotations=dict(FAT))
    trim_of(APPLICATIONS)(child)
    assert child["metadata"]["annotations"] == FAT


@given(st.sampled_from([*OWN, *CHILDREN, PODS]), st.sampled_from(["spec", "status", "data"]))
def test_parts_that_are_null_are_like_absent_ones(resource: Resource, part: str) -> None:
    nothing = thing(resource, annotations=None, labels=None, ownerReferences=None) | {part: None}
    assert trim_of(resource)(nothing)["metadata"] == thing(resource)["metadata"]
