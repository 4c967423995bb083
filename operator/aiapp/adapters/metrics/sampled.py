"""Metrics that are not counted but looked up at each scrape."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from aiapp.domain.monitoring.sample import Sample

Samples = Callable[[], Iterable[Sample]]


class Sampled(Collector):
    """Tells what `take` has found of `samples`; every sample is of a gauge."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self._taken: tuple[Sample, ...] = ()

    def take(self) -> None:
        """Look, for the next scrape."""
        self._taken = tuple(self._samples())

    @override
    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for definition, labels, value in self._taken:
            family = families.get(definition.name)
            if family is None:
                family = GaugeMetricFamily(definition.name, definition.meaning, labels=definition.labels)
                families[definition.name] = family
            family.add_metric(labels, value)
        yield from families.values()

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """None: registering must not ask."""
        return iter(())
