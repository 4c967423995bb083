"""How an application fares."""

from typing import Any

import pytest
from tests.support.records import application, condition, deployed, fresh_version, normal_version, observed, pod

from aiapp.api.conditions import Reason
from aiapp.domain.application.adoption import name_taken
from aiapp.domain.application.observed import Children
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import QUICK_SECONDS, SILENT_SECONDS, Assessment, assess, noteworthy_pods
from aiapp.domain.conditions import Trouble
from aiapp.domain.records import ApplicationRecord, VersionRecord

FETCH = {"name": "fetch", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
STATE = {"waiting": {"reason": "ErrImagePull", "message": "no such host"}}
MODEL = {"name": "model", "ready": False}


IMPORTING = VersionRecord.parse(fresh_version().raw | {"status": {"observedGeneration": 1, "phase": "Importing"}})
SEEN = ApplicationRecord.parse(application().raw | {"status": {"observedGeneration": 1}})


def assessed(
    *deployments: dict[str, Any], pods: tuple[dict[str, Any], ...] = (), refused: Trouble | None = None
) -> Assessment:
    seen = observed(children=Children(deployments=deployments, pods=pods))
    return assess(seen, plan(seen), refused)


def test_it_runs_when_all_its_pods_are_ready() -> None:
    said = assessed(deployed())
    assert (said.phase, said.ready.state, said.ready.reason) == ("Running", "True", Reason.RUNNING)
    assert [f.type for f in said.findings] == [
        *("VersionsResolved", "WorkloadsAvailable", "NodesAvailable", "TrafficSplit"),
        "Ready",
    ]


def test_it_is_managed_when_nothing_is_to_be_served() -> None:
    seen = observed(application(spec__serving=None))
    said = assess(seen, plan(seen))
    assert (said.phase, said.ready.state, said.ready.reason) == ("Managed", "True", Reason.MANAGED)


def test_it_deploys_while_pods_start() -> None:
    said = assessed(deployed(ready=0))
    assert (said.phase, said.ready.reason) == ("Deploying", Reason.DEPLOYING)
    assert said.ready.message.startswith("deployment mnist-1-0-0: 0 of 1 pods ready; ")


def test_losing_a_pod_after_the_rollout_is_concerning() -> None:
    complete = [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]
    said = assessed(deployed(replicas=2, ready=1, conditions=complete))
    assert (said.phase, said.ready.reason) == ("Concerning", Reason.REPLICAS_UNAVAILABLE)


def test_a_rollout_that_has_just_begun_is_no_loss_of_pods() -> None:
    of_the_last_one = [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]
    changed = deployed(conditions=of_the_last_one)
    changed["metadata"]["generation"] = 2
    said = assessed(changed)
    assert (said.phase, said.ready.reason) == ("Deploying", Reason.DEPLOYING)


def test_it_waits_for_nodes() -> None:
    seen = observed(fleet=({"metadata": {"name": "n", "labels": {"kubernetes.io/arch": "arm64"}}},))
    said = assess(seen, plan(seen))
    assert (said.phase, said.ready.reason) == ("Waiting", Reason.WAITING_FOR_NODES)
    assert "Stalled" not in [f.type for f in said.findings]


def test_a_name_that_is_taken_stalls_it() -> None:
    said = assessed(refused=name_taken([{"kind": "Service", "metadata": {"name": "mnist"}}]))
    assert (said.phase, said.ready.reason) == ("Failed", Reason.NAME_TAKEN)
    assert said.ready.message.startswith("Service mnist exists and is not the operator's")
    assert [f.type for f in said.findings[-2:]] == ["Stalled", "Reconciling"]  # kstatus takes the first


@pytest.mark.parametrize(
    ("status", "reason", "message"),
    [
        pytest.param(
            {
                "initContainerStatuses": [
                    FETCH
                    | {
                        "lastState": {
                            "terminated": {
                                "exitCode": 3,
                                "message": '{"reason": "ContentChanged", "message": "object m/x.pth is no longer"}',
                            }
                        }
                    }
                ]
            },
            Reason.CONTENT_CHANGED,
            "object m/x.pth is no longer",
            id="the store holds something else",
        ),
        pytest.param(
            {
                "initContainerStatuses": [
                    FETCH
                    | {
                        "state": {
                            "terminated": {"exitCode": 4, "message": '{"reason": "AccessDenied", "message": "denied"}'}
                        }
                    }
                ]
            },
            Reason.FETCH_FAILED,
            "could not be fetched (AccessDenied): denied",
            id="the store denies",
        ),
        pytest.param(
            {"initContainerStatuses": [FETCH | {"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]},
            Reason.FETCH_FAILED,
            "could not be fetched: OOMKilled",
            id="the fetcher was killed",
        ),
        pytest.param(
            {
                "containerStatuses": [
                    MODEL
                    | {
                        "lastState": {
                            "terminated": {
                                "exitCode": 1,
                                "message": "noise\nStartFailed: customize_service.py:3: torch",
                            }
                        }
                    }
                ]
            },
            Reason.START_FAILED,
            "pod mnist-1-0-0-x: customize_service.py:3: torch",
            id="the package does not start",
        ),
        pytest.param(
            {
                "containerStatuses": [
                    MODEL
                    | {"image": "r/x:1", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}}
                ]
            },
            Reason.IMAGE_PULL_FAILED,
            "image r/x:1: not found",
            id="no such image",
        ),
        pytest.param(
            {
                "conditions": [
                    condition("PodScheduled", "False", "Unschedulable", "0/3 nodes are available: 3 Insufficient cpu.")
                ]
            },
            Reason.UNSCHEDULABLE,
            "3 Insufficient cpu",
            id="no room",
        ),
        pytest.param(
            {"conditions": [condition("PodScheduled", "False", "Undetermined", "all nodes are unavailable")]},
            Reason.UNSCHEDULABLE,
            "all nodes are unavailable",
            id="not even judged by Volcano for want of room",
        ),
    ],
)
def test_the_trouble_of_a_pod_is_told(status: dict[str, Any], reason: Reason, message: str) -> None:
    said = assessed(deployed(ready=0), pods=(pod(**status),))
    assert said.ready.reason is reason
    assert message in said.ready.message


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        pytest.param('pods "x" is forbidden: exceeded quota: small', Reason.QUOTA_EXCEEDED, id="quota"),
        pytest.param('pods "x" is forbidden: violates PodSecurity "restricted"', Reason.POD_REFUSED, id="pod security"),
    ],
)
def test_pods_that_may_not_be_made_are_told(failure: str, reason: Reason) -> None:
    child = deployed(ready=0, conditions=[condition("ReplicaFailure", "True", "FailedCreate", failure)])
    assert assessed(child).ready.reason is reason


def test_a_rollout_that_takes_too_long_is_told() -> None:
    child = deployed(ready=0, conditions=[condition("Progressing", "False", "ProgressDeadlineExceeded")])
    said = assessed(child)
    assert (said.phase, said.ready.reason) == ("Failed", Reason.DEPLOY_TIMEOUT)


@pytest.mark.parametrize(
    ("first", "second", "actual"),
    [
        ((3, 90), (1, 10), [75, 25]),
        ((9, 90), (1, 10), [90, 10]),
        ((1, 50), (2, 50), [33, 67]),
        ((0, 90), (0, 10), [0, 0]),
    ],
)
def test_traffic_is_split_by_ready_pods(first: tuple[int, int], second: tuple[int, int], actual: list[int]) -> None:
    weights = [{"version": "1.0.0", "weight": first[1]}, {"version": "1.1.0", "weight": second[1]}]
    children = Children(
        deployments=(deployed("1.0.0", replicas=9, ready=first[0]), deployed("1.1.0", replicas=9, ready=second[0]))
    )
    app = application(spec__serving__versions=weights)
    seen = observed(app, normal_version(), normal_version("1.1.0"), children=children)
    said = assess(seen, plan(seen))
    assert [t["actualWeight"] for t in said.status["traffic"]] == actual
    split = next(f for f in said.findings if f.type == "TrafficSplit")
    assert (split.state == "True") is (actual == [first[1], second[1]])


def test_versions_are_listed_newest_first() -> None:
    seen = observed(None, normal_version("1.9.0"), normal_version("1.10.0"), normal_version("1.0.0"))
    status = assess(seen, plan(seen)).status
    assert [v["version"] for v in status["versions"]] == ["1.10.0", "1.9.0", "1.0.0"]
    assert (status["latestVersion"], status["latestReadyVersion"]) == ("1.10.0", "1.10.0")


def split_of(said: Assessment) -> tuple[str, str]:
    found = next(f for f in said.findings if f.type == "TrafficSplit")
    return found.state, found.reason


@pytest.mark.parametrize(
    ("children", "split"),
    [
        pytest.param((), ("Unknown", "Pending"), id="nothing is deployed yet"),
        pytest.param((deployed(ready=0),), ("Unknown", "Pending"), id="no pod is ready"),
        pytest.param((deployed(replicas=2, ready=1),), ("True", "Succeeded"), id="some are ready"),
        pytest.param((deployed("0.9.0"), deployed(ready=0)), ("False", "ByReplicas"), id="another one has it all"),
    ],
)
def test_the_only_version_gets_all_the_traffic_as_soon_as_there_is_any(
    children: tuple[dict[str, Any], ...], split: tuple[str, str]
) -> None:
    assert split_of(assessed(*children)) == split


def test_an_application_that_wants_no_pods_is_stopped_and_ready() -> None:
    said = assessed(deployed(replicas=0))
    assert (said.phase, said.ready.state, said.ready.reason) == ("Stopped", "True", Reason.SCALED_TO_ZERO)
    assert "replicas: 0" in said.ready.message
    assert split_of(said) == ("Unknown", "Pending")


def test_while_a_new_version_fails_it_is_told_which_one_serves() -> None:
    said = assessed(deployed("0.9.0"), deployed(ready=0), pods=(pod(initContainerStatuses=[FETCH | {"state": STATE}]),))
    assert said.ready.reason is Reason.IMAGE_PULL_FAILED
    assert "; 0.9.0 goes on serving meanwhile; " in said.ready.message


def test_a_container_that_runs_and_is_not_healthy_in_time_is_told() -> None:
    child = deployed(ready=0, conditions=[condition("Progressing", "False", "ProgressDeadlineExceeded")])
    said = assessed(child, pods=(pod(containerStatuses=[MODEL | {"state": {"running": {}}}]),))
    assert said.ready.reason is Reason.PROBE_FAILING
    assert "its health check did not succeed within 1200 s" in said.ready.message


@pytest.mark.parametrize(
    ("app", "version", "seconds", "wait"),
    [
        pytest.param(application(), fresh_version(), 0.0, SILENT_SECONDS, id="both are new"),
        pytest.param(application(), fresh_version(), 28.0, 2.0, id="both are new for long"),
        pytest.param(application(), fresh_version(), 30.0, None, id="both are new for too long"),
        pytest.param(application(), IMPORTING, 2.0, 1.0, id="the import is reported"),
        pytest.param(application(), IMPORTING, 3.0, None, id="the import takes longer"),
        pytest.param(
            application(), fresh_version(spec__version="2.0.0"), 0.0, QUICK_SECONDS, id="there is no such version"
        ),
        pytest.param(application(), normal_version(), 0.0, None, id="the version is imported"),
        pytest.param(SEEN, fresh_version(), 0.0, None, id="an application that was told of before"),
    ],
)
def test_a_new_application_is_not_said_to_wait_for_its_version_at_once(
    app: ApplicationRecord, version: VersionRecord, seconds: float, wait: float | None
) -> None:
    seen = observed(app, version, seconds=seconds)
    assert assess(seen, plan(seen)).retry_after == wait


def test_what_changed_since_it_was_last_told_of_is_an_event() -> None:
    (event,) = assessed(deployed()).events
    assert (event.type, event.reason) == ("Normal", Reason.RUNNING)


DONE = {"name": "fetch", "state": {"terminated": {"exitCode": 0, "message": "{}"}}}
LATE = [condition("Progressing", "False", "ProgressDeadlineExceeded")]


@pytest.mark.parametrize(
    ("child", "status", "tells"),
    [
        pytest.param(deployed(ready=0), {}, False, id="it has just been made"),
        pytest.param(deployed(ready=0), {"initContainerStatuses": [DONE]}, False, id="it has fetched"),
        pytest.param(deployed(), {"containerStatuses": [MODEL | {"ready": True}]}, False, id="it runs"),
        pytest.param(
            deployed(ready=0), {"initContainerStatuses": [FETCH | {"state": STATE}]}, True, id="it cannot be started"
        ),
        pytest.param(deployed(ready=0, conditions=LATE), {}, True, id="it is late"),
        pytest.param(
            deployed("0.9.0"), {"initContainerStatuses": [FETCH | {"state": STATE}]}, False, id="of no version"
        ),
    ],
)
def test_only_pods_that_tell_something_have_to_be_proved_to_be_ours(
    child: dict[str, Any], status: dict[str, Any], *, tells: bool
) -> None:
    assert bool(noteworthy_pods([pod(**status)], [child], [normal_version()])) is tells
