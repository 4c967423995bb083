"""JSON as people write it by hand: strict first, then with comments, trailing commas and raw control characters.

Never recurses on the input: depth is counted before the parser sees it. Positions are those of the original text.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from .json_positions import ATOMIC, TOKEN, Note, duplicate_keys, position_at

MAX_DEPTH = 64
"""JSON schemas in `apis` nest deepest and stay far below; Python's parser recurses and gives up near 1,000."""

_MAX_NOTES = 8
_MAX_FOUND = 24
"""Characters of the text that a message shows."""
_DUPLICATE = "duplicate"
_MAX_INTEGER_DIGITS = 300
"""More digits are not converted exactly: Python's conversion is quadratic and refuses above 4,300."""

_STRING = re.compile(rf'"(?:[^"\\]+{ATOMIC}|\\.)*{ATOMIC}"?', re.DOTALL)
_NO_BRACKETS = re.compile(rf"[^\[\]{{}}]+{ATOMIC}")
_DEPTH_CHANGE = {"open": 1, "close": -1}


class Parsed(NamedTuple):
    """A JSON value and what was read leniently."""

    value: Any
    repaired: tuple[Note, ...] = ()


class NotJson(NamedTuple):
    """Text that is not JSON even when read leniently; line and column count from 1."""

    message: str
    line: int
    column: int


def parse(text: str) -> Parsed | NotJson:
    """The value of `text`. Of a key that occurs twice in an object the last value counts, with a note."""
    scan = None if _is_shallow(text) else _scan(text)
    if isinstance(scan, NotJson):
        return scan
    try:
        return _loaded(text, (), strict=True)
    except json.JSONDecodeError as error:
        control = Note("control character inside a string", error.lineno, error.colno)
    scan = _scan(text) if scan is None else scan
    return scan if isinstance(scan, NotJson) else _leniently(scan, control)


def _leniently(scan: _Scan, control: Note) -> Parsed | NotJson:
    try:
        return _loaded(scan.text, scan.repaired or (control,), strict=False)
    except json.JSONDecodeError as error:
        return NotJson(f"not JSON: {error.msg}, found {_found(scan.text, error.pos)}", error.lineno, error.colno)


def _is_shallow(text: str) -> bool:
    """Whether it is certainly nested no deeper than allowed: quick, since nothing is done for each token."""
    brackets = _NO_BRACKETS.sub("", _STRING.sub("", text))
    for _ in range(MAX_DEPTH // 2):  # each time the innermost pairs vanish, of two levels at most
        if not brackets:
            return True
        brackets = brackets.replace("[]", "").replace("{}", "")
    return not brackets


class _Scan(NamedTuple):
    text: str
    repaired: tuple[Note, ...]


def _scan(text: str) -> _Scan | NotJson:
    """`text` without comments and trailing commas (blanks in their place), or where it is nested too deeply."""
    comments: list[tuple[int, int]] = []
    commas: list[tuple[int, int]] = []
    depth = 0
    before, last = "open", "open"
    comma = 0
    for token in TOKEN.finditer(text):
        kind = token.lastgroup or "word"
        if kind == "comment":
            comments.append(token.span())
            continue
        if kind == "close" and last == "comma" and before not in {"open", "comma"}:
            commas.append((comma, comma + 1))
        depth += _DEPTH_CHANGE.get(kind, 0)
        if depth > MAX_DEPTH:
            return NotJson(f"nested deeper than {MAX_DEPTH} levels", *position_at(text, token.start()))
        before, last, comma = last, kind, token.start()
    notes = (*_note(text, "comments ignored", comments), *_note(text, "trailing commas ignored", commas))
    return _Scan(_blanked(text, sorted(comments + commas)), notes)


def _note(text: str, what: str, spans: list[tuple[int, int]]) -> tuple[Note, ...]:
    if not spans:
        return ()
    return (Note(f"{what}{f' ({len(spans)} in all)' if len(spans) > 1 else ''}", *position_at(text, spans[0][0])),)


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += (text[done:start], _blank(text[start:end]))
        done = end
    return "".join([*parts, text[done:]])


def _blank(piece: str) -> str:
    return re.sub(r"[^\n]", " ", piece) if "\n" in piece else " " * len(piece)


def _loaded(text: str, notes: tuple[Note, ...], *, strict: bool) -> Parsed:
    seen: set[str] = set()

    def last_one_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen.add(_DUPLICATE)
        return found

    value = json.loads(
        text, object_pairs_hook=last_one_wins, parse_int=_integer, parse_constant=seen.add, strict=strict
    )
    constants = tuple(Note(f"{name} read as null") for name in sorted(seen - {_DUPLICATE}))
    return Parsed(value, notes + constants + (_duplicates(text) if _DUPLICATE in seen else ()))


def _duplicates(text: str) -> tuple[Note, ...]:
    found = duplicate_keys(text, _MAX_NOTES)
    return tuple(Note(f"duplicate key {key!r:.80}: the last value counts", *at) for key, at in found)


def _found(text: str, position: int) -> str:
    rest = text[position : position + _MAX_FOUND].partition("\n")[0].strip()
    return repr(rest) if rest else "the end of the line" if text[position:].strip() else "the end"


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else float(digits)
