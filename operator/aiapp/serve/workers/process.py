"""One worker process as the server sees it: started, given jobs, watched, ended; it never runs package code."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import socket
from typing import Any, Optional

from .. import frames
from ..compat import Protocol, override
from ..frames import Frame
from ..http.errors import RefusedError
from ..package.failures import StartFailure
from . import forking
from .job import Job
from .starting import Started, kill

TRACEBACK_SECONDS = 1.0
"""From SIGABRT, on which a stuck worker prints where it is, to SIGKILL."""
LAST_WORDS_SECONDS = 0.5
"""How long after its end a worker's last message may still be on its way."""
BRIEF_SECONDS = 0.005
"""A prediction as short as this is worth having the next one at hand when it ends."""


class Supervisor(Protocol):
    """Receives the events of a worker process."""

    def worker_free(self, worker: "WorkerProcess") -> None:
        """Called when it can take a job: it has constructed the service, or answered."""

    def template_ready(self, worker: "WorkerProcess") -> None:
        """Called when it has loaded the model and makes copies of itself."""

    def template_lost(self, worker: "WorkerProcess", why: str) -> None:
        """Called when a template has ended."""

    def worker_failed(self, worker: "WorkerProcess", failure: StartFailure) -> None:
        """Called when it has ended without having constructed the service."""

    def worker_lost(self, worker: "WorkerProcess", why: str) -> None:
        """Called when it has ended after it had constructed the service."""


class WorkerProcess(asyncio.Protocol):
    """A child in a process group of its own, connected by a socket pair."""

    def __init__(self, number: int, started: Started, predict_timeout: float, supervisor: Supervisor) -> None:
        self.number = number
        self.pid = started.pid
        self.is_template = False
        self._control = started.control
        self._process = started.process
        self.job: Optional[Job] = None
        self.next_job: Optional[Job] = None
        self.jobs_done = 0
        self._is_ready = False
        self._is_overdue = False
        self._predict_timeout = predict_timeout
        self._supervisor = supervisor
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._transport: Any = None
        self._started_at = math.inf
        self._is_brief = False
        self._failure: Optional[StartFailure] = None
        self._status: Optional[int] = None
        self._concluded = False
        started.connection.setblocking(False)  # noqa: FBT003
        connecting = self._loop.create_connection(lambda: self, sock=started.connection)
        self._connecting = self._loop.create_task(connecting)

    def copied(self) -> Started:
        """A copy of this template. Raises OSError when it makes none."""
        if self._control is None:
            raise ConnectionResetError
        ours, theirs = socket.socketpair()
        with theirs:
            return Started(forking.ask_for_copy(self._control, theirs), ours)

    @property
    def is_constructed(self) -> bool:
        return self._is_ready and not self._is_overdue and not self._concluded

    @property
    def cause_of_end(self) -> str:
        """`timeout`, `signal` or `exit`, once it has ended."""
        if self._is_overdue:
            return "timeout"
        return "signal" if os.WIFSIGNALED(self._status or 0) else "exit"

    @property
    def takes_next(self) -> bool:
        """Whether a job may be sent ahead: its predictions are so short that waking it costs as much as they do."""
        return self._is_brief and self.is_constructed and self.job is not None and self.next_job is None

    @property
    def waiting(self) -> int:
        """Number of jobs that were sent ahead and are not cancelled."""
        return int(self.next_job is not None and not self.next_job.is_cancelled)

    def run(self, job: Job) -> None:
        self._send(job.request)
        self._begin(job)

    def run_next(self, job: Job) -> None:
        """Sends the job ahead, to be begun as soon as the one that runs has ended."""
        self.next_job = job
        self._send(job.request)

    def withdraw(self) -> None:
        """Takes the job back that was sent ahead. The worker answers it without computing anything."""
        self._transport.write(frames.WITHDRAWAL)

    def check_timeouts(self) -> None:
        """Answers 504 and ends the process when a prediction takes too long."""
        if self.job is not None and self._loop.time() - self._started_at > self._predict_timeout:
            self._overdue()

    def _begin(self, job: Job) -> None:
        job.begin()
        self.job = job
        self._started_at = self._loop.time()

    def _send(self, frame: Frame) -> None:
        for piece in frames.pieces(frame):
            self._transport.write(piece)

    def close(self) -> None:
        """Lets it end: it does when it is idle; what it runs or loads is cut."""
        if self._control is not None:
            self._control.close()
        if not self.is_template and (self.job is not None or not self._is_ready):
            self.kill(signal.SIGKILL)
        if self._transport is not None:
            self._transport.close()

    def kill(self, number: signal.Signals) -> None:
        kill(self.pid, number)

    def exited(self, status: int) -> None:
        """The process has ended; its last message may still come."""
        self._status = status
        if self._process is not None:
            self._process.returncode = status  # it has been waited for: Popen must not do it again
        if self._transport is not None and self._transport.is_closing():
            self._conclude()
        else:
            self._loop.call_later(LAST_WORDS_SECONDS, self._conclude)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        frame = frames.take(self._buffer)
        while frame is not None:
            self._handle(frame)
            frame = frames.take(self._buffer)

    @override
    def connection_lost(self, exc: Optional[Exception]) -> None:  # noqa: ARG002
        if self._status is not None:
            self._conclude()
        else:  # it closed its socket but lives on: it cannot be used any more
            self._loop.call_later(TRACEBACK_SECONDS, self.kill, signal.SIGKILL)

    def _handle(self, frame: Frame) -> None:
        event = frame.header.get("event")
        if event == "failed":
            self._failure = StartFailure(**frame.header["failure"])
        elif event == "template":
            self.is_template = True
            self._supervisor.template_ready(self)
        elif event == "ready":
            self._is_ready = True
            self._supervisor.worker_free(self)
        elif self.job is not None:
            self._answered(frame, self.job)

    def _answered(self, frame: Frame, job: Job) -> None:
        """Begins what was sent ahead before the answer is passed on, which may bring its client's next request."""
        self.jobs_done += 1
        if not job.is_cancelled:
            self._is_brief = self._loop.time() - self._started_at < BRIEF_SECONDS
        self.job = None
        if self.next_job is not None:
            following, self.next_job = self.next_job, None
            self._begin(following)
        self._supervisor.worker_free(self)
        job.done(frame)

    def _refuse(self, error: RefusedError) -> None:
        job, self.job = self.job, None
        if job is not None:
            job.done(frames.refusal(error))

    def _overdue(self) -> None:
        """Kills the process: nothing else stops code that does not return."""
        self._is_overdue = True
        limit = f"the prediction took longer than {self._predict_timeout:g} s"
        self._refuse(RefusedError(504, "PredictionTimeout", limit))
        self.kill(signal.SIGABRT)
        self._loop.call_later(TRACEBACK_SECONDS, self.kill, signal.SIGKILL)

    def _conclude(self) -> None:
        if self._concluded:
            return
        self._concluded = True
        self.kill(signal.SIGKILL)
        if self._transport is not None:
            self._transport.close()
        if self._control is not None:
            self._control.close()
        self._tell_supervisor(_ending(self._status or 0))

    def _tell_supervisor(self, ending: str) -> None:
        if self.is_template:
            self._supervisor.template_lost(self, ending)
        elif self._failure is not None:
            self._supervisor.worker_failed(self, self._failure)
        elif not self._is_ready:
            self._supervisor.worker_failed(self, StartFailure(f"the process {ending} while it loaded the model"))
        else:
            self._refuse(RefusedError(500, "WorkerLost", f"the process {ending} during the prediction"))
            self._supervisor.worker_lost(self, ending)


def _ending(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return f"ended with exit code {os.WEXITSTATUS(status)}"
    number = os.WTERMSIG(status)
    name = signal.Signals(number).name
    return f"was killed by {name}" + (" (out of memory?)" if number == signal.SIGKILL else "")
