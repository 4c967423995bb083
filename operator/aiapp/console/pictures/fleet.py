"""The nodes as squares, each in the colour of its verdict. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from aiapp.console.pictures.shapes import Box, Entry, Picture

SIDE: Final = 18.0
GAP: Final = 4.0
COLUMNS: Final = 32
MOST: Final = 1024
"""Nodes in one picture."""
STYLES: Final = {"Compatible": "fill-good", "Unknown": "fill-wait", "Incompatible": "fill-bad"}


def fleet_picture(nodes: Sequence[tuple[str, str]]) -> Picture:
    """Of names and verdicts."""
    shown = nodes[:MOST]
    boxes = tuple(_square(place, name, verdict) for place, (name, verdict) in enumerate(shown))
    rows = -(-len(shown) // COLUMNS)
    columns = min(COLUMNS, max(1, len(shown)))
    return Picture(columns * (SIDE + GAP), rows * (SIDE + GAP), boxes, legend=_legend(verdict for _, verdict in shown))


def _square(place: int, name: str, verdict: str) -> Box:
    x, y = place % COLUMNS * (SIDE + GAP), place // COLUMNS * (SIDE + GAP)
    return Box(x, y, SIDE, SIDE, STYLES.get(verdict, "fill-calm"), f"{name}: {verdict}")


def _legend(verdicts: Iterable[str]) -> tuple[Entry, ...]:
    there = set(verdicts)
    return tuple(Entry(style, verdict) for verdict, style in STYLES.items() if verdict in there)
