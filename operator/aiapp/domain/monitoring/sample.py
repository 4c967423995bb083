"""One value of a metric at one moment."""

from typing import NamedTuple

from aiapp.domain.monitoring.definitions import Definition


class Sample(NamedTuple):
    """A value under its labels, which stand in the order of the definition."""

    definition: Definition
    labels: tuple[str, ...]
    value: float
