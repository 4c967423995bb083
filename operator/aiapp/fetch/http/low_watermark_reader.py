"""A plain connection that wakes its reader for many packets at once instead of for each, as long as it is fast.

Where a store is near, waking and going to sleep costs a good part of what copying the bytes costs.
"""

import socket
import time
from collections.abc import Callable
from typing import Final

GATHERED: Final = 256 << 10
"""Bytes that are to lie ready before the reader is woken; still in the processor's cache when they are used."""
SLOW_SECONDS: Final = 1.0
"""A connection that needs so long for them is read as they come."""


class Gathering:
    """For one thread at a time; of a socket without TLS, whose records end where they like."""

    def __init__(self, connection: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._begun = clock()
        self._came = 0
        self._fast = False
        self._mark = 1

    def recv_into(self, buffer: memoryview) -> int:
        """Bytes that came, 0 at the end; of a `buffer` that holds fewer than `GATHERED`, as soon as there is one."""
        self._wake_for(GATHERED if self._fast and len(buffer) >= GATHERED else 1)
        size = self._connection.recv_into(buffer)
        self._came += size
        if self._came >= GATHERED:
            now = self._clock()
            self._fast = now - self._begun < SLOW_SECONDS
            self._begun, self._came = now, 0
        return size

    def _wake_for(self, mark: int) -> None:
        if mark != self._mark:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)
            self._mark = mark
