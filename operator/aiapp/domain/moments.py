"""Moments that a status or an object names, which may be any: read, written, reckoned with. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

LAST: Final = datetime.max.replace(tzinfo=UTC)
"""The last moment there is."""


def later(moment: datetime, by: timedelta) -> datetime:
    """So much later, or the last moment where that lies beyond it."""
    try:
        return moment + by
    except OverflowError:
        return LAST


def moment_of(text: object) -> datetime | None:
    """The moment that a text names as Kubernetes writes it; None for anything else."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def written(moment: datetime) -> str:
    """As Kubernetes writes it, to the second."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
