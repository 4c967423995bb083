"""JSON as people write it by hand: strict first, then with comments, trailing commas and raw control characters.

Never recurses on the input: depth is counted before the parser sees it. Positions are those of the original text.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

MAX_DEPTH: Final = 64
"""JSON schemas in `apis` nest deepest and stay far below; Python's parser recurses and gives up near 1,000."""

_MAX_NOTES: Final = 8
_MAX_INTEGER_DIGITS: Final = 300
"""More digits are not converted exactly: Python's conversion is quadratic and refuses above 4,300."""

_DEPTH_CHANGE: Final = {"open": 1, "close": -1}
_TOKEN: Final = re.compile(
    r"""(?P<string> "(?: [^"\\]++ | \\. )*+ "? )
      | (?P<comment> //[^\n]*+ | /\*(?: .*?\*/ | .*+ ) )
      | (?P<open> [\[{] )
      | (?P<close> [\]}] )
      | (?P<comma> , )
      | (?P<word> [^\s"/\[\]{},]++ | / )""",
    re.VERBOSE | re.DOTALL,
)
"""Matches everything but white space, in linear time whatever the input: no alternative backtracks over the text."""


class Parsed(NamedTuple):
    """A JSON value and what was read leniently."""

    value: Any
    repaired: tuple[str, ...] = ()


class NotJson(NamedTuple):
    """Text that is not JSON even when read leniently; line and column count from 1."""

    message: str
    line: int
    column: int


def parse(text: str) -> Parsed | NotJson:
    """The value of `text`. Of a key that occurs twice in an object the last value counts, with a note."""
    scan = _scan(text)
    if isinstance(scan, NotJson):
        return scan
    notes: list[str] = []
    try:
        return Parsed(_load(text, notes, strict=True), tuple(notes))
    except json.JSONDecodeError as error:
        notes[:] = scan.repaired or [f"line {error.lineno} column {error.colno}: control character inside a string"]
    try:
        return Parsed(_load(scan.mended, notes, strict=False), tuple(notes))
    except json.JSONDecodeError as error:
        return NotJson(f"not JSON: {error.msg}", error.lineno, error.colno)


@dataclass(frozen=True, slots=True)
class _Scan:
    mended: str
    repaired: tuple[str, ...]


def _scan(text: str) -> _Scan | NotJson:
    """`text` without comments and trailing commas (blanks in their place), or where it is nested too deeply."""
    comments: list[tuple[int, int]] = []
    commas: list[tuple[int, int]] = []
    depth = 0
    before, last = "open", "open"
    comma = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup or "word"
        if kind == "comment":
            comments.append(token.span())
            continue
        if kind == "close" and last == "comma" and before not in {"open", "comma"}:
            commas.append((comma, comma + 1))
        depth += _DEPTH_CHANGE.get(kind, 0)
        if depth > MAX_DEPTH:
            return NotJson(f"nested deeper than {MAX_DEPTH} levels", *_place(text, token.start()))
        before, last, comma = last, kind, token.start()
    notes = (*_note(text, "comments ignored", comments), *_note(text, "trailing commas ignored", commas))
    return _Scan(_blanked(text, sorted(comments + commas)), notes)


def _note(text: str, what: str, spans: list[tuple[int, int]]) -> tuple[str, ...]:
    if not spans:
        return ()
    line, column = _place(text, spans[0][0])
    return (f"line {line} column {column}: {what}{f' ({len(spans)} in all)' if len(spans) > 1 else ''}",)


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += (text[done:start], _blank(text[start:end]))
        done = end
    return "".join([*parts, text[done:]])


def _blank(piece: str) -> str:
    return re.sub(r"[^\n]", " ", piece) if "\n" in piece else " " * len(piece)


def _load(text: str, notes: list[str], *, strict: bool) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs) and len(notes) < _MAX_NOTES:
            notes.append(f"duplicate key {_first_duplicate(pairs)!r:.80}: the last value counts")
        return found

    return json.loads(text, object_pairs_hook=unique, parse_int=_integer, strict=strict)


def _first_duplicate(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return key
        seen.add(key)
    return ""


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else float(digits)


def _place(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
