"""A worker process that a test plays by hand, and waiting on an event loop; runs on Python 3.7 too."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

from aiapp.serve.frames import Frame, Receiver, Setup, send, text
from aiapp.serve.workers.pool import Pool, PoolLimits
from aiapp.serve.workers.starting import Launch, Started

NO_PROCESS = itertools.count(1 << 22)
"""Process ids that Linux never gives away."""
PATIENCE_SECONDS = 10.0
LAUNCH = Launch([], Setup("/package", "model", 1 << 20, 1.0, []), workers=1, devices=(), may_copy=False)


class Worker:
    """The other end of a worker's connection."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.started = Started(next(NO_PROCESS), ours)
        self._socket = theirs
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(PATIENCE_SECONDS), 0))
        self._receiver = Receiver(theirs)
        _made.append(self)

    def is_ready(self) -> Worker:
        send(self._socket, Frame(text(event="ready")))
        return self

    def fails(self, what: str) -> None:
        send(self._socket, Frame(text(event="failed", failure={"what": what})))

    def next(self) -> str:
        """The tag of the next request, or what stands in for one that was withdrawn."""
        frame = self._receiver.receive()
        assert frame is not None
        return "withdrawn" if self._receiver.is_withdrawn() else frame.tag

    def has_request(self) -> bool:
        """Whether something has been sent that has not been received yet."""
        try:
            return bool(self._receiver._buffer or self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return False

    def answers(self, content: bytes = b"{}") -> None:
        send(self._socket, Frame(text(status=200, type="application/json", headers=()), content))

    def close(self) -> None:
        self._socket.close()

    async def closed(self) -> None:
        """Both ends are closed."""
        self.close()
        is_started = self.started.connection.gettimeout() == 0
        if not is_started:
            self.started.connection.close()
        await until(lambda: self.started.connection.fileno() < 0)


_made: list[Worker] = []


class Pooled:
    """A pool with one worker played by hand."""

    def __init__(self, queue: int = 2, predict_timeout: float = 60.0, launch: Launch = LAUNCH) -> None:
        self.reports: list[str] = []
        self.failures: list[str] = []
        self.worker = Worker()
        limits = PoolLimits(queue, predict_timeout)
        self.pool = Pool(
            launch, limits, start_failed=lambda f: self.failures.append(f.what), report=self.reports.append
        )

    async def ready(self) -> Pooled:
        self.pool.start(self.worker.started)
        self.worker.is_ready()
        await until(lambda: self.pool.ready)
        return self


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A scenario on an event loop of its own, to its end; the workers that were made for it are closed."""

    async def whole() -> None:
        try:
            await asyncio.wait_for(scenario(), 3 * PATIENCE_SECONDS)
        finally:
            while _made:
                await _made.pop().closed()

    asyncio.run(whole())


async def until(condition: Callable[[], object]) -> None:
    """Let the event loop work until the condition holds."""

    async def polled() -> None:
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)

    await asyncio.wait_for(polled(), PATIENCE_SECONDS)
