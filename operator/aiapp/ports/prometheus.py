"""Numbers that checks of steps ask for."""

from typing import Protocol


class PrometheusError(Exception):
    """There is no number; `str()` says why in half a sentence, free of labels and addresses."""


class Prometheus(Protocol):
    """Has numbers of what runs."""

    async def number(self, query: str, *, tenant: str) -> float:
        """The only number that a query yields; NaN and infinity are some. Raises `PrometheusError`."""
        ...
