"""Which files are complete, one line each: several processes add to it, and the next attempt reads it.

Never says anything of a file that is not in its place already.
"""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from aiapp.domain.artifact.manifest import Entry, Hashed


class Journal:
    """Opened by each process when it has something to add. Every line is one write to the end, whoever writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._descriptor: int | None = None

    def prepare(self) -> None:
        """Make its folder."""
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def read(self) -> dict[str, Hashed]:
        """What is recorded, by `identity`. A line that was cut off by a crash is skipped: its file is fetched again."""
        return dict(self._lines())

    def add(self, entry: Entry, digest: str) -> None:
        """Record a file, from any thread."""
        line = json.dumps([identity(entry), entry.path, entry.size, digest]) + "\n"
        os.write(self._opened(), line.encode())

    def close(self) -> None:
        """No further line comes from this process."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _opened(self) -> int:
        if self._descriptor is None:
            with self._lock:
                if self._descriptor is None:
                    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
                    self._descriptor = os.open(self._path, flags, 0o644)
        return self._descriptor

    def _lines(self) -> Iterator[tuple[str, Hashed]]:
        if not self._path.exists():
            return
        for line in self._path.read_text("utf-8", errors="replace").splitlines():
            try:
                known, path, size, digest = json.loads(line)
            except (ValueError, TypeError):
                continue
            yield known, Hashed(path, size, digest)


def identity(entry: Entry) -> str:
    """What makes a recorded file this entry's: path and pinned state."""
    return entry.line.rstrip("\n")
