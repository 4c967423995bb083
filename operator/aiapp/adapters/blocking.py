"""Runs blocking calls on a bounded number of threads of its own, off the event loop.

Never holds up the end of the process: the threads are daemons, unlike those of concurrent.futures.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from typing_extensions import override

from aiapp.domain.shares import Shares

Result = TypeVar("Result")


class Abandoned(threading.Event):
    """Is set as soon as nobody waits for a call's result any more."""

    def __init__(self) -> None:
        super().__init__()
        self._end: Callable[[], None] | None = None

    @override
    def set(self) -> None:
        super().set()
        if (end := self._end) is not None:
            end()

    @contextlib.contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Within this, `end` is called when it is set, by whoever sets it; at once when it is set already."""
        self._end = end
        if self.is_set():
            end()
        try:
            yield
        finally:
            self._end = None


Call = Callable[[Abandoned], Result]


class BlockingPool:
    """`threads` threads, shared out among groups of calls (say, all to one host)."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads = threads
        self._name = name
        self._shares = Shares(threads)
        self._calls: queue.SimpleQueue[tuple[Future[Any], Call[Any], Abandoned] | None] = queue.SimpleQueue()
        self._running: list[Abandoned] = []
        self._started = 0
        self._closed = False
        self._waiting: list[asyncio.Future[None]] = []

    async def run(self, group: str, call: Call[Result]) -> Result:
        """The result of `call`. When the caller is cancelled, the place is free only once the thread has returned."""
        await self._enter(group)
        future, abandoned = self._submit(call)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _call_on(loop, partial(self._leave, group)))
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            abandoned.set()
            raise

    def close(self) -> None:
        """Tells running calls to give up and lets idle threads end; waits for none of them."""
        self._closed = True
        for abandoned in self._running:
            abandoned.set()
        for _ in range(self._started):
            self._calls.put(None)

    async def _enter(self, group: str) -> None:
        while not self._shares.has_place(group):
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting
        self._shares.take(group)

    def _leave(self, group: str) -> None:
        """Whoever waits looks whether the place is for it, in the order they came."""
        self._shares.give_back(group)
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def _submit(self, call: Call[Result]) -> tuple[Future[Result], Abandoned]:
        if self._closed:
            raise RuntimeError(f"the pool {self._name} is closed")
        future: Future[Result] = Future()
        abandoned = Abandoned()
        self._running.append(abandoned)
        future.add_done_callback(lambda _: self._running.remove(abandoned))
        if self._started < self._threads:
            self._started += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
        self._calls.put((future, call, abandoned))
        return future, abandoned

    def _work(self) -> None:
        _name_thread()
        while (item := self._calls.get()) is not None:
            future, call, abandoned = item
            if future.set_running_or_notify_cancel():
                _fulfil(future, call, abandoned)
            del item, future, call, abandoned  # an idle thread would hold the result, which may be large


def _name_thread() -> None:
    """Tells the kernel the name, for `top -H` and whoever counts CPU by thread; Python does so from 3.14 on."""
    with contextlib.suppress(OSError):  # not every system has this file
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(threading.current_thread().name)


def _fulfil(future: Future[Result], call: Call[Result], abandoned: Abandoned) -> None:
    try:
        result = call(abandoned)
    except BaseException as error:  # noqa: BLE001
        # It belongs to whoever waits.
        future.set_exception(error)
    else:
        future.set_result(result)


def _call_on(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for a place
        loop.call_soon_threadsafe(callback)
