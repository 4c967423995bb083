"""Collects what is wrong with a configuration file and what was repaired, each with its JSON pointer.

Never decides what is right; never shows more than a glimpse of a value.
"""

import reprlib
from typing import Any, Final

from aiapp.api.conditions import Reason
from aiapp.domain.package.refusal import Refusal

MAX_SHOWN: Final = 5
"""Findings told in one message; the others are counted."""
MAX_REPAIRS: Final = 32
MAX_REPAIR_CHARACTERS: Final = 512

_GLIMPSE: Final = reprlib.Repr()
_GLIMPSE.maxstring = _GLIMPSE.maxother = _GLIMPSE.maxlong = 80
_GLIMPSE.maxlevel = 2
_GLIMPSE.maxdict = _GLIMPSE.maxlist = 3


def glimpse(value: object) -> str:
    """`value` as a message shows it: as Python writes it, shortened."""
    return _GLIMPSE.repr(value)


def pointer(parent: str, key: str | int) -> str:
    """The JSON pointer (RFC 6901) of a member of `parent`."""
    return f"{parent}/{str(key)[:80].replace('~', '~0').replace('/', '~1')}"


class Findings:
    """What one reading of a file found."""

    def __init__(self) -> None:
        self._refusals: list[tuple[Reason, str]] = []
        self._repairs: list[str] = []

    def refuse(self, where: str, value: Any, rule: str, reason: Reason = Reason.CONFIG_INVALID) -> None:
        """The value at the JSON pointer `where` breaks `rule`, which completes the sentence '<value> ...'."""
        self._refusals.append((reason, f"{_printable(where)}: {glimpse(value)} {rule}"))

    def missing(self, where: str, rule: str, reason: Reason = Reason.CONFIG_INVALID) -> None:
        """There is no value at `where`, though `rule` asks for one."""
        self._refusals.append((reason, f"{_printable(where)} is missing: {rule}"))

    def repair(self, where: str, what: str) -> None:
        """The value at `where` was read leniently."""
        self._repairs.append(f"{_printable(where)}: {what}")

    def refusal(self, name: str) -> Refusal | None:
        """Every refusal in one message about the file called `name`, with the reason of the first; None without any."""
        if not self._refusals:
            return None
        shown = "; ".join(text for _, text in self._refusals[:MAX_SHOWN])
        more = len(self._refusals) - MAX_SHOWN
        return Refusal(self._refusals[0][0], f"{name} {shown}{f'; and {more} more' if more > 0 else ''}")

    def repairs(self, before: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The repairs after those of an earlier stage, bounded in number and length."""
        every = [repair[:MAX_REPAIR_CHARACTERS] for repair in (*before, *self._repairs)]
        if len(every) <= MAX_REPAIRS:
            return tuple(every)
        return (*every[: MAX_REPAIRS - 1], f"and {len(every) - MAX_REPAIRS + 1} more")


def _printable(where: str) -> str:
    return where if where.isprintable() else where.encode("unicode_escape").decode()
