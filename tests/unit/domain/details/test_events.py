"""What happened, from statuses and from Events of Kubernetes together."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.records import stored

from aiapp.domain.details.events import kubernetes_event, subject, timeline
from aiapp.domain.details.phases import phase_of
from aiapp.domain.kubernetes.resources import Json


def past(reason: str, time: str, message: str = "m", **more: Any) -> Json:
    return {"time": time, "type": "Normal", "reason": reason, "message": message, "count": 1} | more


def version(*events: Json) -> Json:
    return stored(documents.version(), status={"events": list(events)})


def event(kind: str, name: str, reason: str, time: str | None, **more: Any) -> Json:
    return {
        "metadata": {"namespace": "team", "name": "e"},
        "involvedObject": {"kind": kind, "name": name},
        "reason": reason,
        "message": "m",
        "type": "Normal",
        "lastTimestamp": time,
    } | more


OWN = {"reportingComponent": "aiapp-operator"}


def test_the_newest_comes_last_wherever_it_is_from() -> None:
    raw = version(past("Normal", "2026-01-02T03:00:05Z"), past("ImportStarted", "2026-01-02T03:00:00Z"))
    sent = [event("Pod", "mnist-1-0-0-5d9c8b7f6c-x2x4z", "Pulled", "2026-01-02T03:00:02Z")]
    found = timeline([raw], sent, None)
    assert [one.reason for one in found] == ["ImportStarted", "Pulled", "Normal"]
    assert [one.phase for one in found] == ["Import", "ImagePulling", "Import"]


def test_what_happened_in_one_second_stays_in_its_order() -> None:
    now = "2026-01-02T03:00:05Z"
    raw = version(*(past(reason, now) for reason in ("Normal", "ArtifactPinned", "PackageValid", "ImportStarted")))
    found = [one.reason for one in timeline([raw], [], None)]
    assert found == ["ImportStarted", "PackageValid", "ArtifactPinned", "Normal"]


def test_what_the_operator_remembers_and_has_sent_is_told_once() -> None:
    raw = version(past("Normal", "2026-01-02T03:00:05Z"))
    sent = [
        event("AIApplicationVersion", "mnist-1.0.0", "Normal", "2026-01-02T03:00:06Z", **OWN),
        event("AIApplicationVersion", "mnist-1.0.0", "Normal", "2026-01-02T03:00:07Z", message="other", **OWN),
        event("AIApplicationVersion", "mnist-1.0.0", "Normal", "2026-01-02T03:00:08Z"),
    ]
    assert [one.time.second for one in timeline([raw], sent, None)] == [5, 7, 8]


def test_what_happened_again_has_its_count_and_first_time() -> None:
    raw = version(past("AccessDenied", "2026-01-02T03:00:05Z", count=3, firstTime="2026-01-02T02:00:00Z"))
    (found,) = timeline([raw], [], None)
    assert (found.count, found.first_time is not None and found.first_time.hour) == (3, 2)


@pytest.mark.parametrize(
    ("more", "time", "count"),
    [
        ({"lastTimestamp": "2026-01-02T03:00:05Z", "count": 4}, 5, 4),
        ({"lastTimestamp": None, "eventTime": "2026-01-02T03:00:06.123456Z"}, 6, 1),
        ({"lastTimestamp": None, "series": {"count": 9, "lastObservedTime": "2026-01-02T03:00:07Z"}}, 7, 9),
    ],
)
def test_an_event_of_either_form_is_read(more: Any, time: int, count: int) -> None:
    found = kubernetes_event(event("Pod", "p", "Pulled", None, **more))
    assert found is not None
    assert (found.time.second, found.count) == (time, count)


def test_an_event_without_a_time_is_left_out() -> None:
    assert kubernetes_event(event("Pod", "p", "Pulled", None)) is None


@pytest.mark.parametrize(
    ("kind", "name", "belongs"),
    [
        ("AIApplication", "mnist", True),
        ("AIApplication", "mnist-1", False),
        ("AIApplicationVersion", "mnist-1.0.0", True),
        ("AIApplicationVersion", "mnist-2.0.0", False),
        ("Deployment", "mnist-1-0-0", True),
        ("ReplicaSet", "mnist-1-0-0-5d9c8b7f6c", True),
        ("Pod", "mnist-1-0-0-5d9c8b7f6c-x2x4z", True),
        ("Pod", "mnist-1-0-0-1-5d9c8b7f6c-x2x4z", False),
        ("ReplicaSet", "mnist-1-0-0-1-5d9c8b7f6c", False),
        ("Deployment", "mnist-1-0-0-1", False),
        ("Node", "mnist-1-0-0", False),
    ],
)
def test_an_application_has_its_versions_and_what_is_made_of_them(kind: str, name: str, belongs: bool) -> None:
    assert subject("mnist", ["1.0.0"], whole=True).has(kind, name) is belongs


def test_a_version_alone_has_nothing_of_its_application() -> None:
    assert not subject("mnist", ["1.0.0"], whole=False).has("AIApplication", "mnist")


@pytest.mark.parametrize(
    ("kind", "reason", "phase"),
    [
        ("AIApplicationVersion", "AccessDenied", "Import"),
        ("AIApplicationVersion", "ImageCopying", "ImageBuilding"),
        ("AIApplication", "Scheduled", "Scheduling"),
        ("Pod", "FailedScheduling", "Scheduling"),
        ("AIApplication", "EnvironmentPrepared", "EnvironmentPreparation"),
        ("AIApplication", "ImagePullFailed", "ImagePulling"),
        ("AIApplication", "PodReady", "ModelStart"),
        ("AIApplication", "WaitingForNodes", "Waiting"),
        ("AIApplication", "RolledBack", "Rollback"),
        ("AIApplication", "AutoStopped", "Stop"),
        ("AIApplication", "Deploying", "Rollout"),
        ("Pod", "Killing", "Stop"),
    ],
)
def test_every_event_has_the_phase_that_it_happens_in(kind: str, reason: str, phase: str) -> None:
    assert phase_of(kind, reason) == phase
