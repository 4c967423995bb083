"""Arithmetic with moments that a status or an object names, which may be any. Pure."""

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
