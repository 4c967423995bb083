"""A rollout in steps: how much of the way is gone. Pure."""

from collections.abc import Sequence
from typing import Final

from aiapp.api.steps import RolloutProgress
from aiapp.console.pictures.shapes import Box, Picture

WIDTH: Final = 720.0
HEIGHT: Final = 24.0
_STYLES: Final = {"Failed": "fill-bad", "RolledBack": "fill-bad", "Completed": "fill-good"}


def rollout_picture(record: RolloutProgress, steps: Sequence[int]) -> Picture:
    """Of a rollout whose steps end at these percents of the way."""
    gone = 0 if record.state == "RolledBack" else record.percent
    done = Box(0, 0, WIDTH * gone / 100, HEIGHT, _STYLES.get(record.state, "hue-0"), record.summary)
    rest = Box(done.width, 0, WIDTH - done.width, HEIGHT, "rest", record.summary)
    stops = sorted({*steps, 100})
    lines = tuple(Box(WIDTH * stop / 100 - 1, 0, 2, HEIGHT, "stop", f"{stop} %") for stop in stops)
    return Picture(WIDTH, HEIGHT, (done, rest, *lines), tuple(f"{stop} %" for stop in (0, *stops)))
