"""Lines of somebody else's on a terminal."""

import re
import sys
from typing import Final

_COLOUR: Final = re.compile(r"(\x1b\[[0-9;]{0,32}m)")


def is_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout.isatty()


def unsteered(line: str) -> str:
    """The line without what would steer a terminal; colours stay."""
    if line.isprintable():
        return line
    return "".join(part if _COLOUR.fullmatch(part) else _plain(part) for part in _COLOUR.split(line))


def _plain(text: str) -> str:
    return "".join(one if one.isprintable() or one == "\t" else "?" for one in text)
