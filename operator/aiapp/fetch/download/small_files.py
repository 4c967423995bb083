"""Files that fit into memory: read, hashed, and only then written. Never keeps one whose hash is not as recorded."""

import hashlib
from collections.abc import Generator, Mapping
from typing import Protocol

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import Entry
from aiapp.fetch.disk.target import Target
from aiapp.fetch.failures import FetchError
from aiapp.fetch.progress import Tally


class FileSource(Protocol):
    """Where the bytes come from; used from several threads at once."""

    @property
    def allowed(self) -> int:
        """How many requests may run at once now."""
        ...

    def read(self, entry: Entry, start: int, into: memoryview) -> None:
        """Fills `into` with the object's bytes from `start` on. Raises FetchError."""
        ...

    def arriving(self, entry: Entry, start: int, into: memoryview) -> Generator[int]:
        """Reads like `read`, yielding the number of bytes received so far, at last all of them."""
        ...

    def close(self) -> None:
        """Closes all connections; pending requests fail."""
        ...


class SmallFiles:
    """Fetches one file at a time in each thread; `tally` counts those that are on disk."""

    def __init__(self, source: FileSource, target: Target, tally: Tally, hashes: Mapping[str, str]) -> None:
        """`hashes`: the SHA-256 that each file must have, by path, where that is known."""
        self._source = source
        self._target = target
        self._tally = tally
        self._hashes = hashes
        self.hashed: dict[str, str] = {}
        """The SHA-256 of what is complete, by path."""

    def fetch(self, entry: Entry, buffer: memoryview) -> None:
        """Fetches a file through a buffer that can hold it. Raises FetchError or OSError."""
        view = buffer[: entry.size]
        self._source.read(entry, 0, view)
        digest = hashlib.sha256(view).hexdigest()
        if self.is_other(entry, digest):
            self._source.read(entry, 0, view)
            digest = hashlib.sha256(view).hexdigest()
        if self.is_other(entry, digest):
            raise self.refusal(entry, digest)
        self._target.put(entry, view, digest)
        self._tally.complete(entry.size)
        self.hashed[entry.path] = digest

    def keep(self, entry: Entry, digest: str) -> None:
        """Keeps a file that was fetched in ranges, whose bytes are counted already."""
        self._target.keep(entry, digest)
        self._tally.complete(0)
        self.hashed[entry.path] = digest

    def is_other(self, entry: Entry, digest: str) -> bool:
        """True if the recorded digest is another one."""
        return self._hashes.get(entry.path, digest) != digest

    def refusal(self, entry: Entry, digest: str) -> FetchError:
        """Returns the failure of a file with another digest than the recorded one."""
        message = (
            f"{entry.path} has SHA-256 {digest}, recorded is {self._hashes[entry.path]}; fetched twice: restore the "
            "file, or register the new content as a new version"
        )
        return FetchError(Reason.CONTENT_CHANGED, message)
