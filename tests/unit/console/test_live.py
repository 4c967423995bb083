"""Pages that are told of changes, over an API server in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from tests.support import documents
from tests.support.console import alone, browser, logged_in, login
from tests.support.records import stored
from tests.support.user_api import UserObjects
from typing_extensions import override

from aiapp.console.live import streams
from aiapp.console.live.following import Followed, changes
from aiapp.console.start import CONNECTIONS
from aiapp.domain.kubernetes.resources import APPLICATIONS, Resource
from aiapp.ports.kubernetes import ApiError, Page, WatchEvent

MINE = Followed(APPLICATIONS, "vision", "mnist")


class Watched(UserObjects):
    """Objects whose changes are put into a queue."""

    def __init__(self) -> None:
        super().__init__({APPLICATIONS: []})
        self.events: asyncio.Queue[WatchEvent | ApiError | None] = asyncio.Queue()
        self.asked: list[tuple[str, Any]] = []
        self.begun = asyncio.Semaphore(0)
        """Released by each watch."""

    @override
    async def list(self, resource: Resource, **asked: Any) -> Page:
        self.asked.append(("list", asked))
        return Page([], "7")

    @override
    async def watch(self, resource: Resource, **asked: Any) -> AsyncIterator[WatchEvent]:
        self.asked.append(("watch", asked))
        self.begun.release()
        assert resource.metadata_only, "what is not looked at is not sent"
        while (event := await self.events.get()) is not None:
            if isinstance(event, ApiError):
                raise event
            yield event


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiapp.console.live.following.PAUSE_SECONDS", 0)


def event(kind: Any = "MODIFIED") -> WatchEvent:
    return WatchEvent(kind, stored(documents.application()))


async def test_the_first_word_comes_once_the_watch_is_placed_and_then_one_for_each_change() -> None:
    api = Watched()
    async with aclosing(changes(api, [MINE], 60)) as found, asyncio.timeout(10):
        assert await anext(found)
        assert api.asked[0][0] == "list"
        api.events.put_nowait(event())
        assert await anext(found)
    assert api.asked[1] == (
        "watch",
        {"namespace": "vision", "fields": "metadata.name=mnist", "resource_version": "7"},
    )


async def test_a_bookmark_is_no_change_and_silence_is_told() -> None:
    api = Watched()
    async with aclosing(changes(api, [MINE], 0.01)) as found, asyncio.timeout(10):
        assert await anext(found)
        api.events.put_nowait(event("BOOKMARK"))
        assert not await anext(found)


@pytest.mark.parametrize("end", [None, ApiError(410, "Expired", "too old"), ApiError(0, "Lost", "gone")])
async def test_a_watch_that_ends_is_begun_again_with_a_word(end: ApiError | None) -> None:
    api = Watched()
    async with aclosing(changes(api, [MINE], 60)) as found, asyncio.timeout(10):
        assert await anext(found)
        api.events.put_nowait(end)
        assert await anext(found), "what happened in between is not known"
    assert [what for what, _ in api.asked][:3] == ["list", "watch", "list"]


async def test_a_right_that_is_missing_ends_it() -> None:
    api = Watched()
    async with aclosing(changes(api, [MINE], 60)) as found, asyncio.timeout(10):
        assert await anext(found)
        api.events.put_nowait(ApiError(403, "Forbidden", "no"))
        with pytest.raises(ApiError):
            assert [word async for word in found]


async def test_a_person_has_only_so_many_streams_and_a_closed_one_makes_room() -> None:
    async with alone(Watched()) as client:
        opened = [await client.get("/n/vision/live") for _ in range(streams.MOST_EACH)]
        assert {one.status for one in opened} == {200}
        refused = await client.get("/n/vision/live")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
        for one in opened:
            one.close()


async def test_streams_end_with_the_console() -> None:
    async with alone(Watched()) as client:
        stream = await client.get("/n/vision/live")
        assert await stream.content.readline() == b"retry: 5000\n"
        closing = asyncio.ensure_future(client.server.close())
        async with asyncio.timeout(10):
            await stream.content.read()
            await closing


async def test_the_streams_of_a_person_count_over_all_of_their_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_EACH", 1)
    async with browser(login({"t": Watched()})) as client:
        await logged_in(client, "t")
        first = await client.get("/n/vision/live")
        client.session.cookie_jar.clear()
        await logged_in(client, "t")
        assert (first.status, (await client.get("/n/vision/live")).status) == (200, 503)
        first.close()


async def test_all_streams_together_leave_connections_for_pages() -> None:
    api = Watched()
    async with alone(api) as client:
        stream = await client.get("/n/vision/live")
        async with asyncio.timeout(10):
            for _ in range(streams.WATCHES):
                await api.begun.acquire()
        stream.close()
    assert len([what for what, _ in api.asked if what == "list"]) == streams.WATCHES
    assert CONNECTIONS - streams.MOST * streams.WATCHES >= 100


async def test_a_stream_that_is_cancelled_ends_without_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    async with alone(Watched()) as client:
        stream = await client.get("/n/vision/live")
        assert await stream.content.readline() == b"retry: 5000\n"
        (handler,) = [one for one in asyncio.all_tasks() if "RequestHandler.start" in repr(one)]
        handler.cancel()
        async with asyncio.timeout(10):
            await asyncio.wait({handler})
    assert "cannot be shown" not in caplog.text
