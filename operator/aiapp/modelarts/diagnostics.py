"""Collects what is wrong with a configuration file and what was repaired, each with its JSON pointer.

Never decides what is right; never shows more than an excerpt of a value, never keeps more than a bounded number.
"""

from __future__ import annotations

import reprlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from .json_positions import Note, Position, pointer

CONFIG_INVALID = "ConfigInvalid"
MODEL_TYPE_UNSUPPORTED = "ModelTypeUnsupported"
"""Reasons, as conditions of a version show them (`aiapp.api.conditions.Reason`)."""

MAX_SHOWN = 5
"""Findings shown in one message; the others are counted."""
MAX_KEPT = 100
"""Findings of each kind that are kept; the others are counted. A file of the largest size could have 100,000."""
MAX_REPAIRS = 32
MAX_REPAIR_CHARACTERS = 512

_MAX_KEY = 80
_MAX_STRANGE_KEYS = 32
"""Keys of one object that are compared with the known ones: a comparison takes some microseconds."""
_SIMILAR = 0.8
"""Least similarity for a suggestion: `dependancies` has 0.92, `model_name` and `model_type` have 0.7."""
_ALIKE = 0.6
"""The same where the right key is missing and must be somewhere."""

_EXCERPT = reprlib.Repr()
_EXCERPT.maxstring = _EXCERPT.maxother = _EXCERPT.maxlong = 80
_EXCERPT.maxlevel = 2
_EXCERPT.maxdict = _EXCERPT.maxlist = 3


def excerpt(value: object) -> str:
    """`value` as a message shows it: as Python writes it, shortened."""
    return _EXCERPT.repr(value)


def nearest(key: str, known: Iterable[str], cutoff: float = _SIMILAR) -> str | None:
    """The known key that `key` was probably meant to be; case does not matter."""
    import difflib  # noqa: PLC0415 - most files hold no slip

    if len(key) > _MAX_KEY:
        return None
    by_folded = {one.casefold(): one for one in known}
    close = difflib.get_close_matches(key.casefold(), by_folded, n=1, cutoff=cutoff)
    return by_folded[close[0]] if close else None


class Diagnostic(NamedTuple):
    """One fault or one repair with its position, for those who show them one by one; conditions show sentences."""

    severity: str
    """`error` or `warning`."""
    message: str
    """Complete but for the file and the position."""
    file: str = ""
    """Relative to the folder that a user named; empty: the package as a whole."""
    pointer: str = ""
    """JSON pointer, where the file is JSON that could be read."""
    line: int = 0
    """Counts from 1; 0: unknown."""
    column: int = 0
    reason: str | None = None
    """None for repairs."""


class _Finding(NamedTuple):
    pointer: str
    sentence: str
    reason: str | None = None

    @property
    def text(self) -> str:
        return f"{_printable(self.pointer)}{self.sentence}"


class Findings:
    """What one reading of a file found."""

    def __init__(self) -> None:
        self._refused: list[_Finding] = []
        self._repaired: list[_Finding] = []
        self._warned: list[_Finding] = []
        self._uncounted = {"refused": 0, "repaired": 0}

    def refuse(self, where: str, value: Any, rule: str, reason: str = CONFIG_INVALID) -> None:
        """The value at the JSON pointer `where` breaks `rule`, which completes the sentence '<value> ...'."""
        self._add_refusal(_Finding(where, f": {excerpt(value)} {rule}", reason))

    def missing(self, where: str, rule: str, siblings: Iterable[str] = ()) -> None:
        """There is no value at `where`, though `rule` asks for one; a sibling of a similar name is pointed at."""
        key = where.rpartition("/")[2]
        short = [one for one in list(siblings)[:_MAX_STRANGE_KEYS] if one != key and len(one) <= _MAX_KEY]
        meant = nearest(key, short, _ALIKE)
        hint = "" if meant is None else f"; rename {excerpt(meant)} if that is meant"
        self._add_refusal(_Finding(where, f" is missing: {rule}{hint}", CONFIG_INVALID))

    def repair(self, where: str, what: str) -> None:
        """The value at `where` was read leniently."""
        if len(self._repaired) < MAX_KEPT:
            self._repaired.append(_Finding(where, f": {what}"))
        else:
            self._uncounted["repaired"] += 1

    def warn(self, where: str, what: str) -> None:
        """The value at `where` is accepted as it is, yet will hardly do."""
        if len(self._warned) < MAX_KEPT:
            self._warned.append(_Finding(where, f": {what}"))

    def strange_keys(self, where: str, written: Mapping[str, Any], known: Collection[str]) -> None:
        """Warns of keys that are ignored but look like a known, absent one."""
        absent = [key for key in known if key not in written]
        strange = [key for key in list(written)[: MAX_KEPT + len(known)] if key not in known][:_MAX_STRANGE_KEYS]
        for key in strange:
            meant = nearest(key, absent)
            if meant is not None:
                self.repair(pointer(where, key), f"unknown key, ignored: did you mean {meant}?")

    @property
    def refused(self) -> bool:
        """Whether anything breaks a rule."""
        return bool(self._refused)

    @property
    def reason(self) -> str:
        """That of the first refusal."""
        return self._refused[0].reason or CONFIG_INVALID

    @property
    def pointers(self) -> set[str]:
        """Where the findings lie."""
        return {found.pointer for found in (*self._refused, *self._repaired, *self._warned)}

    def refusals(self) -> str:
        """Every refusal in one sentence; beyond a number they are counted."""
        shown = "; ".join(found.text for found in self._refused[:MAX_SHOWN])
        more = len(self._refused) + self._uncounted["refused"] - MAX_SHOWN
        return f"{shown}{f'; and {more} more' if more > 0 else ''}"

    def repairs(self, before: tuple[Note, ...] = ()) -> tuple[str, ...]:
        """The repairs after those of an earlier stage, bounded in number and length."""
        texts = [note.text for note in before] + [found.text for found in self._repaired]
        every = [text[:MAX_REPAIR_CHARACTERS] for text in texts]
        count = len(every) + self._uncounted["repaired"]
        if count <= MAX_REPAIRS:
            return tuple(every)
        return (*every[: MAX_REPAIRS - 1], f"and {count - MAX_REPAIRS + 1} more")

    def warnings(self) -> tuple[str, ...]:
        """What was accepted as it is, yet will hardly do."""
        return tuple(found.text for found in self._warned)

    def diagnostics(
        self, name: str, before: tuple[Note, ...], positions: Mapping[str, Position]
    ) -> tuple[Diagnostic, ...]:
        """Everything one by one about the file called `name`, faults first; `positions` by JSON pointer."""
        faults = [_diagnostic("error", name, found, positions) for found in self._refused]
        notes = [Diagnostic("warning", note.message, name, line=note.line, column=note.column) for note in before]
        warnings = [_diagnostic("warning", name, found, positions) for found in (*self._warned, *self._repaired)]
        more = {what: count for what, count in self._uncounted.items() if count}
        rest = [Diagnostic("warning", f"and {count} more {what}", name) for what, count in more.items()]
        return (*faults, *notes, *warnings, *rest)

    def _add_refusal(self, found: _Finding) -> None:
        if len(self._refused) < MAX_KEPT:
            self._refused.append(found)
        else:
            self._uncounted["refused"] += 1


def _diagnostic(severity: str, name: str, found: _Finding, positions: Mapping[str, Position]) -> Diagnostic:
    """The position of the nearest parent stands for what is missing."""
    at = found.pointer
    while at and at not in positions:
        at = at.rpartition("/")[0]
    line, column = positions.get(at, (0, 0))
    return Diagnostic(
        severity, found.sentence.lstrip(": "), name, _printable(found.pointer), line, column, found.reason
    )


def _printable(where: str) -> str:
    return where if where.isprintable() else where.encode("unicode_escape").decode()
