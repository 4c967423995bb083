"""Partial files and the ranges written to them, kept across restarts of the container. Never trusts another boot's.

What a process has written is in the page cache whatever becomes of the process, so a record without fsync holds until
the kernel itself goes: each record carries the boot's id.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing_extensions import Buffer

RANGE_BYTES: Final = 4 << 20
"""Larger objects are fetched in ranges of this size: large enough that requests cost little beside the bytes."""
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def bounds(size: int) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each range of an object; an empty object is one empty range."""
    starts = range(0, size, RANGE_BYTES) or range(1)
    return [(start, min(start + RANGE_BYTES, size)) for start in starts]


def boot(source: Path = BOOT_ID) -> str:
    """Returns the id of this boot of the kernel; empty if it cannot be read: no partial file is resumed then."""
    try:
        return source.read_text("ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Part:
    """One open partial file; `written` holds the numbers of the ranges that an earlier process completed."""

    descriptor: int
    written: frozenset[int]
    _record: int | None

    def write(self, content: "Buffer", start: int) -> None:
        """Writes bytes at an offset."""
        _write(self.descriptor, content, start)

    def record(self, number: int) -> None:
        """Records that a range is completely written."""
        if self._record is not None:
            os.write(self._record, b"%d\n" % number)

    def hash(self, digest: "hashlib._Hash", start: int, end: int, buffer: memoryview) -> None:
        """Updates a digest with what was written from `start` to `end`, through `buffer`."""
        while start < end and (size := os.preadv(self.descriptor, [buffer[: end - start]], start)):
            digest.update(buffer[:size])
            start += size


@contextmanager
def opened(path: Path, size: int, boot_id: str) -> Iterator[Part]:
    """Opens the partial file at `path`: one of this boot is resumed, any other replaced. It is never removed here."""
    if size <= RANGE_BYTES or not boot_id:
        with _descriptor(path, os.O_EXCL) as descriptor:
            if size > RANGE_BYTES:  # ranges come in any order
                os.ftruncate(descriptor, size)
            yield Part(descriptor, frozenset(), None)
        return
    record = record_of(path)
    written = _recorded(record, boot_id) if _is_plain(path, size) else frozenset()
    if not written:
        record.unlink(missing_ok=True)
    with _descriptor(path, 0 if written else os.O_EXCL) as descriptor, record.open("ab", buffering=0) as lines:
        os.ftruncate(descriptor, size)
        if not written:
            lines.write(f"{_head(boot_id)}\n".encode())
        yield Part(descriptor, written, lines.fileno())


def write(path: str, content: "Buffer") -> None:
    """Writes a partial file in one go."""
    descriptor = _opened(path, os.O_EXCL)
    try:
        _write(descriptor, content, 0)
    finally:
        os.close(descriptor)


def record_of(path: Path) -> Path:
    """Where the written ranges of a partial file are recorded."""
    return path.with_suffix(".ranges")


@contextmanager
def _descriptor(path: Path, exclusive: int) -> Iterator[int]:
    descriptor = _opened(path, exclusive)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _opened(path: Path | str, exclusive: int) -> int:
    """Opens a partial file; with O_EXCL a new one replaces what an earlier process has left."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | exclusive
    try:
        return os.open(path, flags, 0o644)
    except FileExistsError:
        Path(path).unlink()
        return os.open(path, flags, 0o644)


def _write(descriptor: int, content: "Buffer", start: int) -> None:
    view = memoryview(content)
    while view:
        done = os.pwrite(descriptor, view, start)
        view, start = view[done:], start + done


def _head(boot_id: str) -> str:
    return f"{boot_id} {RANGE_BYTES}"


def _is_plain(path: Path, size: int) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size == size


def _recorded(record: Path, boot_id: str) -> frozenset[int]:
    """Returns the numbers of the recorded ranges; a line that was cut off does not count."""
    if not boot_id or record.is_symlink() or not record.is_file():
        return frozenset()
    head, *lines = record.read_text("ascii", errors="replace").split("\n")
    if head != _head(boot_id):
        return frozenset()
    return frozenset(int(line) for line in lines[:-1] if line.isdecimal())
