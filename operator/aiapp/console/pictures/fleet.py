"""The nodes as squares, each in the colour of how much of it is in use. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from aiapp.console.pictures.shapes import Box, Entry, Picture

SIDE: Final = 18.0
GAP: Final = 4.0
COLUMNS: Final = 32
MOST: Final = 1024
"""Nodes in one picture."""
STYLES: Final = {
    "Free": "fill-good",
    "Partly": "fill-wait",
    "Full": "fill-bad",
    "NoDevices": "fill-calm",
    "Unknown": "rest",
}


def fleet_picture(nodes: Sequence[tuple[str, str]]) -> Picture:
    """Of names, and how much of each is in use."""
    shown = nodes[:MOST]
    boxes = tuple(_square(place, name, use) for place, (name, use) in enumerate(shown))
    rows = -(-len(shown) // COLUMNS)
    return Picture(COLUMNS * (SIDE + GAP), rows * (SIDE + GAP), boxes, legend=_legend(use for _, use in shown))


def _square(place: int, name: str, use: str) -> Box:
    x, y = place % COLUMNS * (SIDE + GAP), place // COLUMNS * (SIDE + GAP)
    return Box(x, y, SIDE, SIDE, STYLES.get(use, "fill-calm"), f"{name}: {use}")


def _legend(uses: Iterable[str]) -> tuple[Entry, ...]:
    there = set(uses)
    return tuple(Entry(style, use) for use, style in STYLES.items() if use in there)
