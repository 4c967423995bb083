"""Handwritten digits as a person can see them on a terminal."""

from collections.abc import Sequence

SIDE = 8
SHADES = " .:-=+*#@"


def drawn(pictures: Sequence[Sequence[float]]) -> str:
    """The pictures side by side, two characters a point."""
    rows = (("   ".join(_row(picture, row) for picture in pictures)).rstrip() for row in range(SIDE))
    return "\n".join(rows)


def _row(picture: Sequence[float], row: int) -> str:
    return "".join(2 * SHADES[int(shade) // 2] for shade in picture[row * SIDE : (row + 1) * SIDE])
