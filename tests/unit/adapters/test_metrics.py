"""The text that Prometheus scrapes."""

import asyncio

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from aiapp.adapters.metrics.metrics import Metrics
from aiapp.api.conditions import Reason
from aiapp.controller.workers import RESULTS
from aiapp.domain.monitoring.definitions import GROUPS
from aiapp.domain.monitoring.sample import Sample
from aiapp.domain.monitoring.work import work_samples

ALL = [definition for group in GROUPS.values() for definition in group]


def metrics() -> Metrics:
    return Metrics("10.0.0.1:443")


def scraped(from_: Metrics) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(asyncio.run(from_.text()).decode())}


def value(from_: Metrics, series: str, **labels: str) -> float:
    samples = [sample for family in scraped(from_).values() for sample in family.samples]
    return sum(one.value for one in samples if one.name == series and labels.items() <= one.labels.items())


def everything() -> Metrics:
    told = metrics()
    told.expect(["Thing"], RESULTS, 4)
    told.added("Thing", 1)
    told.started("Thing", 0, 0.1)
    told.finished("Thing", 0.1)
    told.reconciled("Thing", "error", 0.1)
    told.requested("GET", "pods", 200, 0.1)
    told.stored("GET", 0, 0.1)
    told.registry_answered("HEAD", 200, 0.1)
    told.imported("invalid", Reason.CONFIG_INVALID, 0.1)
    told.job_ended("jobs.batch", "succeeded")
    told.registered(Reason.VERSION_TAKEN)
    told.fetched(Reason.SUCCEEDED, 12.0, 1000)
    told.rollout_ended("available", 30.0)
    told.ticket_asked("given")
    told.watch("Pod", lambda: 5.0)
    told.leader("a-lease", lambda: True)
    counted = set(told._instruments)
    told.sample(lambda: [Sample(one, ("x",) * len(one.labels), 1) for one in ALL if one not in counted])
    return told


def test_exactly_what_is_defined_is_exported_with_its_labels() -> None:
    families = {
        name: one for name, one in scraped(everything()).items() if not name.startswith(("process_", "python_"))
    }
    assert set(families) == {definition.name.removesuffix("_total") for definition in ALL}
    for definition in ALL:
        found = {label for s in families[definition.name.removesuffix("_total")].samples for label in s.labels}
        assert found - {"le"} == set(definition.labels)


def test_a_request_without_an_answer_has_a_code_of_its_own() -> None:
    assert value(everything(), "aiapp_store_requests_total", code="<error>", method="GET") == 1


def test_an_import_that_fails_counts_under_its_reason_and_one_that_does_not_under_none() -> None:
    told = everything()
    told.imported("valid", None, 2.0)
    assert value(told, "aiapp_import_failures_total") == 1
    assert value(told, "aiapp_import_failures_total", reason="ConfigInvalid") == 1
    assert value(told, "aiapp_import_duration_seconds_count", result="valid") == 1


def test_bytes_and_seconds_are_those_of_successful_fetches() -> None:
    told = everything()
    told.fetched(Reason.CONTENT_CHANGED, 99.0, 1000)
    assert value(told, "aiapp_fetch_bytes_total") == 1000
    assert value(told, "aiapp_fetch_duration_seconds_count") == 1
    assert value(told, "aiapp_fetches_total", result="failure", reason="ContentChanged") == 1


def test_a_kind_that_never_failed_has_a_zero_so_that_the_first_error_is_an_increase() -> None:
    told = metrics()
    told.expect(["Thing"], RESULTS, 4)
    names = {(s.name, s.labels.get("result")) for one in scraped(told).values() for s in one.samples}
    assert {("controller_runtime_reconcile_total", result) for result in RESULTS} <= names
    assert ("controller_runtime_reconcile_errors_total", None) in names


def test_work_in_progress_is_told_by_kind_also_while_a_kind_rests() -> None:
    told = metrics()
    told.sample(lambda: work_samples(lambda: {"Thing": [3.0, 5.0], "Other": []}))
    assert value(told, "controller_runtime_active_workers", controller="Thing") == 2
    assert value(told, "workqueue_unfinished_work_seconds", name="Thing") == 8
    assert value(told, "workqueue_longest_running_processor_seconds", name="Thing") == 5
    assert "Other" in {s.labels["name"] for s in scraped(told)["workqueue_unfinished_work_seconds"].samples}
