"""Pods are believed when one of our Deployments made them, not when they merely carry its labels."""

import pytest
from tests.support.records import deployed, pod
from tests.support.world import FakeCluster

from aiapp.domain.kubernetes.resources import Json
from aiapp.reconcile.replica_sets import ReplicaSets

OURS = deployed()
DEPLOYMENT = {"kind": "Deployment", "uid": OURS["metadata"]["uid"], "controller": True}


def controlled(kind: str, name: str, uid: str) -> list[Json]:
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": True}]


def made(name: str, *owners: Json) -> Json:
    child = pod(name=name)
    return {**child, "metadata": {**child["metadata"], "ownerReferences": list(owners)}}


class Cluster(FakeCluster):
    """With ReplicaSets that no watch tells of."""

    def __init__(self) -> None:
        super().__init__()
        self.replica_sets = ReplicaSets(self.cluster)

    def replica_set(self, name: str, uid: str, *owners: Json) -> None:
        metadata = {"name": name, "namespace": "team", "ownerReferences": list(owners)}
        self.api.hold({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata}, uid)

    async def believed(self, *pods: Json) -> list[str]:
        return [one["metadata"]["name"] for one in await self.replica_sets.pods_of([OURS], pods)]


@pytest.fixture
def world() -> Cluster:
    return Cluster()


async def test_a_pod_of_a_replica_set_of_our_deployment_is_believed(world: Cluster) -> None:
    world.replica_set("rs", "uid-rs", DEPLOYMENT)
    assert await world.believed(made("ours", *controlled("ReplicaSet", "rs", "uid-rs"))) == ["ours"]


async def test_pods_that_only_look_like_ours_are_not_believed(world: Cluster) -> None:
    world.replica_set("rs", "uid-rs", DEPLOYMENT)
    world.replica_set("theirs", "uid-theirs", {**DEPLOYMENT, "uid": "uid-another-deployment"})
    world.replica_set("loose", "uid-loose")
    forged = (
        made("no-owner"),
        made("owner-that-is-no-controller", {"kind": "ReplicaSet", "name": "rs", "uid": "uid-rs"}),
        made("uid-of-nothing", *controlled("ReplicaSet", "rs", "uid-made-up")),
        made("absent-replica-set", *controlled("ReplicaSet", "none", "uid-none")),
        made("another-deployment", *controlled("ReplicaSet", "theirs", "uid-theirs")),
        made("no-deployment", *controlled("ReplicaSet", "loose", "uid-loose")),
        made("a-job", *controlled("Job", "rs", "uid-rs")),
    )
    assert await world.believed(*forged) == []


async def test_each_replica_set_is_read_once_whatever_came_of_it(world: Cluster) -> None:
    world.replica_set("rs", "uid-rs", DEPLOYMENT)
    pods = (
        made("a", *controlled("ReplicaSet", "rs", "uid-rs")),
        made("b", *controlled("ReplicaSet", "rs", "uid-rs")),
        made("c", *controlled("ReplicaSet", "none", "uid-none")),
    )
    for _ in range(2):
        assert await world.believed(*pods) == ["a", "b"]
    assert world.api.calls == ["get", "get"]
