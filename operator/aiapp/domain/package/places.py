"""Where in a text of JSON its members stand: lines and columns for JSON pointers.

Never judges the text: it was parsed before, comments and trailing commas included.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

TOKEN: Final = re.compile(
    r"""(?P<string> "(?: [^"\\]++ | \\. )*+ "? )
      | (?P<comment> //[^\n]*+ | /\*(?: .*?\*/ | .*+ ) )
      | (?P<open> [\[{] )
      | (?P<close> [\]}] )
      | (?P<comma> , )
      | (?P<word> [^\s"/\[\]{},]++ | / )""",
    re.VERBOSE | re.DOTALL,
)
"""Matches everything but white space, in linear time whatever the input: no alternative backtracks over the text."""

_MAX_KEY: Final = 80
_DEPTH_CHANGE: Final = {"open": 1, "close": -1}


class Place(NamedTuple):
    """A position in a text; both count from 1."""

    line: int
    column: int


class Note(NamedTuple):
    """Something that was read leniently, with its place where it has one (0: none)."""

    message: str
    line: int = 0
    column: int = 0

    @property
    def text(self) -> str:
        """The message behind its place."""
        return f"line {self.line} column {self.column}: {self.message}" if self.line else self.message


def place(text: str, position: int) -> Place:
    """Line and column of an index into `text`."""
    return Place(text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))


def pointer(parent: str, key: str | int) -> str:
    """The JSON pointer (RFC 6901) of a member of `parent`; a key that is far too long is cut."""
    return f"{parent}/{str(key)[:_MAX_KEY].replace('~', '~0').replace('/', '~1')}"


def places(text: str, wanted: Collection[str]) -> dict[str, Place]:
    """The place of each wanted pointer and of its parents, as far as they exist; of a member, where its key begins."""
    paths = {path for one in wanted for path in _with_parents(one)}
    if not paths:
        return {}
    found = {pointer(where.path, key): at for where, key, at in _members(text, paths)}
    return {path: place(text, at) for path, at in found.items() if path in paths}


def duplicate_keys(text: str, limit: int) -> list[tuple[str, Place]]:
    """The first `limit` keys that stand in an object a second time, with the place where they do."""
    found: list[tuple[str, Place]] = []
    for where, key, at in _members(text, None):
        if isinstance(key, int):
            continue
        if key in where.keys:
            found.append((key, place(text, at)))
        if len(found) == limit:
            break
        where.keys.add(key)
    return found


@dataclass(slots=True, eq=False)
class _Inside:
    """An object or list whose members are being read."""

    path: str
    is_object: bool
    expects_key: bool = True
    number: int = 0
    key: str | int = ""
    keys: set[str] = field(default_factory=set)

    def next(self) -> None:
        self.expects_key = True
        self.number += 1


def _members(text: str, paths: Collection[str] | None) -> Iterator[tuple[_Inside, str | int, int]]:
    """Every member with the object or list that it is in, and where it begins; with `paths` only in those."""
    stack: list[_Inside] = []
    skipped = 0
    for token in TOKEN.finditer(text):
        kind = token.lastgroup
        if skipped:
            skipped += _DEPTH_CHANGE.get(kind or "", 0)
        elif kind == "comma" and stack:
            stack[-1].next()
        elif kind == "close":
            del stack[-1:]
        elif kind != "comment":
            if stack and _begins_member(stack[-1], token):
                yield stack[-1], stack[-1].key, token.start()
            if kind == "open":
                path = pointer(stack[-1].path, stack[-1].key) if stack else ""
                if paths is None or not path or path in paths:
                    stack.append(_Inside(path, token.group() == "{"))
                else:
                    skipped = 1


def _begins_member(inside: _Inside, token: re.Match[str]) -> bool:
    if not inside.expects_key:
        return False
    inside.expects_key = False
    inside.key = _text(token.group()) if inside.is_object else inside.number
    return True


def _text(literal: str) -> str:
    try:
        return str(json.loads(literal, strict=False))
    except ValueError:
        return literal


def _with_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
