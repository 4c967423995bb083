"""What watches our kinds is begun again when it ends or leaves a kind out, and what is missing is told."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from tests.support.engine import settles
from typing_extensions import override

from aiapp.controller.kind_watch import KindWatch, KindWatchTiming, Watching
from aiapp.domain.kubernetes.resources import APPLICATIONS, OWN, RUNTIMES, TEMPLATES, VERSIONS, Resource


class FakeWatching(Watching):
    """All of its kinds have an open stream, unless the test says otherwise."""

    def __init__(self, kinds: Collection[Resource]) -> None:
        self.kinds = frozenset(kinds)
        self.streams: dict[Resource, int | None] = dict.fromkeys(kinds, 1)
        self.stopped = False
        self._ended: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    @property
    @override
    def ended(self) -> asyncio.Future[BaseException | None]:
        return self._ended

    @override
    def received(self, kind: Resource) -> int | None:
        return self.streams.get(kind)

    @override
    async def stop(self) -> None:
        self.stopped = True


class FakeSchema:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.kinds: Collection[Resource] = frozenset(OWN)
        self.asked = 0
        self.looks = 0

    @property
    def served(self) -> Collection[Resource]:
        self.asked += 1
        return self.kinds

    def look(self) -> None:
        self.looks += 1


@dataclass
class Rig:
    """A `KindWatch` whose time stands still until the test moves it."""

    now: float = 100.0
    schema: FakeSchema = field(default_factory=FakeSchema)
    begun: list[FakeWatching] = field(default_factory=list)
    watch: KindWatch = field(init=False)

    def __post_init__(self) -> None:
        timing = KindWatchTiming(poll=0.0, backoff_first=0.0, clock=lambda: self.now, jitter=lambda: 0.0)
        self.watch = KindWatch(OWN, self.schema, self._begin, timing)

    def _begin(self, kinds: Collection[Resource]) -> FakeWatching:
        self.begun.append(FakeWatching(kinds))
        return self.begun[-1]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeWatching]:
        """Gives what was begun first, once everything is watched."""
        task = asyncio.create_task(self.watch.run())
        try:
            await settles(lambda: not list(self.watch.complaints()))
            yield self.begun[0]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_kind_counts_as_not_watched_until_its_stream_is_open() -> None:
    rig = Rig()
    assert [sentence.split()[0] for sentence in rig.watch.complaints()] == [kind.plural for kind in OWN]
    async with rig.running():
        assert list(rig.watch.complaints()) == []


async def test_what_ends_is_stopped_and_begun_again_after_the_crds_are_looked_at() -> None:
    rig = Rig()
    async with rig.running() as first:
        first.ended.set_result(ValueError("HTML"))
        await settles(lambda: len(rig.begun) == 2)
        assert first.stopped
        assert rig.schema.looks == 1


async def test_a_stream_that_is_opened_again_within_moments_is_no_complaint() -> None:
    rig = Rig()
    async with rig.running() as first:
        first.streams[VERSIONS] = None
        rig.now += 4
        assert list(rig.watch.complaints()) == []


async def test_a_kind_whose_stream_stays_closed_is_told_of_and_everything_is_begun_again() -> None:
    rig = Rig()
    async with rig.running() as first:
        first.streams[VERSIONS] = None
        await settles(lambda: rig.watch._states[VERSIONS]._received is None)
        rig.now += 6
        await settles(lambda: list(rig.watch.complaints()) == ["aiapplicationversions are not watched for 6 s"])
        assert len(rig.begun) == 1
        rig.now += 6
        await settles(lambda: len(rig.begun) == 2 and not list(rig.watch.complaints()))


async def test_a_kind_that_never_gets_a_stream_is_tried_again_and_again() -> None:
    rig = Rig()
    async with rig.running():
        for _ in range(5):
            lives = len(rig.begun)
            rig.begun[-1].streams[APPLICATIONS] = None
            await settles(lambda: rig.watch._states[APPLICATIONS]._received is None)
            rig.now += 11
            await settles(partial(_more_than, rig.begun, lives))


def _more_than(found: list[FakeWatching], count: int) -> bool:
    return len(found) > count


async def test_only_what_the_cluster_serves_is_watched_and_another_kind_is_taken_in_when_it_comes() -> None:
    rig = Rig()
    rig.schema.kinds = frozenset({VERSIONS, APPLICATIONS, TEMPLATES})
    task = asyncio.create_task(rig.watch.run())
    await settles(lambda: bool(rig.begun))
    assert rig.begun[0].kinds == {VERSIONS, APPLICATIONS, TEMPLATES}
    await settles(lambda: list(rig.watch.complaints()) == ["inferenceruntimes are not watched yet"])
    rig.schema.kinds = frozenset(OWN)
    await settles(lambda: not list(rig.watch.complaints()))
    assert rig.begun[-1].kinds == set(OWN)
    task.cancel()


async def test_a_kind_that_may_not_be_watched_is_left_out_and_no_complaint() -> None:
    rig = Rig()
    async with rig.running() as first:
        first.streams[RUNTIMES] = None
        rig.watch.leave_out(RUNTIMES)
        await settles(lambda: len(rig.begun) == 2 and not list(rig.watch.complaints()))
        assert rig.begun[-1].kinds == {VERSIONS, APPLICATIONS, TEMPLATES}
        rig.now += 60
        await settles(lambda: not list(rig.watch.complaints()))


async def test_where_another_watch_would_be_begun_now_it_is() -> None:
    rig = Rig()
    async with rig.running() as first:
        rig.watch.begin_again("a namespace is gone")
        await settles(lambda: len(rig.begun) == 2 and not list(rig.watch.complaints()))
        assert first.stopped
        await settles(lambda: rig.schema.looks == 1)
        assert len(rig.begun) == 2


async def test_nothing_is_begun_while_no_kind_is_served() -> None:
    rig = Rig()
    rig.schema.kinds = frozenset()
    task = asyncio.create_task(rig.watch.run())
    await settles(lambda: rig.schema.asked > 3)
    assert rig.begun == []
    rig.schema.kinds = frozenset(OWN)
    await settles(lambda: len(rig.begun) == 1)
    task.cancel()


async def test_silence_counts_from_the_last_thing_that_a_stream_brought() -> None:
    rig = Rig()
    async with rig.running() as first:
        rig.now += 30
        assert rig.watch.silence(VERSIONS) == 30
        first.streams[VERSIONS] = 2
        await settles(lambda: rig.watch.silence(VERSIONS) == 0)
        assert rig.watch.silence(RUNTIMES) == 30


async def test_a_kind_that_is_left_out_is_never_silent() -> None:
    rig = Rig()
    rig.now += 30
    rig.watch.leave_out(RUNTIMES)
    assert rig.watch.silence(RUNTIMES) == 0
    assert rig.watch.silence(VERSIONS) == 30


async def test_pauses_grow_with_failures_and_start_over_after_a_steady_minute() -> None:
    rig = Rig()
    timing = KindWatchTiming(poll=0.0, clock=lambda: rig.now, jitter=lambda: 1.0)
    watch = KindWatch(OWN, rig.schema, rig._begin, timing)
    assert [watch._pause() for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
    task = asyncio.create_task(watch.run())
    await settles(lambda: not list(watch.complaints()))
    rig.now += 61
    await settles(lambda: watch._failures == 0)
    task.cancel()
