"""Shows the progress of a fetch: a bar on a terminal, lines in a log, a file for Prometheus if one is named.

Never decides anything; a file that cannot be written is no reason to fail.
"""

import mmap
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiapp.domain.fetching.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_SECONDS: Final = 5.0
BAR_SECONDS: Final = 0.2
_METRICS: Final = {
    "aiapp_fetch_complete_bytes": ("gauge", "Bytes of the package that are on disk."),
    "aiapp_fetch_package_bytes": ("gauge", "Bytes of the package."),
    "aiapp_fetch_complete_files": ("gauge", "Files of the package that are complete."),
    "aiapp_fetch_package_files": ("gauge", "Files of the package."),
    "aiapp_fetch_bytes_per_second": ("gauge", "Rate over the last seconds."),
    "aiapp_fetch_retries_total": ("counter", "Requests that were made again."),
}

Show = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Totals:
    """Size and number of files of a package, or of a part of it."""

    bytes: int
    files: int


class Tally:
    """Counts what one process has fetched, in any thread; forked processes share its memory."""

    def __init__(self) -> None:
        self._figures = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Counts bytes that are on disk; negative for those that are fetched again."""
        with self._lock:
            self._figures[0] += size

    def complete(self, size: int) -> None:
        """Counts a complete file, and the bytes of it that were not counted before."""
        with self._lock:
            self._figures[0] += size
            self._figures[1] += 1

    def retry(self) -> None:
        """Counts a request that is made again."""
        with self._lock:
            self._figures[2] += 1

    @property
    def figures(self) -> tuple[int, int, int]:
        """Bytes, files and retries so far."""
        return self._figures[0], self._figures[1], self._figures[2]


class Meter:
    """Adds up all tallies; `present` is what was on disk before, which does not count in the rate."""

    def __init__(self, totals: Totals, present: Totals, clock: Callable[[], float]) -> None:
        """`clock` gives monotonic seconds."""
        self._totals = totals
        self._present = present
        self._clock = clock
        self._tallies: list[Tally] = []
        self._begun = clock()
        self._looked = (self._begun, 0)

    def tally(self) -> Tally:
        """Returns a new tally. To be called before the first `look`."""
        self._tallies.append(Tally())
        return self._tallies[-1]

    def look(self) -> Progress:
        """Returns the progress; its rate is since the last call. Not for several threads at once."""
        figures = [tally.figures for tally in self._tallies]
        fetched, files, retries = map(sum, zip(*figures, strict=True)) if figures else (0, 0, 0)
        now, (then, before) = self._clock(), self._looked
        self._looked = (now, fetched)
        done = self._present.bytes + fetched
        rate = fetched / (now - self._begun) if now > self._begun else 0.0
        return Progress(
            bytes=done,
            total_bytes=self._totals.bytes,
            files=self._present.files + files,
            total_files=self._totals.files,
            bytes_per_second=max(0, int((fetched - before) / (now - then))) if now > then else 0,
            seconds_left=int((self._totals.bytes - done) / rate) if rate > 0 else None,
            retries=retries,
        )


@contextmanager
def shown(meter: Meter, metrics_file: Path | None) -> Iterator[None]:
    """Shows the meter's progress now and then inside the context, and once more at its end."""
    with _display() as (show, seconds), _repeated(lambda: _show(meter, show, metrics_file), seconds):
        yield


def _show(meter: Meter, show: Show, metrics_file: Path | None) -> None:
    progress = meter.look()
    show(progress)
    if metrics_file is not None:
        with suppress(OSError):
            write_metrics(metrics_file, progress)


@contextmanager
def _repeated(work: Callable[[], None], seconds: float) -> Iterator[None]:
    """Repeats the work in a thread of its own; the first time at once, the last time at the end."""
    over = threading.Event()

    def repeat() -> None:
        work()
        while not over.wait(seconds):
            work()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        work()


@contextmanager
def _display() -> Iterator[tuple[Show, float]]:
    """Yields the function that shows progress, and the seconds between two calls."""
    if not sys.stdout.isatty():
        yield _print_line, LINE_SECONDS
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[files]} files"),
    )
    with Bar(*columns) as bar:
        task = bar.add_task("fetch", total=None, files="")
        yield lambda progress: _draw(bar, task, progress), BAR_SECONDS


def _draw(bar: "Bar", task: "TaskID", progress: Progress) -> None:
    files = f"{progress.files} of {progress.total_files}"
    bar.update(task, total=progress.total_bytes, completed=progress.bytes, files=files)


def _print_line(progress: Progress) -> None:
    sys.stdout.write(progress.line + "\n")
    sys.stdout.flush()


def write_metrics(path: Path, progress: Progress) -> None:
    """Replaces a file in Prometheus' text format atomically. Raises OSError."""
    values = (
        progress.bytes,
        progress.total_bytes,
        progress.files,
        progress.total_files,
        progress.bytes_per_second,
        progress.retries,
    )
    lines = (
        f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n{name} {value}\n"
        for (name, (kind, meaning)), value in zip(_METRICS.items(), values, strict=True)
    )
    new = path.with_name(f".{path.name}.new")
    new.write_text("".join(lines), "utf-8")
    new.replace(path)
