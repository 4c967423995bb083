"""How long ago something was, as kubectl says it."""

from datetime import datetime
from typing import Final

_UNITS: Final = (("y", 365 * 86400), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def age(then: datetime, now: datetime) -> str:
    """The largest unit of which there are at least two, or else the smaller one: 90s, 5m, 36h, 12d, 2y."""
    seconds = max(int((now - then).total_seconds()), 0)
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= 2 * size), _UNITS[-1])
    return f"{seconds // size}{unit}"
