"""Shows how far a fetch is: a bar on a terminal, a line every few seconds in a log. Never decides anything."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from aiapp.domain.sizes import human_size

LINE_SECONDS: Final = 5.0


@dataclass
class Lines:
    """Progress as lines; `clock` gives monotonic seconds."""

    total: int
    clock: Callable[[], float]
    write: Callable[[str], object]

    def __post_init__(self) -> None:
        self._done = 0
        self._begun = self._told = self.clock()
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        with self._lock:
            self._done += size
            now = self.clock()
            if now - self._told < LINE_SECONDS:
                return
            self._told = now
            share, speed = 100 * self._done // max(self.total, 1), self._done / (now - self._begun)
            self.write(f"{human_size(self._done)} of {human_size(self.total)} ({share} %), {human_size(int(speed))}/s")


@contextmanager
def shown(total: int, clock: Callable[[], float]) -> Iterator[Callable[[int], None]]:
    """A function that takes the number of bytes that were added."""
    if not sys.stdout.isatty():
        yield Lines(total, clock, _line).add
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn  # noqa: PLC0415

    columns = (BarColumn(), DownloadColumn(binary_units=True), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("fetch", total=total)
        yield lambda size: progress.advance(task, size)


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
