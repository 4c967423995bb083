"""From object keys, which are hostile input, to relative paths that are safe below any folder.

Never touches a file system: what is safe is decided from the name alone.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

MAX_PART_BYTES: Final = 255
"""NAME_MAX of Linux file systems."""
MAX_PATH_BYTES: Final = 1024
"""The longest key S3 and OBS allow; well below Linux's PATH_MAX."""
RESERVED: Final = ".aiapp-fetch"
"""The folder in which the fetcher keeps partial files and its journal; no package may bring one."""

_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_SHOWN_CHARACTERS: Final = 200


class KeyRefusedError(ValueError):
    """An object key that cannot become a file; says which key and which rule it breaks."""

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


class Twins:
    """Says of many paths, with a few bytes for each, whether `refuse_collisions` would have to look at them."""

    def __init__(self) -> None:
        self._files: set[int] = set()
        self._folders: set[int] = set()
        self._folder = ""
        self._suspected = False

    def add(self, path: str) -> None:
        """One more path; folders cost little when paths come sorted."""
        folded = _folded(path)
        known = len(self._files)
        self._files.add(hash(folded))
        self._suspected |= len(self._files) == known
        folder = folded.rpartition("/")[0]
        if folder != self._folder:
            self._folder = folder
            self._add_folders(folder)

    def suspected(self) -> bool:
        """False: certainly none collide. Hashes of 64 bits may also be equal by chance."""
        return self._suspected or not self._files.isdisjoint(self._folders)

    def _add_folders(self, folder: str) -> None:
        while folder and (known := hash(folder)) not in self._folders:
            self._folders.add(known)
            folder = folder.rpartition("/")[0]


def refuse_collisions(paths: Iterable[str]) -> None:
    """Raises `KeyRefusedError` when two paths, or a file and a folder, are one after NFC and case folding.

    Such twins overwrite each other on a file system that folds case or normalises Unicode.
    """
    files: dict[str, str] = {}
    for path in paths:
        twin = files.setdefault(_folded(path), path)
        if twin is not path:
            raise KeyRefusedError(path, f"it collides with {shown(twin)} after Unicode and case normalisation")
    for folded, path in files.items():
        _refuse_file_as_folder(folded, path, files)


def _refuse_file_as_folder(folded: str, path: str, files: dict[str, str]) -> None:
    end = folded.rfind("/")
    while end > 0:
        if (file := files.get(folded[:end])) is not None:
            raise KeyRefusedError(path, f"{shown(file)} is an object as well, so it would be file and folder")
        end = folded.rfind("/", 0, end)


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


def _has_control_character(path: str) -> bool:
    if path.isascii():
        return not path.isprintable()
    return any(unicodedata.category(character) in _UNPRINTABLE for character in path)


def _is_reserved(path: str) -> bool:
    return path.split("/", 1)[0].casefold() == RESERVED


_PATH_RULES: Final[tuple[tuple[Callable[[str], bool], str], ...]] = (
    (lambda path: not path, "the name is empty"),
    (_has_control_character, "it holds a control character, a line separator or what is not UTF-8"),
    (lambda path: path.startswith("/"), "it is absolute"),
    (lambda path: "\\" in path, "it holds a backslash"),
    (lambda path: len(path.encode()) > MAX_PATH_BYTES, f"it is longer than {MAX_PATH_BYTES} bytes"),
    (_is_reserved, f"{RESERVED} is reserved for the download itself"),
)


def shown(key: str) -> str:
    """A key as messages show it: quoted, and cut where it is very long."""
    return repr(key if len(key) <= _SHOWN_CHARACTERS else key[:_SHOWN_CHARACTERS] + "...")
