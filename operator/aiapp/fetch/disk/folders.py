"""Opens what lies below a folder, part by part, so that no symbolic link ever leads out of it.

Never resolves a path as a whole: a link in the middle of one is an error.
"""

import errno
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

SYNC_EACH: Final = 64
"""Files that are synced one by one; each costs a commit of the file system's journal."""
_FILE: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@contextmanager
def parent(root: Path, path: str, *, make: bool = False) -> Iterator[int]:
    """Descriptor of the folder that holds `path` below `root`; `make` creates what is missing.

    Raises OSError, with `path`'s part as file name, when a part is a link, a file, or missing.
    """
    descriptor = os.open(root, _FOLDER)
    try:
        for part in path.split("/")[:-1]:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=descriptor)
            inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def opened(root: Path, path: str) -> int:
    """Descriptor of the regular file `path` below `root`, for reading.

    Raises OSError as `parent` does, and for what is no regular file: opening a pipe would block until it is written to.
    """
    with parent(root, path) as folder:
        descriptor = os.open(path.rpartition("/")[2], _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", path)
    return descriptor


def place(part: Path | str, root: Path, path: str) -> None:
    """Renames a finished file to `path` below `root`. Raises OSError as `parent` does."""
    try:
        with parent(root, path) as folder:
            os.replace(part, path.rpartition("/")[2], dst_dir_fd=folder)
    except FileNotFoundError:
        with parent(root, path, make=True) as folder:
            os.replace(part, path.rpartition("/")[2], dst_dir_fd=folder)


def sync(root: Path, paths: Collection[str]) -> None:
    """Returns when the disk itself holds these files and their names. Raises OSError, also for what it cannot hold."""
    if len(paths) > SYNC_EACH:
        _sync_all(root)
        return
    for path in paths:
        with parent(root, path) as folder:
            descriptor = opened(root, path)
            os.fsync(descriptor)
            os.close(descriptor)
            os.fsync(folder)


def _sync_all(root: Path) -> None:
    """Syncs the file system at once, which for many files takes a fraction of the time."""
    import ctypes  # noqa: PLC0415 - few packages have that many files

    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(root, _FOLDER)
    try:
        if libc.syncfs(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(root))
    finally:
        os.close(descriptor)
