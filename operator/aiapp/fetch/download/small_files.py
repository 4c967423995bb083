"""Files that memory holds as a whole: read, hashed, and only then written. Keeps nothing that is not as demanded."""

import hashlib
from collections.abc import Generator, Mapping
from typing import Protocol

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.manifest import Entry
from aiapp.fetch.disk.target import Target
from aiapp.fetch.failures import FetchError
from aiapp.fetch.progress import Tally


class Source(Protocol):
    """Where the bytes come from; used from several threads at once."""

    @property
    def allowed(self) -> int:
        """How many requests may be under way now."""
        ...

    def read(self, entry: Entry, start: int, into: memoryview) -> None:
        """Fill `into` with the object's bytes from `start` on. Raises FetchError."""
        ...

    def arriving(self, entry: Entry, start: int, into: memoryview) -> Generator[int]:
        """The same, and tells now and then how many bytes have come, at last all of them."""
        ...

    def close(self) -> None:
        """Let go of all connections; requests that are under way fail."""
        ...


class WholeFiles:
    """Fetches one file after the other, in any number of threads; `tally` hears of those that are on disk."""

    def __init__(self, source: Source, target: Target, tally: Tally, hashes: Mapping[str, str]) -> None:
        """`hashes`: the SHA-256 that each file must have, by path, where that is known."""
        self._source = source
        self._target = target
        self._tally = tally
        self._hashes = hashes
        self.hashed: dict[str, str] = {}
        """The SHA-256 of what is complete, by path."""

    def fetch(self, entry: Entry, buffer: memoryview) -> None:
        """Through a buffer that is large enough. Raises FetchError or OSError."""
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
        """A file that came in ranges, which the tally knows of."""
        self._target.keep(entry, digest)
        self._tally.complete(0)
        self.hashed[entry.path] = digest

    def is_other(self, entry: Entry, digest: str) -> bool:
        """Whether another digest is demanded."""
        return self._hashes.get(entry.path, digest) != digest

    def refusal(self, entry: Entry, digest: str) -> FetchError:
        """Of a file that is another one."""
        message = (
            f"{entry.path} has SHA-256 {digest}, recorded is {self._hashes[entry.path]}; fetched twice: restore the "
            "file, or register the new content as a new version"
        )
        return FetchError(Reason.CONTENT_CHANGED, message)
