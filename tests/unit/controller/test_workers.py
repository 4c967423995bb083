import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from aiapp.controller.workers import Outcome, Reconcile, Result, Workers
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.domain.monitoring.current_reconcile import note_write
from aiapp.ports.kubernetes import ApiError

KEY = Key("Thing", "ns", "a")


class Observed:
    def __init__(self) -> None:
        self.results: list[Result] = []
        self.panics = 0

    def reconciled(self, kind: str, result: Result, seconds: float) -> None:
        self.results.append(result)

    def panicked(self, kind: str) -> None:
        self.panics += 1


class Rig:
    def __init__(self, reconcile: Reconcile, workers: int = 2) -> None:
        self.queue = WorkQueue(asyncio.get_running_loop().time, lambda: 0.0)
        self.observed = Observed()
        clock = asyncio.get_running_loop().time
        self.loop = Workers(self.queue, {"Thing": reconcile}, workers=workers, clock=clock, observer=self.observed)
        self.task = asyncio.create_task(self.loop.run())

    async def settle(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - it polls several things at once
                await asyncio.sleep(0)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def raising(error: Exception) -> Callable[[Key], Awaitable[Outcome]]:
    async def reconcile(_: Key) -> Outcome:
        raise error

    return reconcile


def answering(outcome: Outcome) -> Callable[[Key], Awaitable[Outcome]]:
    async def reconcile(_: Key) -> Outcome:
        return outcome

    return reconcile


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        pytest.param(Outcome(), "success", id="all is well"),
        pytest.param(Outcome(retry_after=60), "requeue_after", id="it wants to look again"),
        pytest.param(Outcome(failed=True), "requeue", id="it could not do what was asked"),
    ],
)
async def test_the_end_of_a_reconcile_is_told_when(outcome: Outcome, result: Result) -> None:
    rig = Rig(answering(outcome))
    rig.queue.add(KEY)
    await rig.settle(lambda: bool(rig.observed.results))
    assert rig.observed.results == [result]
    await rig.stop()


async def test_an_unexpected_error_is_logged_with_its_key_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(raising(ZeroDivisionError("secret")))
    rig.queue.add(KEY)
    await rig.settle(lambda: bool(rig.observed.results))
    assert (rig.observed.results, rig.observed.panics) == (["error"], 1)
    assert "Thing ns/a: unexpected error" in caplog.text
    assert not rig.task.done()
    assert rig.queue.retry(KEY) == 2.0
    await rig.stop()


async def test_an_outage_is_put_off_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rig = Rig(raising(ApiError(503, "ServiceUnavailable", "etcd has no leader")))
    rig.queue.add(KEY)
    await rig.settle(lambda: bool(rig.observed.results))
    assert "etcd has no leader" in caplog.text
    assert "Traceback" not in caplog.text
    assert rig.observed.panics == 0
    await rig.stop()


async def test_no_more_run_at_once_than_there_are_workers_and_one_key_never_twice() -> None:
    running: list[Key] = []
    most = 0
    release = asyncio.Event()

    async def reconcile(key: Key) -> Outcome:
        nonlocal most
        assert key not in running
        running.append(key)
        most = max(most, len(running))
        await release.wait()
        running.remove(key)
        return Outcome()

    rig = Rig(reconcile, workers=2)
    for name in "abc":
        rig.queue.add(Key("Thing", "ns", name))
    await rig.settle(lambda: len(running) == 2)
    rig.queue.add(Key("Thing", "ns", "a"))
    release.set()
    await rig.settle(lambda: len(rig.observed.results) == 4)
    assert most == 2
    await rig.stop()


async def test_stopping_cancels_what_runs_and_it_is_worked_on_again_when_work_goes_on() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def reconcile(_: Key) -> Outcome:
        if not began.is_set():
            began.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
        return Outcome()

    rig = Rig(reconcile, workers=1)
    rig.queue.add(KEY)
    await began.wait()
    await rig.stop()
    assert ended.is_set()
    assert not rig.queue.idle
    rig.task = asyncio.create_task(rig.loop.run())
    await rig.settle(lambda: rig.observed.results == ["error", "success"])
    await rig.settle(lambda: rig.queue.idle)
    await rig.stop()


@pytest.mark.parametrize("turns", range(6))
async def test_no_key_and_no_worker_is_lost_however_often_work_is_stopped(turns: int) -> None:
    rig = Rig(answering(Outcome()), workers=1)
    rig.queue.add(KEY)
    for _ in range(turns):
        await asyncio.sleep(0)
    await rig.stop()
    rig.task = asyncio.create_task(rig.loop.run())
    rig.queue.add(Key("Thing", "ns", "b"))
    await rig.settle(lambda: rig.queue.idle)
    assert rig.observed.results.count("success") == 2
    await rig.stop()


async def test_a_reconcile_that_waits_for_its_turn_keeps_its_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(answering(Outcome(retry_after=60, waiting=True)))
    forgotten: list[Key] = []
    monkeypatch.setattr(rig.queue, "forget", forgotten.append)
    rig.queue.add(KEY)
    await rig.settle(lambda: rig.observed.results == ["requeue_after"])
    await rig.stop()
    assert forgotten == []


async def test_one_line_tells_what_a_reconcile_wrote_and_one_that_wrote_nothing_tells_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "aiapp")

    async def reconcile(key: Key) -> Outcome:
        if key == KEY:
            await asyncio.create_task(writing())
        return Outcome()

    async def writing() -> None:
        note_write("apply", "Deployment", "a-1")
        note_write("write status of", "Thing", "a")

    rig = Rig(reconcile)
    for key in (KEY, Key("Thing", "ns", "b")):
        rig.queue.add(key)
    await rig.settle(lambda: len(rig.observed.results) == 2)
    await rig.stop()
    assert caplog.messages == ["Thing ns/a: success: apply Deployment a-1; write status of Thing a"]
