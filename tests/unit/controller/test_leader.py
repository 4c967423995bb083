"""Replicas and one Lease: at most one leads, whatever clocks, the API server and the scheduler of processes do."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.engine import settles
from tests.support.fake_api import FakeApi
from typing_extensions import override

from aiapp.controller.leader import Elector, LeaseSettings
from aiapp.domain.kubernetes.resources import LEASES, Json, Resource
from aiapp.ports.kubernetes import ApiError, ConflictError

PLACE = (LEASES, "aiapp-system", "aiapp-operator")


class LeaseApi(FakeApi):
    """Merges what is patched into the spec; `broken` refuses everything."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False

    @override
    def _call(self, name: str) -> None:
        if self.broken:
            raise ApiError(0, "Lost", "no answer")
        super()._call(name)

    @override
    async def patch(self, resource: Resource, namespace: str | None, name: str, patch: Json) -> Json:
        self._call("patch")
        found = self.objects[resource, namespace or "", name]
        if patch["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            raise ConflictError(409, "Conflict", "the object has been modified")
        spec = {key: value for key, value in (found.get("spec", {}) | patch["spec"]).items() if value is not None}
        return self.hold({**found, "spec": spec}, found["metadata"]["uid"])


class Cluster:
    """Two replicas whose time the test moves; each has a wall clock of its own."""

    def __init__(self) -> None:
        self.api = LeaseApi()
        self.now = 1000.0
        self.wall = {"a": datetime(2026, 1, 1, tzinfo=UTC), "b": datetime(2026, 1, 1, tzinfo=UTC)}
        self.changes: list[str] = []
        self.a, self.b = self.replica("a"), self.replica("b")

    def replica(self, name: str) -> Elector:
        settings = LeaseSettings(namespace=PLACE[1], name=PLACE[2], identity=name, seconds=15.0)
        return Elector(
            self.api,
            settings,
            lambda: self.changes.append(name),
            elapsed=lambda: self.now,
            clock=lambda: self.wall[name],
            jitter=lambda: 0.0,
        )

    def wait(self, seconds: float) -> None:
        """On every clock."""
        self.now += seconds
        for name in self.wall:
            self.wall[name] += timedelta(seconds=seconds)

    @property
    def spec(self) -> Json:
        spec: Json = self.api.objects[PLACE]["spec"]
        return spec

    def leaders(self) -> str:
        return "".join(name for name, one in (("a", self.a), ("b", self.b)) if one.leads())


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


async def test_the_first_one_leads_and_the_other_waits(cluster: Cluster) -> None:
    await cluster.a._round()
    await cluster.b._round()
    assert cluster.leaders() == "a"
    assert cluster.spec["holderIdentity"] == "a"
    assert cluster.spec["leaseTransitions"] == 0


async def test_of_two_that_find_a_free_lease_one_gets_it(cluster: Cluster) -> None:
    await asyncio.gather(cluster.a._round(), cluster.b._round())
    assert len(cluster.leaders()) == 1
    cluster.wait(60)
    await cluster.b._round()
    cluster.wait(60)
    await asyncio.gather(cluster.a._round(), cluster.b._round())
    assert len(cluster.leaders()) == 1


async def test_whoever_renews_leads_on_and_writes_only_that(cluster: Cluster) -> None:
    for _ in range(50):
        await cluster.a._round()
        await cluster.b._round()
        assert cluster.leaders() == "a"
        cluster.wait(2)
    assert cluster.spec["leaseTransitions"] == 0
    assert set(cluster.api.writes) == {"create", "patch"}


async def test_a_dead_leader_is_followed_after_its_lease_and_not_before(cluster: Cluster) -> None:
    await cluster.a._round()
    await cluster.b._round()
    cluster.wait(14.9)
    await cluster.b._round()
    assert cluster.leaders() == ""
    cluster.wait(0.2)
    await cluster.b._round()
    assert cluster.leaders() == "b"
    assert cluster.spec["leaseTransitions"] == 1


async def test_a_replica_that_starts_waits_for_the_whole_lease_of_a_leader_it_has_just_met(cluster: Cluster) -> None:
    await cluster.a._round()
    cluster.wait(3600)
    await cluster.b._round()
    assert cluster.leaders() == ""
    cluster.wait(15.1)
    await cluster.b._round()
    assert cluster.leaders() == "b"


async def test_a_leader_that_was_frozen_knows_by_itself_that_it_leads_no_more(cluster: Cluster) -> None:
    await cluster.a._round()
    await cluster.b._round()
    cluster.wait(30)
    assert not cluster.a.leads()
    await cluster.b._round()
    assert cluster.leaders() == "b"
    await cluster.a._round()
    assert cluster.leaders() == "b"


async def test_a_leader_without_an_api_server_stops_before_another_may_begin(cluster: Cluster) -> None:
    await cluster.a._round()
    await cluster.b._round()
    cluster.api.broken = True
    cluster.wait(9.9)
    await cluster.a._round()
    assert cluster.leaders() == "a"
    cluster.wait(0.2)
    await cluster.a._round()
    assert cluster.leaders() == ""
    cluster.api.broken = False
    await cluster.a._round()
    assert cluster.leaders() == "a"


@pytest.mark.parametrize("jump", [timedelta(days=-1), timedelta(days=1)], ids=["back", "ahead"])
@pytest.mark.parametrize("whose", "ab")
async def test_a_wall_clock_that_jumps_changes_nothing(cluster: Cluster, whose: str, jump: timedelta) -> None:
    await cluster.a._round()
    await cluster.b._round()
    cluster.wall[whose] += jump
    for _ in range(10):
        cluster.wait(2)
        await cluster.a._round()
        await cluster.b._round()
        assert cluster.leaders() == "a"
    cluster.wait(15.1)
    await cluster.b._round()
    assert cluster.leaders() == "b"


async def test_an_answer_that_comes_late_counts_from_when_it_was_asked_for(cluster: Cluster) -> None:
    def slow() -> None:
        cluster.wait(11)

    await cluster.a._round()
    cluster.api.before["patch"] = slow
    await cluster.a._round()
    assert cluster.leaders() == ""


async def test_whoever_is_stopped_gives_the_lease_back_and_the_next_leads_at_once(cluster: Cluster) -> None:
    running = asyncio.create_task(cluster.a.run())
    await settles(cluster.a.leads)
    await cluster.b._round()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert cluster.leaders() == ""
    assert "holderIdentity" not in cluster.spec
    await cluster.b._round()
    assert cluster.leaders() == "b"


async def test_whoever_is_stopped_takes_the_lease_from_nobody(cluster: Cluster) -> None:
    running = asyncio.create_task(cluster.a.run())
    await settles(cluster.a.leads)
    cluster.api.objects[PLACE]["spec"]["holderIdentity"] = "b"
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert cluster.spec["holderIdentity"] == "b"


async def test_a_lease_that_was_deleted_is_made_again(cluster: Cluster) -> None:
    await cluster.a._round()
    del cluster.api.objects[PLACE]
    await cluster.a._round()
    assert cluster.leaders() == "a"
    assert cluster.spec["holderIdentity"] == "a"


async def test_a_lease_that_was_made_without_a_spec_is_free(cluster: Cluster) -> None:
    metadata = {"namespace": PLACE[1], "name": PLACE[2]}
    cluster.api.hold({"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": metadata}, "given")
    await cluster.a._round()
    assert cluster.leaders() == "a"


async def test_a_replica_that_cannot_see_the_lease_complains_until_it_does(cluster: Cluster) -> None:
    assert list(cluster.a.complaints()) == ["the Lease aiapp-system/aiapp-operator: not looked at yet"]
    cluster.api.broken = True
    await cluster.a._round()
    (sentence,) = cluster.a.complaints()
    assert sentence.startswith("the Lease aiapp-system/aiapp-operator: ")
    assert "no answer" in sentence
    cluster.api.broken = False
    await cluster.b._round()
    await cluster.a._round()
    assert not list(cluster.a.complaints())
    assert cluster.leaders() == "b"
    cluster.api.broken = True
    cluster.wait(14)
    await cluster.a._round()
    assert not list(cluster.a.complaints())
    cluster.wait(2)
    assert list(cluster.a.complaints()) == [sentence]


async def test_a_change_of_the_lead_is_told(cluster: Cluster) -> None:
    running = asyncio.create_task(cluster.a.run())
    await settles(lambda: cluster.changes == ["a"])
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
