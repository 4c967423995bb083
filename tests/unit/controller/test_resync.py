"""Our own kinds are listed where a watch begins, once a period, and again until it succeeds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.support.engine import settles
from tests.support.fake_api import FakeApi
from typing_extensions import override

from aiapp.controller import resync
from aiapp.controller.cache import Cache
from aiapp.controller.resync import Resync
from aiapp.domain.kubernetes.resources import APPLICATIONS, OWN, RUNTIMES, TEMPLATES, VERSIONS, Json, Resource
from aiapp.ports.kubernetes import ApiError, Page, Trim


class Listing(FakeApi):
    """Notes which kinds were listed; `broken` ones are refused."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: list[str] = []
        self.broken: set[Resource] = set()
        self.status = 500

    @override
    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        trim: Trim | None = None,
    ) -> Page:
        if resource in self.broken:
            raise ApiError(self.status, "", "")
        self.listed.append(resource.plural)
        return await super().list(resource)


class Rig:
    def __init__(self, period: float = 3600.0) -> None:
        self.api = Listing()
        self.cache: Cache[Any] = Cache(facts=lambda _: None)
        self.rounds = 0
        self.resync = Resync({"": self.api}, self.cache, self._everything, period, lambda: 0.0)

    def _everything(self) -> None:
        self.rounds += 1

    def _begin(self, *kinds: Resource) -> None:
        for kind in kinds:
            self.resync.listed(kind)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Callable[..., None]]:
        """Gives what tells of watches that begin."""
        task = asyncio.create_task(self.resync.run())
        try:
            yield self._begin
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def application(name: str, namespace: str = "team") -> Json:
    return {
        "apiVersion": APPLICATIONS.api_version,
        "kind": APPLICATIONS.kind,
        "metadata": {"name": name, "namespace": namespace},
    }


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resync, "RETRY_SECONDS", 0.0)


async def test_it_is_synced_once_every_kind_was_listed() -> None:
    rig = Rig()
    async with rig.running() as begins:
        begins(RUNTIMES, TEMPLATES, VERSIONS)
        await settles(lambda: len(rig.api.listed) == 3)
        assert not rig.resync.synced.is_set()
        begins(APPLICATIONS)
        await rig.resync.synced.wait()
        assert rig.rounds == 0


async def test_where_a_watch_begins_afresh_its_kind_is_listed_and_what_went_meanwhile_is_dropped() -> None:
    rig = Rig()
    async with rig.running() as begins:
        rig.api.hold(application("stays"), "uid-stays")
        rig.cache.put(APPLICATIONS, rig.api.hold(application("goes"), "uid-goes"))
        del rig.api.objects[APPLICATIONS, "team", "goes"]
        begins(APPLICATIONS)
        await settles(lambda: rig.cache.get(APPLICATIONS, "team", "stays") is not None)
        assert rig.cache.get(APPLICATIONS, "team", "goes") is None
        assert rig.api.listed == ["aiapplications"]


async def test_a_kind_that_cannot_be_listed_is_tried_again_and_holds_up_no_other() -> None:
    rig = Rig()
    rig.api.broken = {APPLICATIONS}
    async with rig.running() as begins:
        begins(*OWN)
        await settles(lambda: len(rig.api.listed) == len(OWN) - 1)
        rig.api.broken = set()
        await rig.resync.synced.wait()
        assert rig.api.listed[len(OWN) - 1 :] == ["aiapplications"]


async def test_of_several_namespaces_each_listing_says_nothing_of_the_others() -> None:
    rig = Rig()
    other = Listing()
    rig.resync = Resync({"team": rig.api, "other": other}, rig.cache, rig._everything, 3600.0)
    async with rig.running() as begins:
        rig.cache.put(APPLICATIONS, rig.api.hold(application("stays"), "uid-stays"))
        rig.cache.put(APPLICATIONS, rig.api.hold(application("goes"), "uid-goes"))
        del rig.api.objects[APPLICATIONS, "team", "goes"]
        begins(APPLICATIONS, RUNTIMES)
        await settles(lambda: rig.cache.get(APPLICATIONS, "team", "goes") is None)
        await settles(lambda: other.listed == ["aiapplications"])
        assert rig.cache.get(APPLICATIONS, "team", "stays") is not None
        await settles(lambda: rig.api.listed == ["aiapplications", "inferenceruntimes"])


async def test_a_namespace_that_may_not_be_listed_holds_up_no_other() -> None:
    rig = Rig()
    gone, team = Listing(), rig.api
    gone.broken = set(OWN)
    rig.resync = Resync({"gone": gone, "team": team}, rig.cache, rig._everything, 3600.0)
    async with rig.running() as begins:
        team.hold(application("seen"), "uid-seen")
        begins(APPLICATIONS)
        await settles(lambda: rig.cache.get(APPLICATIONS, "team", "seen") is not None)
        assert not rig.resync.synced.is_set()


async def test_a_namespace_that_may_not_be_read_is_not_waited_for_and_is_listed_once_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resync, "REFUSED_SECONDS", 0.0)
    rig = Rig()
    gone, team = Listing(), rig.api
    gone.broken, gone.status = {APPLICATIONS, VERSIONS}, 403
    rig.resync = Resync({"gone": gone, "team": team}, rig.cache, rig._everything, 3600.0)
    async with rig.running() as begins:
        begins(*OWN)
        await rig.resync.synced.wait()
        gone.hold(application("again", "gone"), "uid-again")
        gone.broken = set()
        await settles(lambda: len(rig.cache.all(APPLICATIONS)) == 1)
        listed = len(gone.listed)
        begins(VERSIONS)
        await settles(lambda: len(gone.listed) == listed + 1)


@pytest.mark.parametrize("kind", [RUNTIMES, APPLICATIONS])
async def test_where_all_namespaces_are_one_a_refusal_is_a_fault(kind: Resource) -> None:
    rig = Rig()
    rig.api.broken, rig.api.status = {kind}, 403
    async with rig.running() as begins:
        begins(*OWN)
        await settles(lambda: len(rig.api.listed) == len(OWN) - 1)
        assert not rig.resync.synced.is_set()


async def test_a_kind_that_is_left_out_is_not_waited_for() -> None:
    rig = Rig()
    async with rig.running() as begins:
        begins(APPLICATIONS, TEMPLATES, VERSIONS)
        await settles(lambda: len(rig.api.listed) == 3)
        assert not rig.resync.synced.is_set()
        rig.resync.leave_out(RUNTIMES)
        await rig.resync.synced.wait()


async def test_once_a_period_everything_is_listed_and_looked_at() -> None:
    rig = Rig(period=0.0)
    async with rig.running():
        await settles(lambda: rig.rounds > 1)
        assert set(rig.api.listed) == {kind.plural for kind in OWN}


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancellation_is_not_lost_however_soon_after_a_watch_begins_it_comes(turns: int) -> None:
    rig = Rig()
    task = asyncio.create_task(rig.resync.run())
    await settles(lambda: bool(rig.resync._asked._waiters))
    rig.resync.listed(APPLICATIONS)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait((task,), timeout=5)
    assert task.cancelled()
