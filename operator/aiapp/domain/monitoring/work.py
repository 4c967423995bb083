"""Samples of work in progress. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from aiapp.domain.monitoring import definitions
from aiapp.domain.monitoring.sample import Sample


def work_samples(ages: Callable[[], Mapping[str, Sequence[float]]]) -> Iterator[Sample]:
    """From the seconds that each reconcile in progress has taken, by kind."""
    for kind, seconds in ages().items():
        yield Sample(definitions.ACTIVE, (kind,), len(seconds))
        yield Sample(definitions.UNFINISHED, (kind,), sum(seconds))
        yield Sample(definitions.LONGEST, (kind,), max(seconds, default=0.0))
