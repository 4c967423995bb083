import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.engine import settles

from aiapp.controller.workqueue import BACKOFF_CAP_SECONDS, STALE_TIMERS, Key, WorkQueue


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def version(name: str) -> Key:
    return Key("AIApplicationVersion", "ns", name)


def application(name: str) -> Key:
    return Key("AIApplication", "ns", name)


def queue(clock: Clock, jitter: float = 0.0) -> WorkQueue:
    return WorkQueue(clock, lambda: jitter)


async def taken(of: WorkQueue) -> list[Key]:
    """Everything that is ready, each finished before the next."""
    found = []
    while len(of):
        key = await of.take()
        found.append(key)
        of.done(key)
    return found


async def test_a_key_added_twice_while_it_waits_is_worked_on_once() -> None:
    q = queue(Clock())
    q.add(version("a"))
    q.add(version("a"))
    assert await taken(q) == [version("a")]


async def test_a_key_added_while_it_is_worked_on_runs_once_more_and_not_at_the_same_time() -> None:
    q = queue(Clock())
    q.add(version("a"))
    key = await q.take()
    q.add(key)
    q.add(key)
    assert len(q) == 0
    q.done(key)
    assert await taken(q) == [key]
    assert q.idle


async def test_kinds_take_turns_however_many_of_one_kind_wait() -> None:
    q = queue(Clock())
    for number in range(100):
        q.add(version(str(number)))
    q.add(application("a"))
    assert application("a") in [await q.take() for _ in range(2)]


async def test_namespaces_take_turns_however_many_keys_of_one_wait() -> None:
    q = queue(Clock())
    for number in range(100):
        q.add(version(str(number)))
    other = Key("AIApplicationVersion", "other", "a")
    q.add(other)
    assert [await q.take() for _ in range(3)] == [version("0"), other, version("1")]


async def test_of_several_delays_the_earliest_counts() -> None:
    clock = Clock()
    q = queue(clock)
    q.add_after(version("a"), 10)
    q.add_after(version("a"), 5)
    q.add_after(version("a"), 20)
    clock.now += 5
    assert await q.take() == version("a")
    q.done(version("a"))
    clock.now += 60
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(q.take(), 0.01)


async def test_a_key_that_is_added_at_once_does_not_come_again_for_its_older_delay() -> None:
    clock = Clock()
    q = queue(clock)
    q.add_after(version("a"), 10)
    q.add(version("a"))
    assert await taken(q) == [version("a")]
    clock.now += 11
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(q.take(), 0.01)


async def test_a_worker_that_waits_wakes_for_a_shorter_delay_added_later() -> None:
    asked, now = asyncio.Event(), asyncio.get_running_loop().time

    def clock() -> float:
        asked.set()
        return now()

    q = WorkQueue(clock, lambda: 0.0)
    q.add_after(version("late"), 3600)
    asked.clear()
    waiting = asyncio.create_task(q.take())
    await asked.wait()
    q.add_after(version("soon"), 0.001)
    assert await waiting == version("soon")


def test_delays_that_a_key_did_not_wait_for_are_not_kept() -> None:
    q = queue(Clock())
    for _ in range(10_000):
        q.add_after(version("a"), 3600)
        q.add(version("a"))
        q._ready.clear()
    q.add_after(version("a"), 3600)
    assert len(q._timers) <= 2 + STALE_TIMERS


async def test_a_key_that_was_cancelled_does_not_come_back_by_itself() -> None:
    clock = Clock()
    q = queue(clock)
    q.add_after(version("a"), 1)
    q.add_after(version("b"), 2)
    q.cancel(version("a"))
    clock.now += 3
    assert await q.take() == version("b")
    assert len(q) == 0


def test_failures_in_a_row_double_the_delay_up_to_five_minutes() -> None:
    q = queue(Clock())
    delays = [q.retry(version("a")) for _ in range(12)]
    assert delays[:5] == [1, 2, 4, 8, 16]
    assert delays[-1] == BACKOFF_CAP_SECONDS


def test_success_starts_the_delays_anew() -> None:
    q = queue(Clock())
    q.retry(version("a"))
    q.retry(version("a"))
    q.forget(version("a"))
    assert q.retry(version("a")) == 1


def test_jitter_spreads_keys_that_failed_together() -> None:
    assert queue(Clock(), jitter=1.0).retry(version("a")) < queue(Clock(), jitter=0.0).retry(version("a"))


async def test_the_age_of_the_oldest_work_is_known() -> None:
    clock = Clock()
    q = queue(clock)
    q.add(version("a"))
    key = await q.take()
    clock.now += 7
    assert q.ages() == {key.kind: [7]}
    q.done(key)
    assert q.ages() == {}


names = st.sampled_from(["a", "b", "c"])


@given(st.lists(st.tuples(st.sampled_from(["add", "after", "take", "done", "pass"]), names), max_size=60))
async def test_no_key_is_lost_or_worked_on_twice_at_once_whatever_happens(steps: list[tuple[str, str]]) -> None:
    clock = Clock()
    q = queue(clock)
    running: Counter[Key] = Counter()
    owed: set[Key] = set()
    for step, name in steps:
        key = version(name)
        if step == "add":
            q.add(key)
            owed.add(key)
        elif step == "after":
            q.add_after(key, 5)
            owed.add(key)
        elif step == "take" and len(q):
            got = await q.take()
            running[got] += 1
            assert running[got] == 1
            owed.discard(got)
        elif step == "done" and running[key]:
            running[key] -= 1
            q.done(key)
        elif step == "pass":
            clock.now += 10
    for key in [key for key in running if running[key]]:
        q.done(key)
    clock.now += 10
    seen: set[Key] = set()
    while owed - seen:
        got = await q.take()
        seen.add(got)
        q.done(got)


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancellation_is_not_lost_however_soon_after_a_key_it_comes(turns: int) -> None:
    q = WorkQueue(asyncio.get_running_loop().time, lambda: 0.0)
    q.add_after(version("late"), 3600)

    async def work() -> None:
        while True:
            q.done(await q.take())

    working = asyncio.create_task(work())
    await settles(lambda: bool(q._wake._waiters))
    q.add(version("a"))
    for _ in range(turns):
        await asyncio.sleep(0)
    working.cancel()
    await asyncio.wait((working,), timeout=5)
    assert working.cancelled()


async def test_a_cleared_queue_has_nothing_that_waits_and_takes_new_keys() -> None:
    queue = WorkQueue(lambda: 0.0)
    queue.add(Key("Version", "team", "a"))
    queue.clear()
    assert queue.idle
    queue.add(Key("Version", "team", "b"))
    assert (await queue.take()).name == "b"
