"""From object keys, which are hostile input, to relative paths that are safe below any folder.

Never touches a file system: what is safe is decided from the name alone.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Final

MAX_PART_BYTES: Final = 255
"""NAME_MAX of Linux file systems."""
MAX_PATH_BYTES: Final = 1024
"""The longest key S3 and OBS allow; well below Linux's PATH_MAX."""
MAX_PARTS: Final = 128
"""Deeper than any package needs: each folder costs the operator time and every file system an inode."""
MAX_KEPT_FOLDERS: Final = 100_000
"""Of one package, while it is checked for collisions; what has more is gone through twice."""
RESERVED: Final = ".aiapp-fetch"
"""The folder in which the fetcher keeps partial files and its journal; no package may bring one."""

_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
"""The Unicode categories Cc, Cs, Zl and Zp, none of which grows any more."""
_SHOWN_CHARACTERS: Final = 200


class KeyRefusedError(ValueError):
    """An object key that cannot become a file; the text names the key and the rule that it breaks."""

    def __init__(self, key: str, rule: str) -> None:
        self.key = key
        self.rule = rule
        super().__init__(f"object key {shown(key)} is refused: {rule}; rename or remove the object")


def relative_path(key: str, prefix: str) -> str:
    """The path of an object below the package root, in POSIX form.

    `prefix` is the package's key prefix, either empty or ending in `/`. Raises `KeyRefusedError` for
    a key outside the prefix and for one that breaks a rule of `checked_path`.
    """
    if not key.startswith(prefix):
        raise KeyRefusedError(key, f"it does not lie under {prefix!r}")
    return checked_path(key.removeprefix(prefix), key)


def checked_path(path: str, key: str | None = None) -> str:
    """`path` itself when it is safe to join to a folder; raises `KeyRefusedError` (naming `key`) when not."""
    rule = _broken_rule(path)
    if rule is not None:
        raise KeyRefusedError(path if key is None else key, rule)
    return path


def checked_key(key: str) -> str:
    """`key` itself when it can stand in a line of text; raises `KeyRefusedError` when not."""
    if not key or len(key.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        raise KeyRefusedError(key, f"it has not 1 to {MAX_PATH_BYTES} bytes")
    if _UNPRINTABLE.search(key):
        raise KeyRefusedError(key, "it holds a control character, a line separator or what is not UTF-8")
    return key


class CollisionDetector:
    """Finds two paths, or a file and a folder, that are one name after NFC and case folding.

    Such paths overwrite each other on a file system that folds case or normalises Unicode. Of each path only a hash is
    kept, so that the memory it takes does not depend on how long names are.
    """

    def __init__(self) -> None:
        self._files: set[int] = set()
        self._twice: dict[int, None] = {}
        self._folders: set[int] = set()
        self._folder = ""

    def add(self, path: str) -> None:
        """One more path; folders cost little when paths come sorted."""
        folded = _folded(path)
        known = hash(folded)
        if known in self._files:
            self._twice[known] = None
        self._files.add(known)
        folder = folded.rpartition("/")[0]
        if folder != self._folder and len(self._folders) <= MAX_KEPT_FOLDERS:
            self._folder = folder
            self._add_folders(folder)

    def refuse(self, paths: Callable[[], Iterable[str]]) -> None:
        """Raises `KeyRefusedError` when two of the paths that were added collide.

        `paths` gives them once more; that is needed only when hashes are equal, or for more folders than are kept.
        """
        for suspect in self._suspects(paths):
            _refuse(paths(), suspect)

    def _add_folders(self, folder: str) -> None:
        for known in _folder_hashes(folder):
            if known in self._folders:
                return
            self._folders.add(known)

    def _suspects(self, paths: Callable[[], Iterable[str]]) -> Iterator[int]:
        """Hashes that occur twice: by a collision, or (once in 10^9 packages of 100,000 files) by chance."""
        yield from self._twice
        if len(self._folders) <= MAX_KEPT_FOLDERS:
            yield from self._files & self._folders
        else:
            folders = (_folded(path).rpartition("/")[0] for path in paths())
            yield from (known for folder in folders for known in _folder_hashes(folder) if known in self._files)


def _refuse(paths: Iterable[str], suspect: int) -> None:
    """Raises `KeyRefusedError` for the first two paths whose hash is `suspect`, if they collide indeed."""
    file = folder = ("", "")
    for path in paths:
        folded = _folded(path)
        if hash(folded) == suspect:
            if folded == file[0]:
                raise KeyRefusedError(path, f"it collides with {shown(file[1])} after Unicode and case normalisation")
            file = folded, path
        if suspect in _folder_hashes(folded.rpartition("/")[0]):
            folder = folded, path
        if file[0] and folder[0].startswith(f"{file[0]}/"):
            rule = f"{shown(file[1])} is an object as well, so it would be file and folder"
            raise KeyRefusedError(folder[1], rule)


def _folder_hashes(folder: str) -> Iterator[int]:
    """Of the folder and of all that it lies in."""
    while folder:
        yield hash(folder)
        folder = folder.rpartition("/")[0]


def _folded(path: str) -> str:
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _broken_rule(path: str) -> str | None:
    if len(path) <= MAX_PART_BYTES and _PLAIN.fullmatch(path):
        return None
    for breaks, rule in _PATH_RULES:
        if breaks(path):
            return rule
    return next(filter(None, map(_broken_part_rule, path.split("/"))), None)


_PLAIN: Final = re.compile(r"(?:[\w-][\w.-]*+/)*+[\w-][\w.-]*+", re.ASCII)
"""What most paths look like; as short as one part may be, such a path can break none of the rules."""


def _broken_part_rule(part: str) -> str | None:
    if not part:
        return "it has an empty part (// or a / at the end)"
    if part in {".", ".."}:
        return f"it has a part {part!r}"
    if len(part.encode()) > MAX_PART_BYTES:
        return f"a part of it is longer than {MAX_PART_BYTES} bytes"
    return None


def _is_reserved(path: str) -> bool:
    return path.split("/", 1)[0].casefold() == RESERVED


_PATH_RULES: Final[tuple[tuple[Callable[[str], bool], str], ...]] = (
    (lambda path: not path, "the name is empty"),
    (
        lambda path: _UNPRINTABLE.search(path) is not None,
        "it holds a control character, a line separator or what is not UTF-8",
    ),
    (lambda path: path.startswith("/"), "it is absolute"),
    (lambda path: "\\" in path, "it holds a backslash"),
    (lambda path: len(path.encode()) > MAX_PATH_BYTES, f"it is longer than {MAX_PATH_BYTES} bytes"),
    (lambda path: path.count("/") >= MAX_PARTS, f"it has more than {MAX_PARTS} parts"),
    (_is_reserved, f"{RESERVED} is reserved for the download itself"),
)


def shown(key: str) -> str:
    """A key as messages show it: quoted, and cut where it is very long."""
    return repr(key if len(key) <= _SHOWN_CHARACTERS else key[:_SHOWN_CHARACTERS] + "...")
