"""Traffic over time: which version got how much since when. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from aiapp.api.application_status import TrafficChange
from aiapp.console.pictures.shapes import Box, Entry, Picture, hue
from aiapp.console.rendering.words import moment
from aiapp.domain.listing.items import number_of

WIDTH: Final = 720.0
HEIGHT: Final = 120.0
LEAST_WIDTH: Final = 12.0
"""Of a split, however short it was: a picture shows that it was there."""


def traffic_picture(log: Sequence[TrafficChange], now: datetime) -> Picture | None:
    """Of a log, newest first, until now; None where there is nothing to see."""
    changes = sorted(log, key=lambda one: one.time)
    if not changes:
        return None
    widths = _widths([*(one.time for one in changes), max(now, changes[-1].time)])
    styles = _styles(changes)
    boxes: list[Box] = []
    x = 0.0
    for change, width in zip(changes, widths, strict=True):
        boxes.extend(_split(change.after, x, width, styles, moment(change.time)))
        x += width
    axis = (moment(changes[0].time), moment(now))
    legend = tuple(Entry(style, version) for version, style in styles.items())
    return Picture(WIDTH, HEIGHT, tuple(boxes), axis, legend)


def _widths(moments: Sequence[datetime]) -> list[float]:
    """Of the times between the moments: in proportion, once each has what it needs to be seen."""
    spans = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    left = WIDTH - LEAST_WIDTH * len(spans)
    whole = sum(spans) or 1.0
    return [LEAST_WIDTH + left * span / whole for span in spans]


def _styles(changes: Iterable[TrafficChange]) -> dict[str, str]:
    versions = {version for one in changes for version in (*one.before, *one.after)}
    return {version: hue(place) for place, version in enumerate(sorted(versions, key=number_of))}


def _split(shares: Mapping[str, int], x: float, width: float, styles: Mapping[str, str], since: str) -> Iterator[Box]:
    y = HEIGHT
    for version, style in styles.items():
        if share := shares.get(version, 0):
            height = HEIGHT * share / 100
            y -= height
            yield Box(x, y, width, height, style, f"{version}: {share} %, {since}")
