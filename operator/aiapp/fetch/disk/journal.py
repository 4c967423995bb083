"""The list of complete files, one line each: several processes append to it, and the next attempt reads it.

Never lists a file that is not in its place already.
"""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import Hashed


class Journal:
    """Appends and reads the lines; each process opens the file at its first line, and each line is a single write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._descriptor: int | None = None

    def prepare(self) -> None:
        """Creates the folder."""
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def read(self) -> dict[str, Hashed]:
        """Returns the complete files by `identity`. A line that a crash cut off is skipped, its file fetched again."""
        return dict(self._lines())

    def add(self, entry: Entry, digest: str) -> None:
        """Appends a file. Thread-safe."""
        line = json.dumps([identity(entry), entry.path, entry.size, digest]) + "\n"
        os.write(self._opened(), line.encode())

    def close(self) -> None:
        """Closes the file in this process."""
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
    """The key of an entry: path and pinned state."""
    return entry.line.rstrip("\n")
