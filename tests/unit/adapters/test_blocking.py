"""Blocking calls get threads of their own, bounded, and never more than half for one host."""

import asyncio
import sys
import threading
import weakref
from pathlib import Path

import pytest

from aiapp.adapters.blocking import Abandoned, BlockingPool


async def test_a_result_and_an_error_reach_the_caller() -> None:
    pool = BlockingPool(1, "test")
    assert await pool.run("a", lambda _: threading.current_thread().name) == "test-1"

    def fail(_: Abandoned) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await pool.run("a", fail)
    pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
async def test_the_kernel_knows_which_threads_are_the_pools() -> None:
    pool = BlockingPool(1, "test")
    assert await pool.run("a", lambda _: Path("/proc/thread-self/comm").read_text()) == "test-1\n"
    pool.close()


async def test_a_host_that_hangs_leaves_half_of_the_threads_to_the_others() -> None:
    pool = BlockingPool(4, "test")
    release = threading.Event()
    hanging = [asyncio.create_task(pool.run("dead", lambda _: release.wait(30))) for _ in range(20)]
    assert await pool.run("alive", lambda _: "answer") == "answer"
    release.set()
    assert all(await asyncio.gather(*hanging))
    pool.close()


async def test_two_hosts_that_hang_leave_a_thread_to_a_third() -> None:
    pool, release = BlockingPool(8, "test"), threading.Event()
    hanging = [asyncio.create_task(pool.run(host, lambda _: release.wait())) for host in "abababababab"]
    assert await pool.run("third", lambda _: "answer") == "answer"
    release.set()
    assert all(await asyncio.gather(*hanging))


async def test_an_abandoned_call_is_told_and_keeps_its_place_until_it_ends() -> None:
    pool = BlockingPool(2, "test")
    started, told, release = threading.Event(), threading.Event(), threading.Event()

    def call(abandoned: Abandoned) -> None:
        started.set()
        if abandoned.wait(30):
            told.set()
        release.wait(30)

    first = asyncio.create_task(pool.run("a", call))
    assert await pool.run("b", lambda _: started.wait(30))
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.create_task(pool.run("a", lambda _: "second"))
    assert await pool.run("b", lambda _: told.wait(30))
    assert not second.done()
    release.set()
    assert await second == "second"
    pool.close()


async def test_closing_tells_running_calls_and_refuses_new_ones() -> None:
    pool = BlockingPool(2, "test")
    running = asyncio.create_task(pool.run("a", lambda abandoned: abandoned.wait(30)))
    await asyncio.sleep(0)
    pool.close()
    assert await running
    with pytest.raises(RuntimeError, match="is closed"):
        await pool.run("a", lambda _: None)


async def test_an_abandoned_call_is_cut_off_by_what_it_named() -> None:
    pool = BlockingPool(2, "test")
    started, cut = threading.Event(), threading.Event()

    def call(abandoned: Abandoned) -> bool:
        with abandoned.ending(cut.set):
            started.set()
            return cut.wait(30)

    first = asyncio.create_task(pool.run("a", call))
    assert await pool.run("b", lambda _: started.wait(30))
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await pool.run("a", lambda _: "the place is free again")
    assert cut.is_set()
    pool.close()


def test_what_is_abandoned_already_is_cut_off_at_once_and_what_has_ended_never() -> None:
    cuts: list[str] = []
    abandoned = Abandoned()
    with abandoned.ending(lambda: cuts.append("ended in time")):
        pass
    abandoned.set()
    with abandoned.ending(lambda: cuts.append("too late")):
        pass
    assert cuts == ["too late"]


async def test_an_idle_thread_holds_no_result() -> None:
    pool = BlockingPool(1, "test")

    class Large:
        pass

    held = weakref.ref(await pool.run("a", lambda _: Large()))
    async with asyncio.timeout(10):
        # The thread lets go of it a moment after it was handed over.
        while held() is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    pool.close()
