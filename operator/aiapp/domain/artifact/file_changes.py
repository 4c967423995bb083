"""Which files differ between two packages, by size and SHA-256, or by ETag where a SHA-256 is not known. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from aiapp.domain.artifact.changes import paired
from aiapp.domain.artifact.entry import Entry

How = Literal["added", "removed", "changed"]
By = Literal["size", "SHA256", "ETag"]


@dataclass(frozen=True, slots=True)
class PackageFiles:
    """The files of one package, in the order of their paths."""

    entries: Iterable[Entry]
    hashes: Mapping[str, str]
    """The SHA-256 of each file by path, in lower-case hex; empty where they are not known."""

    def known(self) -> Iterator[tuple[str, "KnownFile"]]:
        """Every file by its path. A file that lies in the manifest has its SHA-256 as ETag."""
        for entry in self.entries:
            held = entry.etag if entry.content is not None else None
            yield entry.path, KnownFile(entry.size, entry.etag, self.hashes.get(entry.path, held))


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What is known of one file: its size in bytes, its ETag, and its SHA-256 if that is known."""

    size: int
    etag: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that differs; `before` is None for an added one, `after` for a removed one."""

    path: str
    how: How
    before: KnownFile | None
    after: KnownFile | None
    by: By | None = None
    """What tells that it changed; None unless it did. An ETag may differ for equal files, where a store encrypts them
    or one of them was uploaded in parts."""


@dataclass(frozen=True, slots=True)
class FileChanges:
    """What differs, by path, and how many files do not."""

    changes: tuple[FileChange, ...]
    same: int

    def count(self, how: How) -> int:
        """How many changed in that way."""
        return sum(change.how == how for change in self.changes)


def file_changes(before: PackageFiles, after: PackageFiles) -> FileChanges:
    """What differs between two packages."""
    changes, same = [], 0
    for path, old, new in paired(before.known(), after.known()):
        if (change := _change(path, old, new)) is None:
            same += 1
        else:
            changes.append(change)
    return FileChanges(tuple(changes), same)


def _change(path: str, old: KnownFile | None, new: KnownFile | None) -> FileChange | None:
    if old is None:
        return FileChange(path, "added", None, new)
    if new is None:
        return FileChange(path, "removed", old, None)
    by = _difference(old, new)
    return None if by is None else FileChange(path, "changed", old, new, by)


def _difference(old: KnownFile, new: KnownFile) -> By | None:
    if old.size != new.size:
        return "size"
    if old.sha256 is not None and new.sha256 is not None:
        return "SHA256" if old.sha256 != new.sha256 else None
    return "ETag" if old.etag != new.etag else None
