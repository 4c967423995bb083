"""Patterns for paths: `*` and `?` stand for characters but `/`, `**` for any folders.

No pattern and no path can make that take long: what was found once is never given back (atomic groups, possessive
quantifiers), so that a path costs no more steps than it has characters for each character of the pattern. The first
place for what stands behind a star is the right one: it leaves the most room for the rest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_FOLDERS: Final = "**"
_KEPT: Final = 512
"""Compiled patterns, each some milliseconds of work at most: those of the largest template are 256."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A pattern for paths that have a `/` at their end, as each of their parts then has."""

    front: re.Pattern[str] | None
    """What stands before the last `**`; None where there is no `**`."""
    rear: re.Pattern[str]
    """What stands behind it."""
    rear_parts: int

    def matches(self, path: str) -> bool:
        """The rear first: it lies at the end and says no to nearly every path that does not match."""
        if path.count("/") < self.rear_parts:
            return False
        rest = _start_of_last(self.rear_parts, path)
        return self.rear.fullmatch(path, rest) is not None and self._fits_before(path, rest)

    def _fits_before(self, path: str, rest: int) -> bool:
        if self.front is None:
            return rest == 0
        found = self.front.match(path)
        return found is not None and found.end() <= rest


def _start_of_last(parts: int, path: str) -> int:
    start = len(path)
    for _ in range(parts):
        start = path.rfind("/", 0, start - 1) + 1
    return start


def matches(pattern: str, path: str) -> bool:
    """Whether the whole path matches."""
    return _compiled(pattern).matches(f"{path}/")


@lru_cache(_KEPT)
def _compiled(pattern: str) -> _Compiled:
    *groups, rear = _groups(pattern)
    front = None
    if groups:
        head, *between = groups
        front = re.compile(_parts(head) + "".join(rf"(?>(?:[^/]*+/)*?{_parts(group)})" for group in between if group))
    return _Compiled(front, re.compile(_parts(rear)), len(rear))


def _groups(pattern: str) -> list[list[str]]:
    """The parts before, between and behind its `**`."""
    groups: list[list[str]] = [[]]
    for part in pattern.split("/"):
        if part == _FOLDERS:
            groups.append([])
        else:
            groups[-1].append(part)
    return groups


def _parts(parts: Sequence[str]) -> str:
    return "".join(f"{_part(part)}/" for part in parts)


def _part(part: str) -> str:
    head, *pieces = part.split("*")
    if not pieces:
        return _text(head)
    *between, tail = pieces
    found = "".join(rf"(?>[^/]*?{_text(piece)})" for piece in between if piece)
    return rf"{_text(head)}{found}(?=[^/]{{{len(tail)}}})[^/]*+(?<={_text(tail)})"


def _text(text: str) -> str:
    return "".join("[^/]" if character == "?" else re.escape(character) for character in text)
