"""Paths of pages, as the router reads them (what no object can be called has no page), and of pages of a list."""

from typing import Final

NAMESPACE: Final = "/n/{namespace:_all|[a-z0-9][-a-z0-9]{0,62}}"
NAME: Final = "{name:[a-z0-9][-a-z0-9.]{0,252}}"
APPLICATION: Final = f"{NAMESPACE}/applications/{NAME}"
VERSION: Final = f"{NAMESPACE}/versions/{NAME}"
MOST_EVENTS: Final = 30
"""Events on one page, the newest."""


def neighbours(offset: int, size: int, total: int) -> tuple[int | None, int | None]:
    """Where the pages of a list before and after this one begin; None: there is none."""
    end = offset + size
    return max(0, offset - size) if offset else None, end if end < total else None


def offset_of(text: str) -> int:
    """Where a page of a list begins; what is no number is the beginning."""
    return int(text) if text.isdecimal() and len(text) < 7 else 0
