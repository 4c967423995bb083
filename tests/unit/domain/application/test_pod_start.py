"""How the first pods of a version came up, as the status of an application remembers it."""

from typing import Any

from tests.support.records import pod

from aiapp.api.application_status import Traffic
from aiapp.api.events import PastEvent
from aiapp.domain.application.pod_start import newest_ready, start_phases, starts

READY = [
    {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-02T03:04:06Z"},
    {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T03:05:00Z"},
]
FETCHED = {"startedAt": "2026-01-02T03:04:10Z", "finishedAt": "2026-01-02T03:04:40Z"}
CAME_UP: Any = {
    "conditions": READY,
    "initContainerStatuses": [{"name": "fetch", "state": {"terminated": FETCHED}}],
    "containerStatuses": [{"name": "model", "state": {"running": {"startedAt": "2026-01-02T03:04:45Z"}}}],
}


def share(ready: int, version: str = "1.0.0") -> Traffic:
    return Traffic(version=version, weight=100, actual_weight=100, replicas=1, ready=ready)


def up(name: str = "a", number: str = "1.0.0") -> Any:
    return pod(number, name, **CAME_UP) | {"spec": {"nodeName": "npu-1"}}


def test_each_phase_has_the_time_that_the_pod_gives_and_how_long_it_took() -> None:
    found = [(one["time"], one["reason"], one["message"]) for one in start_phases("1.0.0", up())]
    assert found == [
        ("2026-01-02T03:04:06Z", "Scheduled", "1.0.0: pod a goes to node npu-1"),
        (
            "2026-01-02T03:04:40Z",
            "EnvironmentPrepared",
            "1.0.0: model fetched and environment prepared in 30 s",
        ),
        ("2026-01-02T03:04:45Z", "ContainerStarted", "1.0.0: image pulled and container started 5 s later"),
        ("2026-01-02T03:05:00Z", "PodReady", "1.0.0: pod a is ready 15 s after its start"),
    ]


def test_what_a_pod_does_not_say_or_says_wrongly_is_left_out() -> None:
    strange: Any = {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "yesterday"}]}
    assert list(start_phases("1.0.0", pod(**strange))) == []
    assert list(start_phases("1.0.0", pod())) == []
    without_init = up() | {"status": {**CAME_UP, "initContainerStatuses": None}}
    assert [one["reason"] for one in start_phases("1.0.0", without_init)] == [
        "Scheduled",
        "ContainerStarted",
        "PodReady",
    ]


def test_only_a_version_that_gets_its_first_ready_pod_is_told_of() -> None:
    pods = {"1.0.0": up()}
    assert len(starts([], [share(1)], pods, ())) == 4
    assert len(starts([share(0)], [share(1)], pods, ())) == 4
    assert starts([share(1)], [share(2)], pods, ()) == []
    assert starts([share(0)], [share(0)], pods, ()) == []
    assert starts([], [share(1, "2.0.0")], pods, ()) == []


def test_a_pod_that_is_remembered_is_not_told_of_again() -> None:
    pods = {"1.0.0": up()}
    known = [PastEvent.model_validate(one) for one in starts([], [share(1)], pods, ())]
    assert starts([share(0)], [share(1)], pods, known) == []
    assert len(starts([share(0)], [share(1)], {"1.0.0": up("b")}, known)) == 4


def test_of_several_pods_the_youngest_that_is_ready_counts() -> None:
    old, young, unready = up("a"), up("b"), pod("1.0.0", "c")
    young["metadata"]["creationTimestamp"] = "2026-01-02T03:04:06Z"
    unready["metadata"]["creationTimestamp"] = "2026-01-02T03:04:07Z"
    found = newest_ready([old, young, unready, up("d", "1.1.0")])
    assert {version: one["metadata"]["name"] for version, one in found.items()} == {"1.0.0": "b", "1.1.0": "d"}
