"""The queue and the workers behind it, with a worker that the test plays by hand."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest
from tests.unit.serve.by_hand import Pooled, Worker, run, until

from aiapp.serve.frames import LARGE_BYTES, Frame, text
from aiapp.serve.http.errors import RefusedError
from aiapp.serve.workers.job import Job

if TYPE_CHECKING:
    from aiapp.serve.workers.pool import Pool


class Jobs:
    """Jobs by name, submitted in order, and the answers to them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._jobs: dict[str, Job] = {}
        self.answers: dict[str, Frame] = {}

    def submit(self, *names: str, size: int = 0) -> None:
        for name in names:
            job = self._jobs[name] = Job(Frame(text(), b"x" * size, name), partial(self.answers.__setitem__, name))
            self._pool.submit(job)

    def cancel(self, name: str) -> None:
        self._pool.cancel(self._jobs[name])

    def status(self, name: str) -> int:
        return int(self.answers[name].header["status"])


async def predicting_briefly(pooled: Pooled) -> Jobs:
    """One job has been answered in no time, so that the next ones are sent ahead."""
    await pooled.ready()
    jobs = Jobs(pooled.pool)
    jobs.submit("brief")
    assert pooled.worker.next() == "brief"
    pooled.worker.answers()
    await until(lambda: jobs.answers)
    return jobs


async def end(pooled: Pooled, worker: Worker, monkeypatch: pytest.MonkeyPatch, status: int = 9) -> None:
    """The worker's process has ended with this wait status."""
    ended = iter([(worker.started.pid, status), (0, 0)])
    monkeypatch.setattr(os, "waitpid", lambda *_: next(ended))
    worker.close()
    pooled.pool.reap()
    await until(lambda: worker.started.pid not in pooled.pool._workers)


async def without_a_worker(replacement: Worker, monkeypatch: pytest.MonkeyPatch) -> tuple[Pooled, Jobs]:
    """The only worker is lost, `replacement` is being started, and the job "waits" waits for it."""
    monkeypatch.setattr("aiapp.serve.workers.pool.start", lambda *_: replacement.started)
    pooled = await Pooled().ready()
    jobs = Jobs(pooled.pool)
    await end(pooled, pooled.worker, monkeypatch)
    jobs.submit("waits")
    return pooled, jobs


def test_jobs_run_one_at_a_time_in_order_of_arrival() -> None:
    async def scenario() -> None:
        pooled = await Pooled().ready()
        jobs = Jobs(pooled.pool)
        jobs.submit("a", "b")
        assert (pooled.worker.next(), pooled.worker.has_request(), pooled.pool.waiting) == ("a", False, 1)

        pooled.worker.answers(b"1")
        await until(lambda: "a" in jobs.answers)
        assert (pooled.worker.next(), jobs.answers["a"].content, pooled.pool.waiting) == ("b", b"1", 0)

    run(scenario)


def test_without_a_ready_worker_jobs_are_refused_with_a_time_to_retry() -> None:
    async def scenario() -> None:
        pooled = Pooled()
        pooled.pool.start(pooled.worker.started)
        with pytest.raises(RefusedError) as caught:
            Jobs(pooled.pool).submit("a")

        assert (caught.value.status, caught.value.headers) == (503, (("Retry-After", "1"),))

    run(scenario)


def test_no_more_jobs_wait_than_the_limit_says_those_sent_ahead_included() -> None:
    async def scenario() -> None:
        pooled = Pooled(queue=1)
        jobs = await predicting_briefly(pooled)
        jobs.submit("runs", "sent ahead")
        assert pooled.pool.waiting == 1

        with pytest.raises(RefusedError) as caught:
            jobs.submit("one too many")
        assert (caught.value.status, caught.value.code) == (429, "QueueFull")

    run(scenario)


def test_a_job_cancelled_while_it_waits_is_never_computed_and_frees_its_place() -> None:
    async def scenario() -> None:
        pooled = await Pooled(queue=1).ready()
        jobs = Jobs(pooled.pool)
        jobs.submit("runs", "gone")
        jobs.cancel("gone")
        jobs.submit("next")
        assert pooled.worker.next() == "runs"
        pooled.worker.answers()
        await until(lambda: "runs" in jobs.answers)

        assert pooled.worker.next() == "next"
        assert "gone" not in jobs.answers

    run(scenario)


def test_a_job_cancelled_after_it_was_sent_ahead_is_never_computed_and_frees_its_place() -> None:
    async def scenario() -> None:
        pooled = Pooled(queue=1)
        jobs = await predicting_briefly(pooled)
        jobs.submit("runs", "gone")
        jobs.cancel("gone")
        jobs.submit("next")
        assert (pooled.worker.next(), pooled.pool.waiting) == ("runs", 1)
        pooled.worker.answers()

        assert pooled.worker.next() == "withdrawn"
        pooled.worker.answers()
        await until(lambda: "gone" in jobs.answers)
        assert pooled.worker.next() == "next"

    run(scenario)


def test_a_job_that_runs_is_not_cancelled() -> None:
    async def scenario() -> None:
        pooled = await Pooled().ready()
        jobs = Jobs(pooled.pool)
        jobs.submit("runs", "next")
        jobs.cancel("runs")
        assert pooled.worker.next() == "runs"
        pooled.worker.answers()
        await until(lambda: "runs" in jobs.answers)

        assert pooled.worker.next() == "next"

    run(scenario)


def test_a_large_job_is_not_sent_ahead_as_it_could_not_be_taken_back() -> None:
    async def scenario() -> None:
        pooled = Pooled()
        jobs = await predicting_briefly(pooled)
        jobs.submit("runs")
        jobs.submit("large", size=LARGE_BYTES + 1)
        assert pooled.worker.next() == "runs"

        assert not pooled.worker.has_request()

    run(scenario)


@pytest.mark.parametrize("size", [0, LARGE_BYTES + 1], ids=["was sent ahead", "waited"])
def test_a_job_that_an_answer_brings_about_comes_after_what(size: int) -> None:
    async def scenario() -> None:
        pooled = Pooled()
        jobs = await predicting_briefly(pooled)
        first = Job(Frame(text(), b"", "first"), lambda _: jobs.submit("brought about"))
        pooled.pool.submit(first)
        jobs.submit("earlier", size=size)
        for content in (b"1", b"2", b"3"):
            pooled.worker.next()
            pooled.worker.answers(content)
            await until(lambda: not pooled.pool.idle or len(jobs.answers) == 3)
        await until(lambda: len(jobs.answers) == 3)

        assert (jobs.answers["earlier"].content, jobs.answers["brought about"].content) == (b"2", b"3")

    run(scenario)


def test_what_was_sent_ahead_of_a_lost_worker_goes_to_its_replacement_unless_nobody_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replacement = Worker()
    monkeypatch.setattr("aiapp.serve.workers.pool.start", lambda *_: replacement.is_ready().started)

    async def scenario(*, is_cancelled: bool) -> None:
        pooled = Pooled()
        jobs = await predicting_briefly(pooled)
        jobs.submit("runs", "sent ahead", "waits")
        if is_cancelled:
            jobs.cancel("sent ahead")
        await end(pooled, pooled.worker, monkeypatch)
        await until(lambda: pooled.pool.ready)

        assert jobs.status("runs") == 500
        assert replacement.next() == ("waits" if is_cancelled else "sent ahead")

    run(partial(scenario, is_cancelled=False))
    replacement = Worker()
    run(partial(scenario, is_cancelled=True))


def test_jobs_wait_a_moment_for_the_replacement_of_the_last_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        replacement = Worker()
        pooled, _ = await without_a_worker(replacement, monkeypatch)
        assert (pooled.pool.ready, pooled.pool.accepting) == (False, True)
        replacement.is_ready()
        await until(lambda: pooled.pool.ready)

        assert replacement.next() == "waits"

    run(scenario)


def test_jobs_that_have_waited_too_long_for_it_are_refused_with_a_time_to_retry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        pooled, jobs = await without_a_worker(Worker(), monkeypatch)
        pooled.pool.check_timeouts()
        assert not jobs.answers

        monkeypatch.setattr("aiapp.serve.workers.pool.REPLACEMENT_SECONDS", 0)
        pooled.pool.check_timeouts()
        assert (jobs.status("waits"), jobs.answers["waits"].header["headers"]) == (503, [["Retry-After", "1"]])
        with pytest.raises(RefusedError):
            jobs.submit("too late")

    run(scenario)


def test_jobs_that_wait_at_the_end_are_refused_and_not_left_without_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        pooled, jobs = await without_a_worker(Worker(), monkeypatch)
        monkeypatch.setattr(os, "waitpid", _no_child)
        await pooled.pool.stop(1.0)

        assert jobs.status("waits") == 503

    run(scenario)


def _no_child(*_: int) -> tuple[int, int]:
    raise ChildProcessError


def test_a_worker_that_dies_again_and_again_is_replaced_later_and_later(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = [Worker(), Worker()]
    monkeypatch.setattr("aiapp.serve.workers.pool.start", lambda *_: workers[0].is_ready().started)

    async def scenario() -> None:
        pooled = await Pooled().ready()
        await end(pooled, pooled.worker, monkeypatch)
        await until(lambda: pooled.pool.ready)
        await end(pooled, workers[0], monkeypatch)

        lost = [report for report in pooled.reports if "starting another" in report]
        assert [report.partition("starting another ")[2] for report in lost] == ["in 0 s", "in 1 s"]
        assert pooled.pool.restarts == {"signal": 2}

    run(scenario)


def test_a_prediction_that_takes_too_long_is_answered_and_its_worker_gets_no_more() -> None:
    async def scenario() -> None:
        pooled = await Pooled(predict_timeout=-1.0).ready()
        jobs = Jobs(pooled.pool)
        jobs.submit("slow")
        pooled.pool.check_timeouts()

        assert jobs.status("slow") == 504
        assert not pooled.pool.ready

    run(scenario)


def test_a_service_that_cannot_be_constructed_is_told_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        pooled = Pooled()
        pooled.pool.start(pooled.worker.started)
        pooled.worker.fails("no class")
        await end(pooled, pooled.worker, monkeypatch, status=256)

        assert pooled.failures == ["no class"]
        assert not pooled.pool.ready

    run(scenario)
