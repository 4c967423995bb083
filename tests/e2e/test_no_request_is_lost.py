"""Clients ask an application through its Service all the time, over kept and new connections, while it changes."""

from collections.abc import Callable

import pytest
from tests.e2e.conftest import Installed
from tests.e2e.serving import NAME, RUNNING_SECONDS, SERVICE, Serving
from tests.support.kube import Object
from tests.support.load import Load
from tests.support.waiting import eventually

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, VERSION_LABEL

pytestmark = pytest.mark.timeout(900)

DRAIN_SECONDS = 100
"""The pod's own grace period, and some."""
REQUESTS = 600
"""So many more before and after a change."""
NEVER_STARTS = SERVICE.replace("self.content = file.read()", 'raise RuntimeError("this model does not load")')
CRASHES = SERVICE.replace("import time\n", "import threading\nimport time\n").replace(
    "self.content = file.read()",
    "self.content = file.read()\n        threading.Timer(10, os._exit, [1]).start()",
)
DIES = CRASHES.replace("os._exit, [1]", "os.system, ['kill 1; sleep 0.1; kill 1']")
"""Process 1 is the server, and a second SIGTERM ends it at once."""


def test_no_request_is_lost_while_another_version_takes_over_and_hands_back(serving: Serving) -> None:
    _two_versions(serving)
    with serving.asked() as load:
        for number, content in (("1.1.0", "two"), ("1.0.0", "one")):
            load.for_more(REQUESTS)
            serving.serve(number)
            serving.until_running(number)
            load.until_only(content)
            _until_pods(serving, 1)
        load.for_more(REQUESTS)
        assert load.failures() == []


def test_no_request_is_lost_while_another_version_takes_over_in_steps(serving: Serving) -> None:
    _two_versions(serving)
    serving.serve("1.0.0", replicas=2)
    eventually(lambda: len(serving.reached()) == 2, timeout=RUNNING_SECONDS)
    with serving.asked() as load:
        load.for_more(REQUESTS)
        serving.split(("1.1.0", 2, 100), strategy={"steps": [{"percent": 50, "pauseSeconds": 5}]})
        load.until_only("one", "two")
        load.until_only("two")
        serving.until_running("1.1.0")
        _until_pods(serving, 2)
        load.for_more(REQUESTS)
        assert load.failures() == []


def test_no_request_is_lost_while_a_person_rolls_back(serving: Serving) -> None:
    _two_versions(serving)
    with serving.asked() as load:
        serving.serve("1.1.0")
        serving.until_running("1.1.0")
        load.until_only("two")
        load.for_more(REQUESTS)
        serving.aiapp("rollback", NAME)
        serving.until_running("1.0.0")
        load.until_only("one")
        _until_pods(serving, 1)
        load.for_more(REQUESTS)
        assert load.failures() == []


def test_no_request_is_lost_while_a_person_takes_a_rollout_back_in_the_middle(serving: Serving) -> None:
    _two_versions(serving)
    serving.serve("1.0.0", replicas=2)
    eventually(lambda: len(serving.reached()) == 2, timeout=RUNNING_SECONDS)
    with serving.asked() as load:
        load.for_more(REQUESTS)
        serving.split(("1.1.0", 2, 100), strategy={"steps": [{"percent": 50, "approve": True}]})
        load.until_only("one", "two")
        load.for_more(REQUESTS)
        serving.aiapp("rollout", "abort", NAME)
        serving.until_running("1.0.0")
        load.until_only("one")
        _until_pods(serving, 2)
        load.for_more(REQUESTS)
        assert load.failures() == []


def test_no_request_is_lost_while_a_version_gets_other_pods(serving: Serving) -> None:
    serving.deployed("one")
    (before,) = serving.pods()
    with serving.asked() as load:
        load.for_more(REQUESTS)
        changed = {"version": "1.0.0", "replicas": 1, "weight": 100, "env": [{"name": "LEVEL", "value": "2"}]}
        serving.registry.serving(NAME, versions=[changed], **serving.entrance)
        serving.until_running()
        _until_pods(serving, 1)
        assert serving.pods()[0]["metadata"]["name"] != before["metadata"]["name"]
        load.for_more(REQUESTS)
        assert load.failures() == []


def test_no_request_is_lost_while_pods_are_added_and_taken_away(serving: Serving) -> None:
    serving.deployed("one")
    with serving.asked() as load:
        for replicas in (3, 1):
            load.for_more(REQUESTS)
            serving.serve(replicas=replicas)
            serving.until_running()
            eventually(lambda replicas=replicas: len(serving.reached()) == replicas)  # type: ignore[misc]
            _until_pods(serving, replicas)
        load.for_more(REQUESTS)
        assert load.failures() == []


def test_no_request_is_lost_when_a_pod_is_deleted_beside_another(serving: Serving) -> None:
    _gone_beside_another(serving, serving.registry.kube.delete)


def test_no_request_is_lost_when_a_pod_is_evicted_beside_another(serving: Serving) -> None:
    """As a drained node does it."""
    _gone_beside_another(serving, serving.evict)


def test_no_request_is_lost_when_the_only_pod_of_one_of_two_versions_is_deleted(serving: Serving) -> None:
    _two_versions(serving)
    serving.split(("1.0.0", 1, 50), ("1.1.0", 1, 50))
    with serving.asked() as load:
        load.until_only("one", "two")
        (gone,) = (pod for pod in serving.pods() if pod["metadata"]["labels"][VERSION_LABEL] == "1.1.0")
        serving.registry.kube.delete(gone)
        load.until_only("one")
        load.until_only("one", "two")
        load.for_more(REQUESTS)
        assert load.failures() == []


def _gone_beside_another(serving: Serving, end: Callable[[Object], object]) -> None:
    serving.deployed("one")
    serving.serve(replicas=2)
    eventually(lambda: len(serving.reached()) == 2, timeout=RUNNING_SECONDS)
    with serving.asked() as load:
        load.for_more(REQUESTS)
        gone = serving.pods()[0]
        end(gone)
        eventually(lambda: serving.registry.find("v1", "Pod", gone["metadata"]["name"]) is None, timeout=DRAIN_SECONDS)
        load.for_more(REQUESTS)
        assert load.failures() == []


def test_no_request_is_lost_while_another_version_is_stopped_and_resumed(serving: Serving) -> None:
    _two_versions(serving)
    serving.split(("1.0.0", 1, 50), ("1.1.0", 1, 50))
    with serving.asked() as load:
        load.until_only("one", "two")
        serving.split(("1.0.0", 1, 100), ("1.1.0", 1, 0))
        load.until_only("one")
        _until_pods(serving, 1)
        serving.split(("1.0.0", 1, 50), ("1.1.0", 1, 50))
        load.until_only("one", "two")
        load.for_more(REQUESTS)
        assert load.failures() == []


def test_no_request_is_lost_when_the_operator_dies_in_the_middle_of_a_rollout(
    serving: Serving, installed: Installed
) -> None:
    _two_versions(serving)
    with serving.asked() as load:
        load.for_more(REQUESTS)
        serving.serve("1.1.0")
        eventually(lambda: len(serving.pods()) == 2, timeout=RUNNING_SECONDS)
        _kill_the_operator(installed)
        serving.until_running("1.1.0")
        load.until_only("two")
        _until_pods(serving, 1)
        load.for_more(REQUESTS)
        assert load.failures() == []


def test_no_request_is_lost_to_a_version_that_never_becomes_ready(serving: Serving) -> None:
    _two_versions(serving, NEVER_STARTS)
    with serving.asked() as load:
        load.for_more(REQUESTS)
        serving.split(("1.0.0", 1, 50), ("1.1.0", 1, 50))
        eventually(lambda: _restarts(serving) >= 2, timeout=RUNNING_SECONDS)
        load.for_more(REQUESTS)
        assert set(load.results()) == {"one"}
        assert load.failures() == []


def test_a_version_that_crashes_under_load_fails_no_request_but_those_that_it_was_computing(serving: Serving) -> None:
    _two_versions(serving, CRASHES)
    with serving.asked() as load:
        load.for_more(REQUESTS)
        serving.split(("1.0.0", 1, 50), ("1.1.0", 1, 50))
        _until(load, lambda: load.results()["two"] >= REQUESTS)
        assert [failure for failure in load.failures() if "WorkerLost" not in failure.error] == []


def test_a_version_whose_pod_dies_in_a_step_is_taken_back_and_nothing_is_lost_any_more(serving: Serving) -> None:
    _two_versions(serving, DIES)
    serving.serve("1.0.0", replicas=2)
    eventually(lambda: len(serving.reached()) == 2, timeout=RUNNING_SECONDS)
    with serving.asked() as load:
        load.for_more(REQUESTS)
        strategy = {"steps": [{"percent": 50, "pauseSeconds": 600}], "onFailure": "Rollback"}
        application = serving.split(("1.1.0", 2, 100), strategy=strategy)
        load.until_only("one", "two")
        serving.registry.until(application, "RolloutCompleted", "False", "RolledBack", timeout=RUNNING_SECONDS)
        load.until_only("one")
        _until_pods(serving, 2)
        lost = load.failures()
        load.for_more(REQUESTS)
        assert load.failures() == lost


def _two_versions(serving: Serving, code: str = SERVICE) -> None:
    """1.0.0 serves and answers "one"; 1.1.0 is registered."""
    serving.deployed("one", "1.0.0")
    serving.upload("1.1.0", "two", code)
    serving.register("1.1.0")


def _until(load: Load, check: Callable[[], bool]) -> None:
    eventually(check, timeout=RUNNING_SECONDS)
    load.for_more(REQUESTS)


def _until_pods(serving: Serving, number: int) -> None:
    """Wait until there are so many pods in all, those that are ending too."""
    selector = f"{APPLICATION_LABEL}={NAME}"

    def pods() -> list[Object]:
        return serving.registry.kube.list("v1", "Pod", serving.registry.namespace, labelSelector=selector)

    eventually(lambda: len(pods()) == number, timeout=DRAIN_SECONDS)


def _restarts(serving: Serving) -> int:
    """How often containers of the application's pods have been started again."""
    states = [state for pod in serving.pods() for state in pod["status"].get("containerStatuses", ())]
    return sum(int(state["restartCount"]) for state in states)


def _kill_the_operator(installed: Installed) -> None:
    """End all its pods at once."""
    for pod in installed.kube.list("v1", "Pod", "aiapp-system", labelSelector="app.kubernetes.io/name=aiapp-operator"):
        installed.kube.delete(pod, gracePeriodSeconds=0)
