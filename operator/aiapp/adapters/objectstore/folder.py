"""A folder of this machine in the place of object storage, so that a package can be checked before it is uploaded.

Never follows a symbolic link out of the folder, never reads anything but regular files.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed, Listing
from aiapp.domain.objectstore.location import Location
from aiapp.ports.objectstore import ObjectChangedError, ObjectStore, StoreError

MAX_FILES: Final = 100_000
"""As many objects as the operator takes by default."""


def folder_location(root: Path) -> Location:
    """The folder as a location: its URI is `file:///...`, its keys are paths relative to it."""
    return Location(bucket=str(root.resolve()), prefix="", scheme="file")


class FolderStore(ObjectStore):
    """Lists and reads the files below the folder that a `folder_location` names; credentials mean nothing here.

    A file's ETag stands for its time of change and its size.
    """

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        root = Path(location.bucket)
        listed: list[Listed] = []
        try:
            for one in _files(root):
                listed.append(one)
                if len(listed) > MAX_FILES:
                    raise _refused(Reason.LIMIT_EXCEEDED, f"{root} holds more than {MAX_FILES} files")
        except OSError as error:
            raise _unreadable(error, root) from error
        if not listed:
            raise _refused(Reason.PREFIX_EMPTY, f"nothing lies under {root}")
        return Listing.of(listed)

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        if listed.size > limit:
            raise _refused(Reason.LIMIT_EXCEEDED, f"{listed.key!r} has {listed.size} bytes; at most {limit} are read")
        return _part(Path(location.bucket), listed, 0, listed.size)

    @override
    async def read_range(
        self, location: Location, credentials: Credentials | None, listed: Listed, start: int, length: int
    ) -> bytes:
        return _part(Path(location.bucket), listed, start, length)


def _files(root: Path) -> Iterator[Listed]:
    for folder, folders, names in os.walk(root, onerror=_raise):
        for name in folders:
            if Path(folder, name).is_symlink():
                key = Path(folder, name).relative_to(root).as_posix()
                raise _refused(Reason.KEY_REFUSED, f"{key!r} is a symbolic link to a folder")
        for name in names:
            yield _listed(root, Path(folder, name))


def _listed(root: Path, path: Path) -> Listed:
    key = path.relative_to(root).as_posix()
    if path.is_symlink() and not path.resolve().is_relative_to(root):
        raise _refused(Reason.KEY_REFUSED, f"{key!r} is a symbolic link that leads out of {root}")
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise _refused(Reason.KEY_REFUSED, f"{key!r} is no regular file")
    return Listed(key, found.st_size, f"{found.st_mtime_ns:x}-{found.st_size:x}")


def _part(root: Path, listed: Listed, start: int, length: int) -> bytes:
    """Raises `StoreError`, among others `ObjectChangedError`."""
    path = root / listed.key
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            file.seek(start)
            content = file.read(length)
        unchanged = _listed(root, path) == listed and len(content) == length
    except OSError as error:
        raise _unreadable(error, path) from error
    if not unchanged:
        raise ObjectChangedError(listed.key)
    return content


def _raise(error: OSError) -> None:
    raise error


def _refused(reason: Reason, message: str) -> StoreError:
    return StoreError(reason, message, retryable=False)


def _unreadable(error: OSError, path: Path) -> StoreError:
    what = f"{error.filename or path} cannot be read: {error.strerror}"
    return StoreError(Reason.ACCESS_DENIED, what, retryable=False)
