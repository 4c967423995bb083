"""Where the members of a JSON text stand: lines and columns by JSON pointer.

Never judges the text: it was parsed before, comments and trailing commas included.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterator
from typing import NamedTuple

ATOMIC = "+" if sys.version_info >= (3, 11) else ""
"""Behind a quantifier: keep nothing to go back to, where `re` can. It saves memory; what matches is the same."""
TOKEN = re.compile(
    rf"""(?P<string> "(?: [^"\\]+{ATOMIC} | \\. )*{ATOMIC} "? )
      | (?P<comment> //[^\n]*{ATOMIC} | /\*(?: .*?\*/ | .*{ATOMIC} ) )
      | (?P<open> [\[{{] )
      | (?P<close> [\]}}] )
      | (?P<comma> , )
      | (?P<word> [^\s"/\[\]{{}},]+{ATOMIC} | / )""",
    re.VERBOSE | re.DOTALL,
)
"""Matches everything but white space, in linear time whatever the input: no alternative backtracks over the text."""

_MAX_KEY = 80
_DEPTH_CHANGE = {"open": 1, "close": -1}


class Position(NamedTuple):
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


def position_at(text: str, index: int) -> Position:
    """Line and column of an index into `text`."""
    return Position(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def pointer(parent: str, key: str | int) -> str:
    """The JSON pointer (RFC 6901) of a member of `parent`; a key that is far too long is cut."""
    return f"{parent}/{str(key)[:_MAX_KEY].replace('~', '~0').replace('/', '~1')}"


def positions(text: str, wanted: Collection[str]) -> dict[str, Position]:
    """The position of each wanted pointer and its parents, as far as they exist; of a member, where its key begins."""
    paths = {path for one in wanted for path in _with_parents(one)}
    if not paths:
        return {}
    found = {pointer(where.path, key): at for where, key, at in _members(text, paths)}
    return {path: position_at(text, at) for path, at in found.items() if path in paths}


def duplicate_keys(text: str, limit: int) -> list[tuple[str, Position]]:
    """The first `limit` keys that stand in an object a second time, with the place where they do."""
    found: list[tuple[str, Position]] = []
    for where, key, at in _members(text, None):
        if isinstance(key, int):
            continue
        if key in where.keys:
            found.append((key, position_at(text, at)))
        if len(found) == limit:
            break
        where.keys.add(key)
    return found


class _Inside:
    """An object or list whose members are being read."""

    def __init__(self, path: str, *, is_object: bool) -> None:
        self.path = path
        self.is_object = is_object
        self.expects_key = True
        self.number = 0
        self.key: str | int = ""
        self.keys: set[str] = set()

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
                    stack.append(_Inside(path, is_object=token.group() == "{"))
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
