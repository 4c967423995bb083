"""Pages of a terminal: sections of names and values, as `kubectl describe` has them."""

from collections.abc import Iterable, Iterator
from typing import Final

import click

from aiapp.domain.printable import printable

INDENT: Final = "  "
LONGEST: Final = 4096

Pair = tuple[str, str | None]


def pairs(facts: Iterable[Pair]) -> Iterator[str]:
    """Names and values in two columns, one a line; those without a value are left out. Values may be coloured."""
    known = [(name, value) for name, value in facts if value]
    width = max((len(name) for name, _ in known), default=0) + 1
    for name, value in known:
        yield f"{f'{name}:'.ljust(width)}  {value}"


def section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A title and what belongs below it; nothing where there is nothing."""
    known = list(lines)
    if known:
        yield ""
        yield click.style(f"{title}:", bold=True)
        yield from (f"{INDENT}{line}" for line in known)


def text(value: str | None) -> str | None:
    """What strangers wrote, on one line."""
    return None if value is None else printable(value, LONGEST)
