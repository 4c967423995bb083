"""Prometheus' instruments, made from definitions."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from aiapp.domain.monitoring.definitions import Definition


def counter(definition: Definition, registry: CollectorRegistry) -> Counter:
    return Counter(definition.name, definition.meaning, definition.labels, registry=registry)


def gauge(definition: Definition, registry: CollectorRegistry) -> Gauge:
    return Gauge(definition.name, definition.meaning, definition.labels, registry=registry)


def histogram(definition: Definition, registry: CollectorRegistry) -> Histogram:
    return Histogram(
        definition.name, definition.meaning, definition.labels, registry=registry, buckets=definition.buckets
    )
