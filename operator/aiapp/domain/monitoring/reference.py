"""The reference page of all metrics, made from their definitions."""

from collections.abc import Iterator
from typing import Final

from aiapp.domain.monitoring.definitions import GROUPS, LABELS, Definition
from aiapp.domain.monitoring.objects import MOST_OBJECTS

INTRODUCTION: Final = f"""\
# Metrics of the operator

Scraped at `/metrics` of the operator's pod, without TLS, where `--health-address` listens. How to have them scraped,
which alerts there are and what the dashboards show: [monitoring](../how-to/monitoring.md). The model server in each pod
has [metrics of its own](model-server.md).

Reconciles, work queue and API server go by the names of controller-runtime and client-go, so that dashboards made for
those work. Names and labels are never renamed; new ones may be added. `process_*` and `python_*` are those of every
Python program.

**Cardinality is bounded.** No label holds what a user has written but the names of objects. An application has about
five series of its own, and two for each version that it serves; a version has about five; beyond {MOST_OBJECTS} objects
of a kind there are no more (`aiapp_metrics_omitted_objects`). All else depends on the number of kinds, runtimes,
reasons and kinds of NPUs alone.

Series under `namespace` and `name` speak of another object than the pod that is scraped: scrape with
`honorLabels: true`, or they become `exported_namespace`.
"""


def metrics_page() -> str:
    """Markdown: a table for each group, and one of the labels."""
    return "\n".join([INTRODUCTION, *(line for group in GROUPS for line in _group(group)), *_labels()])


def _group(group: str) -> Iterator[str]:
    yield from (f"## {group}", "", "| metric | type | labels | meaning |", "|---|---|---|---|")
    yield from map(_row, GROUPS[group])
    yield ""


def _row(one: Definition) -> str:
    labels = ", ".join(f"`{label}`" for label in one.labels) or "-"
    return f"| `{one.name}` | {one.kind} | {labels} | {_text(one.meaning)} |"


def _labels() -> Iterator[str]:
    yield from ("## Labels", "", "| label | meaning |", "|---|---|")
    yield from (f"| `{label}` | {_text(meaning)} |" for label, meaning in sorted(LABELS.items()))
    yield ""


def _text(meaning: str) -> str:
    return meaning.replace("|", "\\|")
