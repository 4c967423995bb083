"""The folder that a package is fetched into: partial files, the journal of what is complete, free space.

Writes nowhere but below that folder and its journal; never follows a link that lies in it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.keys import RESERVED
from aiapp.domain.manifest import Entry, Hashed
from aiapp.fetch.failures import FetchError

SPARE_BYTES: Final = 64 << 20
"""Left free on the volume, for the journal and the logs."""
HASH_BLOCK: Final = 4 << 20


class Target:
    """One download's place on disk. `journal` outlives the process, so that another one goes on from there."""

    def __init__(self, folder: Path, journal: Path | None = None) -> None:
        self.folder = folder
        self._parts = folder / RESERVED
        self._journal = journal or self._parts / "journal.jsonl"

    def prepare(self) -> None:
        """Make the folders; the parts of a download that was cut off are dropped."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._parts.mkdir(exist_ok=True)
        self._journal.parent.mkdir(parents=True, exist_ok=True)
        for part in self._parts.glob("*.part"):
            part.unlink()

    def complete(self, entries: tuple[Entry, ...]) -> dict[str, Hashed]:
        """Files that are there already, by path: recorded for this very object, and their bytes still hash to that."""
        recorded = dict(self._recorded())
        return {e.path: known for e in entries if (known := recorded.get(_identity(e))) and self._holds(e, known)}

    def require_space(self, needed: int) -> None:
        """Raises FetchError when the volume cannot take `needed` more bytes."""
        free = shutil.disk_usage(self.folder).free
        if free < needed + SPARE_BYTES:
            message = f"{self.folder} has {free} bytes free, the package needs {needed} and {SPARE_BYTES} to spare"
            raise FetchError(Reason.LIMIT_EXCEEDED, message)

    @contextmanager
    def part(self, number: int, size: int) -> Iterator[int]:
        """A new partial file of that size as a file descriptor."""
        path = self._part(number)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            os.ftruncate(descriptor, size)
            yield descriptor
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)

    def keep(self, number: int, entry: Entry, digest: str) -> Hashed:
        """The partial file becomes the file; recorded only after that."""
        final = self.folder / entry.path
        final.parent.mkdir(parents=True, exist_ok=True)
        self._refuse_links(final.parent)
        self._part(number).replace(final)
        hashed = Hashed(entry.path, entry.size, digest)
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps([_identity(entry), *hashed]) + "\n")
        return hashed

    def finish(self) -> None:
        """Leave nothing in the package's folder that is not the package's."""
        shutil.rmtree(self._parts)

    def _part(self, number: int) -> Path:
        return self._parts / f"{number}.part"

    def _recorded(self) -> Iterator[tuple[str, Hashed]]:
        """A line that was cut off by a crash is skipped: its file is fetched again."""
        if not self._journal.exists():
            return
        for line in self._journal.read_text("utf-8", errors="replace").splitlines():
            try:
                identity, path, size, digest = json.loads(line)
            except ValueError:
                continue
            yield identity, Hashed(path, size, digest)

    def _holds(self, entry: Entry, known: Hashed) -> bool:
        path = self.folder / entry.path
        if path.is_symlink() or not path.is_file() or path.stat().st_size != entry.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == known.sha256

    def _refuse_links(self, parent: Path) -> None:
        if not parent.resolve().is_relative_to(self.folder.resolve()):
            raise FetchError(Reason.KEY_REFUSED, f"{parent} leads out of {self.folder} through a link")


def _identity(entry: Entry) -> str:
    """What makes a recorded file this entry's: path and pinned state."""
    return entry.line.rstrip("\n")
