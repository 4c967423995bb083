"""What applications and versions look like to Prometheus."""

from typing import Any

from tests.support import documents
from tests.support.records import NORMAL, condition, stored

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.monitoring import definitions as of
from aiapp.domain.monitoring import objects
from aiapp.domain.monitoring.definitions import Definition
from aiapp.domain.monitoring.objects import application_samples, version_samples
from aiapp.domain.monitoring.sample import Sample

MNIST = ("team", "mnist")
FIRST = ("team", "mnist-1.0.0")


def values(samples: Any, definition: Definition) -> dict[tuple[str, ...], float]:
    return {labels: value for of_, labels, value in samples if of_ is definition}


def application(name: str = "mnist", **status: Any) -> dict[str, Any]:
    return stored(documents.application(name), status=status)


def version(number: str = "1.0.0", **status: Any) -> dict[str, Any]:
    return stored(documents.version("mnist", number), status=status)


def waiting(name: str) -> dict[str, Any]:
    return application(
        name,
        phase="Waiting",
        conditions=[
            condition("VersionsResolved"),
            condition("WorkloadsAvailable", "False", "WaitingForNodes"),
            condition("Ready", "False", "WaitingForNodes"),
            condition("Reconciling", "True", "WaitingForNodes"),
        ],
    )


def test_an_application_is_counted_under_its_phase_and_told_by_ready_and_its_reason() -> None:
    samples = list(application_samples([waiting("mnist")]))
    assert values(samples, of.APPLICATIONS)[("Waiting",)] == 1
    assert values(samples, of.APPLICATIONS)[("Running",)] == 0
    assert values(samples, of.APPLICATION_READY) == {(*MNIST, "False"): 1}
    assert values(samples, of.APPLICATION_STATUS) == {(*MNIST, "Waiting", "WaitingForNodes"): 1}


def test_only_conditions_that_tell_something_have_a_series() -> None:
    assert values(application_samples([waiting("mnist")]), of.APPLICATION_CONDITION) == {
        (*MNIST, "WorkloadsAvailable", "False", "WaitingForNodes"): 1,
        (*MNIST, "Reconciling", "True", "WaitingForNodes"): 1,
    }


def test_wanted_and_actual_traffic_are_shares_of_one() -> None:
    traffic = [
        {"version": "1.0.0", "weight": 90, "actualWeight": 75, "replicas": 3, "ready": 3},
        {"version": "1.1.0", "weight": 10, "actualWeight": 25, "replicas": 1, "ready": 1},
    ]
    samples = list(application_samples([application(traffic=traffic, replicas=4, readyReplicas=4)]))
    assert values(samples, of.TRAFFIC_WANTED) == {(*MNIST, "1.0.0"): 0.9, (*MNIST, "1.1.0"): 0.1}
    assert values(samples, of.TRAFFIC_ACTUAL) == {(*MNIST, "1.0.0"): 0.75, (*MNIST, "1.1.0"): 0.25}
    assert values(samples, of.REPLICAS) == values(samples, of.READY_REPLICAS) == {MNIST: 4}


def test_a_version_tells_its_verdict_its_nodes_and_its_size() -> None:
    judged: Json = NORMAL | {"compatibility": {"verdict": "Compatible", "nodes": 5, "compatible": 3}}
    samples = list(version_samples([version(**judged)]))
    assert values(samples, of.VERDICT) == {(*FIRST, "Compatible"): 1}
    assert values(samples, of.VERDICTS) == {("Compatible",): 1, ("Incompatible",): 0, ("Unknown",): 0}
    assert values(samples, of.COMPATIBLE_NODES) == {FIRST: 3}
    assert values(samples, of.ARTIFACT_BYTES) == {FIRST: 3 << 20}
    assert values(samples, of.VERSION_CONDITION) == {}


def test_an_object_that_was_not_looked_at_yet_is_unknown() -> None:
    fresh = documents.version() | {"metadata": {"namespace": "team", "name": "mnist-1.0.0"}}
    samples = list(version_samples([fresh]))
    assert values(samples, of.VERSION_READY) == {(*FIRST, "Unknown"): 1}
    assert values(samples, of.VERSION_STATUS) == {(*FIRST, "Importing", ""): 1}
    assert values(samples, of.VERSIONS)[("Importing",)] == 1


def test_a_reason_that_is_none_of_ours_does_not_become_a_label() -> None:
    odd = version(conditions=[condition("Ready", "False", "MadeUp"), condition("Odd", "False", "MadeUp")])
    samples = list(version_samples([odd]))
    assert values(samples, of.VERSION_STATUS) == {(*FIRST, "Importing", "Unrecognized"): 1}
    assert values(samples, of.VERSION_CONDITION) == {}


def test_of_too_many_objects_those_that_are_ready_are_left_out_and_all_are_counted(monkeypatch: Any) -> None:
    monkeypatch.setattr(objects, "MOST_OBJECTS", 1)
    ready = application("a", phase="Running", conditions=[condition("Ready", reason="Running")])
    samples = list(application_samples([ready, waiting("b")]))
    assert values(samples, of.APPLICATION_READY) == {("team", "b", "False"): 1}
    assert values(samples, of.OMITTED) == {("AIApplication",): 1}
    assert sum(values(samples, of.APPLICATIONS).values()) == 2


def test_every_sample_has_as_many_labels_as_its_definition() -> None:
    normal = stored(documents.version(), status=NORMAL)
    samples: list[Sample] = [*application_samples([waiting("mnist")]), *version_samples([normal])]
    assert all(len(labels) == len(definition.labels) for definition, labels, _ in samples)
