"""The worker processes and the queue in front of them; it never reads what a request or an answer holds.

All of it runs on the event loop's one thread, so nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import collections
import os
import signal
from typing import Callable, Deque, Dict, List, NamedTuple, Optional

from .. import frames
from ..http.errors import RefusedError
from ..package.failures import StartFailure
from .job import Job
from .process import WorkerProcess
from .starting import Launch, Started, start

RETRY_AFTER = ("Retry-After", "1")
MAX_RESTART_DELAY_SECONDS = 30.0
REPLACEMENT_SECONDS = 10.0
"""How long requests wait for a worker in place of the last one that was lost; then others had better be asked."""


def not_ready() -> RefusedError:
    """The refusal of a request that no worker can take, and none soon."""
    return RefusedError(503, "NotReady", "the model is being loaded", RETRY_AFTER)


class PoolLimits(NamedTuple):
    """Requests that may wait for a worker, seconds for one prediction."""

    queue: int
    predict_timeout: float


class Pool:
    """Runs jobs on worker processes, in order of arrival, one at a time each; replaces those that die."""

    def __init__(
        self,
        launch: Launch,
        limits: PoolLimits,
        *,
        start_failed: Callable[[StartFailure], None],
        report: Callable[[str], None],
    ) -> None:
        self._launch = launch
        self._limits = limits
        self._start_failed = start_failed
        self._report = report
        self._waiting: Deque[Job] = collections.deque()
        self._workers: Dict[int, WorkerProcess] = {}
        self.restarts: Dict[str, int] = collections.Counter()
        self._deaths_in_a_row = 0
        self._last_lost_at: Optional[float] = None
        self._stopping = False
        self._held_back: List[int] = []
        self._template: Optional[WorkerProcess] = None
        self._childless = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def start(self, first: Started) -> None:
        """`first`, worker number 0, runs already: if it can be copied, the others need not load the model."""
        self._add(0, first)
        self._held_back = list(range(1, self._launch.workers))
        if not self._launch.may_copy:
            self._start_others()

    def _start_others(self) -> None:
        numbers, self._held_back = self._held_back, []
        for number in numbers:
            self._spawn(number)

    @property
    def ready(self) -> bool:
        """At least one worker has constructed the service."""
        return not self._stopping and any(worker.is_constructed for worker in self._workers.values())

    @property
    def accepting(self) -> bool:
        """Whether jobs are taken: it is ready, or the last worker was lost a moment ago and is being replaced."""
        return self.ready or (self._last_lost_at is not None and not self._is_patience_over)

    @property
    def _is_patience_over(self) -> bool:
        lost = self._last_lost_at
        return self._stopping or (lost is not None and self._loop.time() - lost >= REPLACEMENT_SECONDS)

    @property
    def idle(self) -> bool:
        return not self._waiting and not any(worker.job for worker in self._workers.values())

    @property
    def waiting(self) -> int:
        """Number of jobs that wait, here and in workers; at most the limit."""
        return len(self._waiting) + sum(worker.waiting for worker in self._workers.values())

    @property
    def constructed(self) -> int:
        """Workers that can take a job, now or after the one they run."""
        return sum(worker.is_constructed for worker in self._workers.values())

    def submit(self, job: Job) -> None:
        """Runs the job now or queues it. Raises RefusedError: 503 unless it is accepting, 429 if the queue is full."""
        if not self.accepting:
            raise not_ready()
        worker = self._idle_worker()
        if worker is not None:
            worker.run(job)
        elif self.waiting < self._limits.queue:
            self._waiting.append(job)
            self._send_ahead()
        else:
            raise RefusedError(429, "QueueFull", f"{self.waiting} requests are waiting already", RETRY_AFTER)

    def check_timeouts(self) -> None:
        """Ends predictions and waiting that take too long. A timer for each would cost more than this."""
        for worker in list(self._workers.values()):
            worker.check_timeouts()
        if self._is_patience_over:
            self._refuse_waiting()

    def _refuse_waiting(self) -> None:
        waiting, self._waiting = self._waiting, collections.deque()
        for job in waiting:
            job.done(frames.refusal(not_ready()))

    def cancel(self, job: Job) -> None:
        """Forgets a job that still waits; one that runs is run to its end."""
        job.is_cancelled = True
        if job in self._waiting:
            self._waiting.remove(job)
        for worker in self._workers.values():
            if worker.next_job is job:
                worker.withdraw()

    def reap(self) -> None:
        """Collects ended children; orphans of the package's own too, as this may be process 1."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._childless.set()
                return
            if pid == 0:
                return
            worker = self._workers.get(pid)
            if worker is not None:
                worker.exited(status)

    async def stop(self, patience: float) -> None:
        """Ends all workers: busy ones at once, idle ones by themselves within `patience` seconds."""
        self._stopping = True
        self._refuse_waiting()
        for worker in list(self._workers.values()):
            worker.close()
        self._childless.clear()
        self.reap()
        try:
            await asyncio.wait_for(self._childless.wait(), patience)
        except asyncio.TimeoutError:
            for worker in list(self._workers.values()):
                worker.kill(signal.SIGKILL)

    def _spawn(self, number: int) -> None:
        if self._stopping:
            return
        self._add(number, self._copied() or start(self._launch, number))

    def _copied(self) -> Optional[Started]:
        """A copy of the loaded worker, if there is one that makes copies."""
        if self._template is None:
            return None
        try:
            return self._template.copied()
        except OSError as error:
            self._report(f"the loaded model cannot be copied ({error}): loading it again")
            self._template = None
            return None

    def _add(self, number: int, started: Started) -> None:
        self._workers[started.pid] = WorkerProcess(number, started, self._limits.predict_timeout, self)

    def _idle_worker(self) -> Optional[WorkerProcess]:
        return next((w for w in self._workers.values() if w.is_constructed and w.job is None), None)

    # For workers (Supervisor).

    def worker_free(self, worker: WorkerProcess) -> None:
        if worker.jobs_done:
            self._deaths_in_a_row = 0
        else:
            self._report("worker ready")
            self._last_lost_at = None
            self._start_others()
        if self._waiting and worker.job is None:
            worker.run(self._waiting.popleft())
        self._send_ahead()

    def _send_ahead(self) -> None:
        """A single worker gets the next job anyway; of several, another might be free before.

        Not a large one: to withdraw it in time it must have arrived whole.
        """
        if self._launch.workers > 1:
            return
        for worker in self._workers.values():
            if self._waiting and worker.takes_next and len(self._waiting[0].request.content) <= frames.LARGE_BYTES:
                worker.run_next(self._waiting.popleft())

    def template_ready(self, worker: WorkerProcess) -> None:
        """Starts copies of a worker that has loaded the model: one in its place, and those that were held back."""
        self._report("model loaded: its workers are copies that share its memory")
        if self._template is None:
            self._template = worker
        else:
            worker.close()
        self._spawn(worker.number)
        self._start_others()

    def template_lost(self, worker: WorkerProcess, why: str) -> None:
        """Forgets a template that has ended: its copies go on, the next worker loads the model again."""
        self._workers.pop(worker.pid, None)
        if self._template is worker:
            self._template = None
        if not self._stopping:
            self._report(f"the process that workers are copied from {why}")

    def worker_failed(self, worker: WorkerProcess, failure: StartFailure) -> None:
        """Ends the server: another attempt to construct the service would fail as well."""
        self._workers.pop(worker.pid, None)
        self._start_failed(failure)

    def worker_lost(self, worker: WorkerProcess, why: str) -> None:
        self._workers.pop(worker.pid, None)
        if worker.next_job is not None and not worker.next_job.is_cancelled:
            self._waiting.appendleft(worker.next_job)
        if self._stopping:
            return
        if not self.ready:
            self._last_lost_at = self._loop.time()
        self.restarts[worker.cause_of_end] += 1
        delay = min(2.0**self._deaths_in_a_row - 1, MAX_RESTART_DELAY_SECONDS)
        self._deaths_in_a_row += 1
        self._report(f"worker {why}: starting another in {delay:.0f} s")
        self._loop.call_later(delay, self._spawn, worker.number)
