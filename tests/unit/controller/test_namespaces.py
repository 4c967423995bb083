"""A namespace that may not be read is left alone until it may, and said once."""

from collections.abc import Collection
from contextlib import nullcontext

import pytest
from tests.support.fake_api import FakeApi
from typing_extensions import override

from aiapp.controller.namespaces import Namespaces, only_where_readable
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.kubernetes.resources import APPLICATIONS, HTTP_ROUTES, PODS, RUNTIMES, Resource
from aiapp.ports.kubernetes import NOT_SERVED, ApiError, Page, Trim


class Answering(FakeApi):
    """Refuses kinds with a status."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[Resource, int] = {}
        self.reason = ""

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
        if status := self.refused.get(resource):
            raise ApiError(status, self.reason, "no Role")
        return await super().list(resource)


class Rig:
    """Two namespaces; what is listed is of the first one."""

    def __init__(self) -> None:
        self.api, self.told = Answering(), list[str]()
        self.namespaces = Namespaces(("red", "blue"))
        self.namespaces.listen(self.told.append)
        self._red = self.namespaces.within(self.api, "red")

    async def listed(self, *resources: Resource, **refused: int) -> Collection[str]:
        """Those that may be read after these were listed; `refused` ones (by plural) with a status."""
        self.api.refused = {one: refused[one.plural] for one in resources if one.plural in refused}
        for one in resources:
            with pytest.raises(ApiError) if one in self.api.refused else nullcontext():
                await self._red.list(one)
        return self.namespaces.readable


async def test_it_may_be_read_again_once_every_kind_that_was_refused_is_answered() -> None:
    rig = Rig()
    assert await rig.listed(PODS, APPLICATIONS, pods=403, aiapplications=403) == ["blue"]
    assert await rig.listed(PODS) == ["blue"]
    assert rig.namespaces.unreadable == ["red"]
    assert await rig.listed(APPLICATIONS) == ["red", "blue"]
    assert [sentence.split(" (")[0] for sentence in rig.told] == [
        "namespace red may not be read",
        "namespace red may be read",
    ]


@pytest.mark.parametrize(("resource", "status"), [(PODS, 500), (PODS, 404), (RUNTIMES, 403)])
async def test_an_outage_and_what_lies_in_no_namespace_say_nothing_of_it(resource: Resource, status: int) -> None:
    rig = Rig()
    assert await rig.listed(resource, **{resource.plural: status}) == ["red", "blue"]
    assert rig.told == []


async def test_a_kind_that_the_cluster_does_not_serve_does_not_keep_it_from_being_read() -> None:
    rig = Rig()
    assert await rig.listed(HTTP_ROUTES, httproutes=403) == ["blue"]
    rig.api.reason = NOT_SERVED
    assert await rig.listed(HTTP_ROUTES, httproutes=404) == ["red", "blue"]


async def test_nothing_is_done_in_it_meanwhile() -> None:
    rig, done = Rig(), list[Key]()

    async def reconcile(key: Key) -> Outcome:
        done.append(key)
        return Outcome(retry_after=1)

    careful = only_where_readable(rig.namespaces, reconcile)
    red, blue, none = (Key("AIApplication", namespace, "a") for namespace in ("red", "blue", ""))
    await rig.listed(PODS, pods=403)
    assert [await careful(key) for key in (red, blue, none)] == [
        Outcome(),
        Outcome(retry_after=1),
        Outcome(retry_after=1),
    ]
    await rig.listed(PODS)
    await careful(red)
    assert done == [blue, none, red]


async def test_where_no_namespaces_are_named_all_may_be_read() -> None:
    namespaces = Namespaces(())
    api = FakeApi()
    assert namespaces.within(api, "") is api
    assert namespaces.may_be_read("any")
    assert not namespaces.none_is_readable


async def test_it_is_noticed_when_none_is_left() -> None:
    rig = Rig()
    blue = rig.namespaces.within(rig.api, "blue")
    await rig.listed(PODS, pods=403)
    assert not rig.namespaces.none_is_readable
    with pytest.raises(ApiError):
        await blue.list(PODS)
    assert rig.namespaces.none_is_readable
