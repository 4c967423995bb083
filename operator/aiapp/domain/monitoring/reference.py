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

ABSENT: Final = {
    "controller_runtime_terminal_reconcile_errors_total": "No error is terminal: each is tried again, with growing "
    "delays. What the operator cannot do until somebody changes something is a condition `Stalled` of the object "
    "(`aiapp_application_condition`, `aiapp_version_condition`), and `requeue` among the results.",
    "controller_runtime_reconcile_timeouts_total": "A reconcile has no deadline of its own; each request in it has one "
    "(`rest_client_requests_total` and `aiapp_store_requests_total` with the code `<error>`), and a whole look at a "
    "package `AIAPP_IMPORT_SECONDS` (`aiapp_import_failures_total` with the reason LimitExceeded).",
    "rest_client_rate_limiter_duration_seconds": "Requests to the API server wait for no limiter on this side.",
    "leader_election_slowpath_total": "The way to the lease has no slow path.",
    "controller_runtime_webhook_*, certwatcher_*": "There is no webhook and no certificate.",
    "go_*": "It is a Python program: `python_*`.",
}
"""Names of controller-runtime and client-go that dashboards made for those ask for, and why they are not exported."""


def metrics_page() -> str:
    """Markdown: a table for each group, one of what is absent, and one of the labels."""
    return "\n".join([INTRODUCTION, *(line for group in GROUPS for line in _group(group)), *_absent(), *_labels()])


def _group(group: str) -> Iterator[str]:
    yield from (f"## {group}", "", "| metric | type | labels | meaning |", "|---|---|---|---|")
    yield from map(_row, GROUPS[group])
    yield ""


def _row(one: Definition) -> str:
    labels = ", ".join(f"`{label}`" for label in one.labels) or "-"
    return f"| `{one.name}` | {one.kind} | {labels} | {_text(one.meaning)} |"


def _absent() -> Iterator[str]:
    yield from (
        "## Not exported",
        "",
        "Panels of dashboards made for controller-runtime stay empty where they ask for these:",
        "",
    )
    yield from ("| name | why |", "|---|---|")
    for names, why in ABSENT.items():
        yield f"| {', '.join(f'`{name}`' for name in names.split(', '))} | {_text(why)} |"
    yield ""


def _labels() -> Iterator[str]:
    yield from ("## Labels", "", "| label | meaning |", "|---|---|")
    yield from (f"| `{label}` | {_text(meaning)} |" for label, meaning in sorted(LABELS.items()))
    yield ""


def _text(meaning: str) -> str:
    return meaning.replace("|", "\\|")
