"""Traces are wanted where their packages are not installed."""

import sys

import pytest

from aiapp.adapters.metrics.metrics import Metrics
from aiapp.adapters.tracing import TracingUnavailableError
from aiapp.settings import Settings
from aiapp.wiring.configured import metrics_of


def test_the_operator_says_which_packages_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(TracingUnavailableError, match=r"aiapp-operator\[traces\]"):
        metrics_of(Settings(traces=True), "api:443")


def test_without_the_setting_nothing_of_them_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert type(metrics_of(Settings(), "api:443")) is Metrics
