"""A package as a folder that is there as a whole or not at all: fetched beside its place, and then put there.

What was fetched stays beside it until all of it is there, so that the next attempt continues. Never touches a folder
that holds anything else.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.content import DIGEST_KEY, HASHES_KEY, Content
from aiapp.domain.artifact.manifest import CONFIG_MAP_KEY, Hashed, Manifest, content_digest
from aiapp.fetch.failures import ExitCode, FetchError
from aiapp.fetch.http.s3_reader import Access
from aiapp.fetch.run import Fetched, Request, fetch

_OF_A_PIN: Final = slice(len("sha256:"), len("sha256:") + 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be fetched."""

    manifest: Manifest
    content: Content | None
    """The digest that the content must have, and the hashes of its files, where they are known."""
    access: Access


def fetch_whole(wanted: Wanted, folder: Path, clock: Callable[[], float]) -> Fetched | None:
    """Fetches a package into a folder that is empty or absent; None if it holds that very content already.

    Raises `FetchError`, and `OSError`. What is complete stays in a hidden folder beside it for the next attempt.
    """
    folder = folder.absolute()
    if _is_taken(folder):
        if _holds(folder, wanted):
            return None
        problem = "does not hold this content" if wanted.content else "no digest is known yet to compare it by"
        raise FetchError(
            Reason.FETCH_FAILED,
            f"{folder} is not empty and {problem}: name another folder, or move away what is there",
        )
    beside = folder.with_name(f".{folder.name}.{wanted.manifest.pin[_OF_A_PIN]}.aiapp")
    with _alone(beside):
        return _fetched(wanted, folder, beside, clock)


def _fetched(wanted: Wanted, folder: Path, beside: Path, clock: Callable[[], float]) -> Fetched:
    manifest, package = beside / CONFIG_MAP_KEY, beside / "package"
    manifest.write_bytes(wanted.manifest.payload)
    request = Request(
        manifest=manifest,
        pin=wanted.manifest.pin,
        access=wanted.access,
        target=package,
        server=None,
        recorded=_recorded(beside / "recorded", wanted.content),
    )
    try:
        fetched = fetch(request, clock)
    except FetchError as error:
        if error.exit_code is ExitCode.CONTENT_CHANGED:
            shutil.rmtree(beside)  # nothing of it is worth keeping
        raise
    package.rename(folder)
    shutil.rmtree(beside)
    return fetched


def _recorded(place: Path, content: Content | None) -> Path | None:
    """The folder in which the fetcher looks for what is known of the content."""
    if content is None:
        return None
    place.mkdir(exist_ok=True)
    (place / DIGEST_KEY).write_text(content.digest)
    (place / HASHES_KEY).write_bytes(content.hashes)
    return place


@contextmanager
def _alone(beside: Path) -> Iterator[None]:
    """No other process fetches the same into the same place meanwhile."""
    beside.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(beside, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise FetchError(Reason.FETCH_FAILED, f"another process fetches into {beside}: wait for its end") from error
    finally:
        os.close(descriptor)


def _is_taken(folder: Path) -> bool:
    """Whether something is there that is no empty folder; a link is not followed."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return True
    return folder.exists() and any(folder.iterdir())


def _holds(folder: Path, wanted: Wanted) -> bool:
    """Whether the folder holds exactly that content, by the hash of every file."""
    if wanted.content is None or folder.is_symlink() or not folder.is_dir():
        return False
    paths = {entry.path for entry in wanted.manifest.entries}
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_symlink() or path.is_file()}
    if found.keys() != paths or any(path.is_symlink() for path in found.values()):
        return False
    return content_digest(_hashed(found)) == wanted.content.digest


def _hashed(files: Mapping[str, Path]) -> Iterator[Hashed]:
    for path, place in files.items():
        with place.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield Hashed(path, place.stat().st_size, digest)
