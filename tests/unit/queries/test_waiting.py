"""Waiting for what becomes of a change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support import documents
from tests.support.user_api import UserObjects
from typing_extensions import override

from aiapp.domain.kubernetes.resources import APPLICATIONS, Json, Resource
from aiapp.ports.kubernetes import ApiError, Page, WatchEvent
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.waiting import is_restart, outcome
from aiapp.queries.watching import snapshots


def application(ready: str = "Unknown", stalled: str = "False", uid: str = "1") -> Json:
    found = documents.application()
    found["metadata"] |= {"uid": uid, "generation": 1, "resourceVersion": "2"}
    conditions = [
        {"type": "Ready", "status": ready, "message": "1 of 2 pods"},
        {"type": "Stalled", "status": stalled, "message": "the image is missing"},
    ]
    return found | {"status": {"observedGeneration": 1, "phase": "Deploying", "conditions": conditions}}


def unheard(_: str) -> None:
    """Told, and not listened to."""


class Changing(UserObjects):
    """An application that is another one at each look, until the last stays; watches may fail at first."""

    def __init__(self, looks: list[list[Json]], *failures: ApiError) -> None:
        super().__init__({APPLICATIONS: looks.pop(0)})
        self.looks, self.failures = looks, list(failures)
        self.selected: set[str] = set()
        """By their fields."""

    @override
    async def list(self, resource: Resource, *, fields: str = "", **_: Any) -> Page:
        self.selected.add(fields)
        return Page(self.held[resource], "1")

    @override
    async def watch(self, resource: Resource, *, fields: str = "", **_: Any) -> AsyncIterator[WatchEvent]:
        self.selected.add(fields)
        if self.failures:
            raise self.failures.pop(0)
        for look in self.looks:
            kept = {one["metadata"]["uid"] for one in look}
            for one in self.held[resource]:
                if one["metadata"]["uid"] not in kept:
                    yield WatchEvent("DELETED", one)
            for one in look:
                yield WatchEvent("MODIFIED", one)
            self.held[resource] = look
            await asyncio.sleep(0)  # whoever waits looks now
        await asyncio.Event().wait()


async def test_it_is_looked_at_again_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiapp.queries.watching.PAUSE_SECONDS", 0)
    api = Changing([[application()], [application()], [application("True")]], ApiError(410, "Expired", "too old"))
    assert await outcome(UserCluster(api, "team"), application(), 60, unheard) == "Deploying"
    assert api.selected == {"metadata.name=mnist"}


async def test_whoever_waits_hears_how_it_stands_once_for_each_change() -> None:
    """What is said of the object before it was changed is nothing to wait for."""
    stale = application("True")
    stale["status"] |= {"observedGeneration": 0, "phase": "Running"}
    started = application()
    started["status"] |= {"phase": "Waiting"}
    said: list[str] = []
    looks = [[stale], [started], [started], [application()], [application("True")]]
    await outcome(UserCluster(Changing(looks), "team"), application(), 60, said.append)
    assert said == ["Waiting, 1 of 2 pods", "Deploying, 1 of 2 pods"]


@pytest.mark.parametrize(
    ("then", "message"),
    [
        pytest.param([application(stalled="True")], "mnist: the image is missing", id="a fault"),
        pytest.param([], "mnist: it is deleted", id="deleted"),
        pytest.param([application("True", uid="2")], "mnist: it is deleted", id="made again"),
    ],
)
async def test_what_will_not_be_done_is_said(then: list[Json], message: str) -> None:
    with pytest.raises(QueryError) as failed:
        await outcome(UserCluster(Changing([[application()], then]), "team"), application(), 60, unheard)
    assert failed.value.message == message


class Ending(Changing):
    """Streams end before anything was said, as behind a proxy that takes none."""

    asked = 0

    @override
    async def watch(self, resource: Resource, **_: Any) -> AsyncIterator[WatchEvent]:
        self.asked += 1
        await asyncio.sleep(0)
        for failure in self.failures:
            raise failure
        for one in self.looks:
            yield WatchEvent("MODIFIED", one[0])


@pytest.mark.parametrize("failures", [(), (ApiError(0, "NotJson", "a watch sent no event"),)])
async def test_a_stream_that_ends_at_once_is_not_asked_for_again_without_a_pause(failures: tuple[ApiError]) -> None:
    api = Ending([[application()]], *failures)
    with pytest.raises(QueryError, match="mnist is not done"):
        await outcome(UserCluster(api, "team"), application(), 0.05, unheard)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_followed(api), 0.05)
    assert api.asked == 2


async def _followed(api: UserObjects) -> None:
    async for _ in snapshots(UserCluster(api, "team"), [APPLICATIONS], namespace="team"):
        pass


class Silent(Changing):
    """Nothing ever happens."""

    @override
    async def watch(self, resource: Resource, **_: Any) -> AsyncIterator[WatchEvent]:
        await asyncio.Event().wait()
        yield WatchEvent("MODIFIED", application())


async def test_the_wait_ends_with_how_it_stands() -> None:
    with pytest.raises(QueryError) as failed:
        await outcome(UserCluster(Silent([[application()]]), "team"), application(), 0.01, unheard)
    assert failed.value.message == "mnist is not done after 0.01 s: Deploying, 1 of 2 pods"


async def test_without_the_right_to_watch_it_ends() -> None:
    api = Changing([[application()]], ApiError(403, "Forbidden", "cannot watch"))
    with pytest.raises(ApiError, match="cannot watch"):
        await outcome(UserCluster(api, "team"), application(), 60, unheard)


def test_a_restart_is_known_by_its_annotation() -> None:
    after = application()
    after["metadata"]["annotations"] = {"aiapp.dev/restart-at": "now"}
    assert (is_restart(application(), after), is_restart(after, after)) == (True, False)
