"""What a thread exchanges over a connection, so that others can cut it off: on demand, or when it takes too long.

Never closes a connection that somebody else has a handle of: it is shut down, and its owner sees that.
"""

import contextlib
import os
import queue
import socket
import threading
import time
from types import TracebackType
from typing import Self

_thread = threading.local()


class Exchange:
    """What the current thread exchanges with stores while this is entered. `cut` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self.over = False
        """Whether it was cut off: what has come may be incomplete."""
        self.ended = threading.Event()

    def __enter__(self) -> Self:
        _thread.exchange = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _thread.exchange = None
        self.ended.set()
        self._replace(None)

    def cut(self) -> None:
        """End it: whoever reads or writes gets an error or the end of the stream at once."""
        with self._lock:
            self.over = True
            _shut(self._handle)

    def uses(self, connected: socket.socket) -> None:
        """The connection that it goes over now; a handle of our own, since TLS takes sockets over."""
        self._replace(socket.socket(fileno=os.dup(connected.fileno())))

    def _replace(self, handle: socket.socket | None) -> None:
        with self._lock:
            if self._handle is not None:
                self._handle.close()
            self._handle = handle
            if self.over:
                _shut(handle)


def _shut(handle: socket.socket | None) -> None:
    if handle is not None:
        with contextlib.suppress(OSError):  # the other side was faster
            handle.shutdown(socket.SHUT_RDWR)


def watched(connected: socket.socket) -> socket.socket:
    """The same connection, which the current thread's exchange goes over from now on."""
    exchange: Exchange | None = getattr(_thread, "exchange", None)
    if exchange is not None:
        exchange.uses(connected)
    return connected


class Deadline:
    """Cuts exchanges off that take longer than `seconds`, all with one thread, which starts with the first of them."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._begun: queue.SimpleQueue[tuple[float, Exchange]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def watch(self, exchange: Exchange) -> None:
        """From now on it has `seconds`."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="s3-deadline", daemon=True)
                self._thread.start()
            self._begun.put((time.monotonic() + self.seconds, exchange))

    def _work(self) -> None:
        """One after the other is right: whoever began later has later to end."""
        while True:
            due, exchange = self._begun.get()
            if not exchange.ended.wait(max(0.0, due - time.monotonic())):
                exchange.cut()
