"""What pictures are made of, in units of their own."""

from dataclasses import dataclass
from typing import Final

HUES: Final = 5
"""Colours that the style sheet has for things of one kind."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with a meaning."""

    x: float
    y: float
    width: float
    height: float
    style: str
    """Class of the style sheet."""
    title: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a colour of the picture stands for."""

    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Rectangles. Words stand beside it, for in it they would be as small as it is on a small screen."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    axis: tuple[str, ...] = ()
    """Words below it, from left to right."""
    legend: tuple[Entry, ...] = ()


def hue(place: int) -> str:
    """The class of the colour of that place in a legend."""
    return f"hue-{place % HUES}"
