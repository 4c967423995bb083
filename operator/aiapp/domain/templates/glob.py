"""Patterns for paths: `*` and `?` stand for characters but `/`, `**` for any folders. Takes no longer than
pattern and path are long together, whatever either holds.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from aiapp.domain.wildcard import covers

Part = TypeVar("Part")

_FOLDERS: Final = "**"


def matches(pattern: str, path: str) -> bool:
    """Whether the whole path matches."""
    wanted, found = pattern.split("/"), path.split("/")
    if wanted[-1] != _FOLDERS and not _segment_matches(wanted[-1], found[-1]):
        return False  # nearly every path that does not match, at once
    if _FOLDERS not in wanted and len(wanted) != len(found):
        return False
    return _matches(wanted, found, _FOLDERS, _segment_matches)


def _segment_matches(pattern: str, segment: str) -> bool:
    if "?" not in pattern:
        return covers(pattern, segment)
    return _matches(pattern, segment, "*", lambda wanted, found: wanted in {found, "?"})


def _matches(pattern: Sequence[str], text: Sequence[str], star: str, same: Callable[[str, str], bool]) -> bool:
    """Where it fails behind a star, only the last one takes more: what the earlier ones have left is enough."""
    at = place = 0
    resume: tuple[int, int] | None = None
    while place < len(text):
        if at < len(pattern) and pattern[at] == star:
            resume = (at, place)
            at += 1
        elif at < len(pattern) and same(pattern[at], text[place]):
            at, place = at + 1, place + 1
        elif resume is not None:
            resume = (resume[0], resume[1] + 1)
            at, place = resume[0] + 1, resume[1]
        else:
            return False
    return all(part == star for part in pattern[at:])
