"""The folder that a package is fetched into: partial files, the journal of what is complete, free space.

Writes nowhere but below that folder and its journal; never follows a link that lies in it.
"""

import hashlib
import os
import shutil
from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import Hashed
from aiapp.domain.objectstore.keys import RESERVED
from aiapp.domain.sizes import human_size
from aiapp.fetch.disk import folders, parts
from aiapp.fetch.disk.journal import Journal, identity
from aiapp.fetch.failures import FetchError

SPARE_BYTES: Final = 64 << 20
"""Left free on the volume, for the journal and the logs."""


class Target:
    """The folder of one download. `journal` outlives the process, so that the next one can continue."""

    def __init__(self, folder: Path, journal: Path | None = None) -> None:
        self.folder = folder
        self._parts = folder / RESERVED
        self._journal = Journal(journal or self._parts / "journal.jsonl")
        self._boot = parts.boot()

    def prepare(self) -> None:
        """Creates the folders. A link in place of the folder of parts is removed, not followed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._parts.is_symlink():
            self._parts.unlink()
        self._parts.mkdir(exist_ok=True)
        self._journal.prepare()

    def complete(self, entries: Collection[Entry]) -> dict[str, Hashed]:
        """Returns the complete files by path: listed in the journal, with bytes that still have their hash."""
        recorded = self._journal.read()
        if not recorded:
            return {}
        return {e.path: known for e in entries if (known := recorded.get(identity(e))) and self._holds(known)}

    def require_space(self, wanted: Collection[Entry]) -> None:
        """Removes parts of other objects. Raises FetchError if the volume has no room for the wanted ones."""
        left = {path.name: path for path in self._parts.glob("*.part")}
        needed = sum(entry.size for entry in wanted)
        if left:
            needed -= sum(_allocated(part) for entry in wanted if (part := left.pop(self._part(entry).name, None)))
        for path in left.values():
            parts.record_of(path).unlink(missing_ok=True)
            path.unlink()
        free = shutil.disk_usage(self.folder).free
        if free < needed + SPARE_BYTES:
            message = (
                f"{self.folder} has {human_size(free)} free, the package needs {human_size(needed)} more and "
                f"{human_size(SPARE_BYTES)} to spare: give the volume or the node's disk more room"
            )
            raise FetchError(Reason.LIMIT_EXCEEDED, message)

    def part(self, entry: Entry) -> AbstractContextManager[parts.Part]:
        """Opens the partial file of an object, resumed where an earlier process left it."""
        return parts.opened(self._part(entry), entry.size, self._boot)

    def put(self, entry: Entry, content: memoryview, digest: str) -> None:
        """Writes a complete file from memory and adds it to the journal."""
        part = f"{self._parts}/{_part(entry)}"
        parts.write(part, content)
        folders.place(part, self.folder, entry.path)
        self._journal.add(entry, digest)

    def keep(self, entry: Entry, digest: str) -> None:
        """Renames the partial file to its final name, then adds it to the journal."""
        part = self._part(entry)
        folders.place(part, self.folder, entry.path)
        parts.record_of(part).unlink(missing_ok=True)
        self._journal.add(entry, digest)

    def discard(self, entry: Entry) -> None:
        """Removes the partial file, whose bytes are not those of the object."""
        part = self._part(entry)
        parts.record_of(part).unlink(missing_ok=True)
        part.unlink(missing_ok=True)

    def finish(self, fetched: Collection[str]) -> None:
        """Returns when the disk holds the files at these paths, and nothing else is left in the folder."""
        self._journal.close()
        folders.sync(self.folder, fetched)
        shutil.rmtree(self._parts)

    def _part(self, entry: Entry) -> Path:
        return self._parts / _part(entry)

    def _holds(self, known: Hashed) -> bool:
        try:
            descriptor = folders.opened(self.folder, known.path)
        except OSError:
            return False
        with os.fdopen(descriptor, "rb") as file:
            if os.fstat(descriptor).st_size != known.size:
                return False
            return hashlib.file_digest(file, "sha256").hexdigest() == known.sha256


def _part(entry: Entry) -> str:
    """The name of the partial file, derived from the object's pinned state, so that parts are never confused."""
    return f"{hashlib.sha256(entry.line.encode()).hexdigest()[:32]}.part"


def _allocated(path: Path) -> int:
    return path.lstat().st_blocks * 512
