"""Lines of somebody else's on a terminal, and the end of a command that wrote there."""

import os
import re
import sys
from typing import Final, NoReturn

_COLOUR: Final = re.compile(r"(\x1b\[[0-9;]{0,32}m)")


def is_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout.isatty()


def unsteered(line: str) -> str:
    """The line without what would steer a terminal; colours stay."""
    if line.isprintable():
        return line
    return "".join(part if _COLOUR.fullmatch(part) else _plain(part) for part in _COLOUR.split(line))


def leave(code: int) -> NoReturn:
    """At once: threads with requests that are still under way need not end first."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _plain(text: str) -> str:
    return "".join(one if one.isprintable() or one == "\t" else "?" for one in text)
