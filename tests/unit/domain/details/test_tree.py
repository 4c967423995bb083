"""All objects of an application, below what they belong to."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.records import NORMAL, condition, deployed, pod, stored

from aiapp.domain.details.tree import TreeNode, tree
from aiapp.domain.kubernetes.naming import application_labels, version_labels
from aiapp.domain.kubernetes.resources import Json

APPLICATION = stored(documents.application(), status={"phase": "Running", "conditions": [condition("Ready")]})


def version(number: str) -> Json:
    return stored(documents.version("mnist", number), status=NORMAL)


def child(kind: str, name: str, *owners: str, labels: Any = None, **parts: Any) -> Json:
    metadata = {"name": name, "uid": f"uid-{kind}-{name}", "ownerReferences": [{"uid": uid} for uid in owners]}
    return {"kind": kind, "metadata": metadata | {"labels": labels or application_labels("mnist")}, **parts}


def shape(node: TreeNode) -> dict[str, Any]:
    return {f"{one.kind} {one.name}": shape(one) for one in node.children}


def test_what_belongs_to_a_version_is_below_it_and_the_rest_below_the_application() -> None:
    own = version_labels("mnist", "1.0.0")
    running = pod() | {"kind": "Pod"}
    running["metadata"] |= {"uid": "p", "ownerReferences": [{"uid": "uid-ReplicaSet-rs"}]}
    objects = [
        running,
        child("ReplicaSet", "rs", "uid-deployment-1.0.0", labels=own, spec={"replicas": 1}),
        child("Service", "mnist", "uid-mnist", spec={"type": "ClusterIP", "clusterIP": "10.0.0.1"}),
        child("ConfigMap", "manifest", "uid-mnist-1.0.0", "uid-mnist-1.1.0", "uid-mnist", labels={}),
        deployed("1.0.0"),
    ]
    found = tree("mnist", APPLICATION, [version("1.0.0"), version("1.10.0"), version("1.1.0")], objects)
    assert shape(found) == {
        "AIApplicationVersion mnist-1.10.0": {},
        "AIApplicationVersion mnist-1.1.0": {"ConfigMap manifest": {}},
        "AIApplicationVersion mnist-1.0.0": {
            "ConfigMap manifest": {},
            "Deployment mnist-1-0-0": {"ReplicaSet rs": {"Pod mnist-1-0-0-x": {}}},
        },
        "Service mnist": {},
    }
    assert list(shape(found)) == [
        "AIApplicationVersion mnist-1.10.0",
        "AIApplicationVersion mnist-1.1.0",
        "AIApplicationVersion mnist-1.0.0",
        "Service mnist",
    ]


def test_owners_in_a_circle_or_without_end_stand_below_the_application_each_once() -> None:
    circle = [child("Service", name, f"uid-Service-{other}", "uid-Service-top") for name, other in ("ab", "ba")]
    row = [child("ReplicaSet", f"{n:03}", f"uid-ReplicaSet-{n - 1:03}") for n in range(600)]
    found = tree("mnist", APPLICATION, [], [child("Service", "top", "uid-mnist"), *circle, *row])
    assert list(shape(found))[:3] == ["Service a", "Service b", "Service top"]
    assert len(found.children) == 3 + 600 - 7
    assert "ReplicaSet 599" in shape(found)


def test_what_two_objects_own_is_told_once() -> None:
    """Each of a layer is owned by both of the one above: along all ways that were a thousand millions."""
    layers = [
        child("ReplicaSet", f"{layer}-{n}", *(f"uid-ReplicaSet-{layer - 1}-{above}" for above in (0, 1)))
        for layer in range(30)
        for n in (0, 1)
    ]
    assert counted(tree("mnist", APPLICATION, [], layers)) == 1 + len(layers)


def counted(node: TreeNode) -> int:
    return 1 + sum(map(counted, node.children))


def test_versions_without_an_application_have_a_tree_too() -> None:
    found = tree("mnist", None, [version("1.0.0")], [])
    assert (found.state, shape(found)) == ("does not exist", {"AIApplicationVersion mnist-1.0.0": {}})


ACCEPTED = {"parents": [{"conditions": [{"type": "Accepted", "status": "True"}]}]}
REFUSED = {
    "parents": [{"conditions": [{"type": "Accepted", "status": "False", "reason": "NotAllowed", "message": "no"}]}]
}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (deployed(replicas=2, ready=1), ("1/2", False, "")),
        (deployed(replicas=2), ("2/2", True, "")),
        (pod(phase="Running", conditions=[condition("Ready")]) | {"kind": "Pod"}, ("Running", True, "")),
        (
            pod(
                phase="Pending",
                containerStatuses=[{"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
            )
            | {"kind": "Pod", "spec": {"nodeName": "npu-1"}},
            ("CrashLoopBackOff", False, "on npu-1, 3 restarts"),
        ),
        (child("HTTPRoute", "r", status=ACCEPTED, spec={"hostnames": ["a.b"]}), ("Accepted", True, "a.b")),
        (child("HTTPRoute", "r", status=REFUSED), ("NotAllowed", False, "no")),
        (child("HTTPRoute", "r"), ("not accepted yet", False, "")),
        (
            child(
                "HorizontalPodAutoscaler",
                "h",
                spec={"minReplicas": 1, "maxReplicas": 4},
                status={"currentReplicas": 2, "conditions": [condition("ScalingActive", "False", "X", "no metrics")]},
            ),
            ("2 of 1 to 4", False, "no metrics"),
        ),
        (child("PodDisruptionBudget", "b", status={"disruptionsAllowed": 1}), ("1 may go", None, "")),
        (child("ControllerRevision", "c", revision=3), ("revision 3", None, "")),
        (
            child("Service", "s", spec={"type": "ClusterIP", "clusterIP": "None", "ports": [{"port": 8080}]}),
            ("ClusterIP", None, "None 8080/TCP"),
        ),
        (child("ConfigMap", "m"), ("", None, "")),
    ],
)
def test_an_object_has_its_state_and_what_else_is_worth_a_look(one: Json, expected: tuple[Any, ...]) -> None:
    one = one | {"metadata": one["metadata"] | {"uid": "u", "ownerReferences": [], "labels": {}}}
    (found,) = tree("mnist", APPLICATION, [], [one]).children
    assert (found.state, found.is_well, found.detail) == expected


def test_what_is_being_deleted_says_what_holds_it() -> None:
    going = child("Service", "s")
    going["metadata"] |= {"deletionTimestamp": "2026-01-02T03:04:05Z", "finalizers": ["a/b"]}
    (found,) = tree("mnist", APPLICATION, [], [going]).children
    assert (found.state, found.is_well, found.detail) == ("Terminating", False, "a/b")
