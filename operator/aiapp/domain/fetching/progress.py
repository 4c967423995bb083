"""How far a fetch is: the line that `aiapp fetch` writes, and how it is read. Measures nothing."""

import json
from dataclasses import dataclass
from typing import Any, Final

from aiapp.domain.sizes import human_size

_FIELDS: Final = ("bytes", "totalBytes", "files", "totalFiles", "bytesPerSecond", "secondsLeft", "retries")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """At one moment. Files count when they are complete and have their names."""

    bytes: int
    total_bytes: int
    files: int
    total_files: int
    bytes_per_second: int
    """Over the last seconds."""
    seconds_left: int | None
    """At the rate since the start; None: nothing has come yet."""
    retries: int
    """Requests that were made again."""

    @property
    def percent(self) -> int:
        """Of the bytes; 100 only when all are there."""
        return 100 * self.bytes // self.total_bytes if self.total_bytes else 100

    @property
    def summary(self) -> str:
        """As a sentence."""
        left = "" if self.seconds_left is None else f", {_duration(self.seconds_left)} left"
        return (
            f"{human_size(self.bytes)} of {human_size(self.total_bytes)} ({self.percent} %), "
            f"{human_size(self.bytes_per_second)}/s{left}"
        )

    @property
    def document(self) -> dict[str, int | None]:
        """For programs."""
        values = (
            self.bytes,
            self.total_bytes,
            self.files,
            self.total_files,
            self.bytes_per_second,
            self.seconds_left,
            self.retries,
        )
        return dict(zip(_FIELDS, values, strict=True))

    @property
    def line(self) -> str:
        """One line of a log: the words first, then the figures."""
        return json.dumps({"progress": self.summary} | self.document)


def progress_in(line: str) -> Progress | None:
    """The progress in a line of a log; None for any other line. Logs come from users' namespaces."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or "progress" not in found:
        return None
    values = [found.get(field) for field in _FIELDS]
    if not all(map(_is_count, (*values[:5], values[5] or 0, values[6]))):
        return None
    return _of(values)


def _of(values: list[Any]) -> Progress:
    done, total, files, total_files, rate, left, retries = values
    return Progress(
        bytes=done,
        total_bytes=total,
        files=files,
        total_files=total_files,
        bytes_per_second=rate,
        seconds_left=left,
        retries=retries,
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
