"""Threads that a package's constructor leaves behind, which often still load the model; it never starts or ends one.

The platform's own samples load "in non-blocking mode": the constructor returns before `self.model` exists.
"""

from __future__ import annotations

import threading
import time
from typing import List, Set

READY_PATIENCE_SECONDS = 300.0
"""Longest time to wait before the service is called ready all the same."""
IDLE_SECONDS = 1.0
BUSY_SHARE = 0.02
"""Of a CPU: with less over IDLE_SECONDS what still runs waits for something and is no loader.

A thread that wakes up ten times a second takes about 0.001.
"""


class BackgroundLoading:
    """Watches the threads that are started from its making to the end of `wait_while_busy`."""

    def __init__(self) -> None:
        self._before: Set[threading.Thread] = set(threading.enumerate())
        self._left: List[threading.Thread] = []

    def wait_while_busy(self) -> None:
        """Returns when the threads have ended or do not compute."""
        end = time.monotonic() + READY_PATIENCE_SECONDS
        self._left = self._started()
        while self._left and time.monotonic() < end:
            computed = time.process_time()
            self._left[0].join(IDLE_SECONDS)
            is_idle = time.process_time() - computed < BUSY_SHARE * IDLE_SECONDS
            if self._left[0].is_alive() and is_idle:
                return
            self._left = self._started()

    @property
    def is_alive(self) -> bool:
        """Whether one of the threads may still load something."""
        return any(thread.is_alive() for thread in self._left)

    def has_ended(self, patience: float) -> bool:
        """Whether one of the threads left ends within `patience` seconds, so that another attempt makes sense."""
        end = time.monotonic() + patience
        for thread in self._left:
            thread.join(max(0.0, end - time.monotonic()))
        alive = [thread for thread in self._left if thread.is_alive()]
        has_one_ended = len(alive) < len(self._left)
        self._left = alive
        return has_one_ended

    def _started(self) -> List[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread not in self._before]
