"""A kind that the cluster may not serve holds nothing up, and counts from the moment it is served."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.engine import settles
from tests.support.fake_api import FakeApi
from typing_extensions import override

from aiapp.controller import informer
from aiapp.controller.cache import Cache
from aiapp.controller.informer import Collection, Informer, InformerTiming
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, Json, Resource
from aiapp.ports.kubernetes import NOT_SERVED, ApiError, NotFoundError, Page, Trim, WatchEvent

THING: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "thing", "namespace": "team"}}


class Served(FakeApi):
    """Serves the kind when it is told to; a watch goes on until the kind goes."""

    def __init__(self) -> None:
        super().__init__()
        self.missing: ApiError | None = NotFoundError(404, NOT_SERVED, "404 page not found")
        self.changed = asyncio.Event()

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
        if self.missing is not None:
            self.calls.append("list")
            raise self.missing
        return await super().list(resource)

    @override
    async def watch(
        self, resource: Resource, *, selector: str = "", fields: str = "", resource_version: str
    ) -> AsyncIterator[WatchEvent]:
        await self.changed.wait()
        raise ApiError(410, "Expired", "too old")
        yield


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(informer, "BACKOFF_FIRST_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("is_optional", "missing", "synced"),
    [
        pytest.param(True, NotFoundError(404, NOT_SERVED, ""), True, id="an optional kind that is not served"),
        pytest.param(True, ApiError(503, "ServiceUnavailable", ""), False, id="an optional kind in an outage"),
        pytest.param(False, NotFoundError(404, NOT_SERVED, ""), False, id="a kind that has to be served"),
    ],
)
async def test_what_does_not_exist_is_not_waited_for(*, is_optional: bool, missing: ApiError, synced: bool) -> None:
    api = Served()
    api.missing = missing
    cache: Cache[Any] = Cache(facts=lambda _: None)
    watching = Informer(api, Collection(resource=CONFIG_MAPS, is_optional=is_optional), cache, InformerTiming())
    running = asyncio.create_task(watching.run())
    await settles(lambda: len(api.calls) > 1)
    assert watching.synced.is_set() is synced
    running.cancel()


@pytest.mark.parametrize(
    ("collection", "synced"),
    [({"without": "nothing works"}, True), ({"is_of_one_namespace": True}, True), ({}, False)],
    ids=["may lack", "a namespace that may be gone", "needs"],
)
async def test_what_may_not_be_read_is_done_without_where_that_is_no_fault(
    *, collection: dict[str, Any], synced: bool
) -> None:
    api = Served()
    api.missing = ApiError(403, "Forbidden", "nodes is forbidden")
    cache: Cache[Any] = Cache(facts=lambda _: None)
    watching = Informer(api, Collection(resource=CONFIG_MAPS, **collection), cache, InformerTiming())
    running = asyncio.create_task(watching.run())
    await settles(lambda: len(api.calls) > 1)
    assert watching.synced.is_set() is synced
    running.cancel()


async def test_a_server_that_says_that_there_is_nothing_to_read_is_not_silent() -> None:
    api, now = Served(), 0.0
    collection, cache = Collection(resource=CONFIG_MAPS, is_optional=True), Cache[Any](facts=lambda _: None)
    watching = Informer(api, collection, cache, InformerTiming(clock=lambda: now))
    now = 900.0
    running = asyncio.create_task(watching.run())
    await settles(watching.synced.is_set)
    assert watching.silence() == 0
    running.cancel()


async def test_an_optional_kind_is_noticed_when_it_comes_and_its_objects_go_with_it() -> None:
    api, told = Served(), list[bool]()

    def tell(resource: Resource, *, is_served: bool) -> None:
        assert resource is CONFIG_MAPS
        told.append(is_served)

    cache: Cache[Any] = Cache(facts=lambda _: None)
    watching = Informer(api, Collection(resource=CONFIG_MAPS, is_optional=True), cache, InformerTiming(), tell)
    running = asyncio.create_task(watching.run())
    await watching.synced.wait()
    api.hold(THING, "uid-thing")
    api.missing = None
    await settles(lambda: cache.get(CONFIG_MAPS, "team", "thing") is not None)
    assert (told[0], told[-1]) == (False, True)
    api.missing = NotFoundError(404, NOT_SERVED, "404 page not found")
    api.changed.set()
    await settles(lambda: cache.get(CONFIG_MAPS, "team", "thing") is None)
    assert told[-1] is False
    running.cancel()
