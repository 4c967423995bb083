"""Rows as aligned columns for a terminal."""

from collections.abc import Iterable, Sequence

import click

from aiapp.cli.output.terminal import unsteered

GAP = "   "


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Each row as wide as its columns need; what colour adds to a cell does not count, and none steers a terminal."""
    lines = [tuple(head), *(tuple(map(unsteered, row)) for row in rows)]
    widths = [max(len(click.unstyle(line[place])) for line in lines) for place in range(len(head))]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(cells, widths, strict=True))
    return GAP.join(padded).rstrip()
