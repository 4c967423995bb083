"""Reads a fast connection in large pieces: the kernel wakes the reader once for many packets (SO_RCVLOWAT).

Where a store is near, waking for each packet takes a good part of the time that copying the bytes takes.
"""

import socket
import time
from collections.abc import Callable
from typing import Final

LOW_WATERMARK_BYTES: Final = 256 << 10
"""Bytes that the kernel collects before it wakes the reader; still in the processor's cache when they are used."""
SLOW_SECONDS: Final = 1.0
"""A connection that takes longer for that many bytes is read as they arrive."""


class LowWatermarkReader:
    """Reads from a socket without TLS, whose records would not fit the mark. Not for several threads at once."""

    def __init__(self, connection: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._begun = clock()
        self._came = 0
        self._fast = False
        self._mark = 1

    def recv_into(self, buffer: memoryview) -> int:
        """Returns the number of bytes received, 0 at the end; for a smaller `buffer` it waits for one byte only."""
        self._wake_for(LOW_WATERMARK_BYTES if self._fast and len(buffer) >= LOW_WATERMARK_BYTES else 1)
        size = self._connection.recv_into(buffer)
        self._came += size
        if self._came >= LOW_WATERMARK_BYTES:
            now = self._clock()
            self._fast = now - self._begun < SLOW_SECONDS
            self._begun, self._came = now, 0
        return size

    def _wake_for(self, mark: int) -> None:
        if mark != self._mark:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)
            self._mark = mark
