from datetime import UTC, datetime

import pytest
from tests.support.fake_api import FakeApi

from aiapp.domain.resources import APPLICATIONS, Json
from aiapp.ports import ConflictError
from aiapp.reconcile.report import ATTEMPTS, Reporter, conditions

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLACE = ("ns", "mnist")


def ready(status: str, reason: str = "Deploying", generation: int = 1) -> Json:
    return {
        "type": "Ready",
        "status": status,
        "reason": reason,
        "message": "",
        "observedGeneration": generation,
    }


def application(**status: object) -> Json:
    metadata = {"name": "mnist", "namespace": "ns"}
    body = {"apiVersion": APPLICATIONS.api_version, "kind": "AIApplication", "metadata": metadata, "spec": {}}
    return body | ({"status": status} if status else {})


def reporter(api: FakeApi) -> Reporter:
    return Reporter(api, lambda: NOON)


def test_the_time_of_a_condition_changes_only_with_its_status() -> None:
    before = [{**ready("False"), "lastTransitionTime": "2025-01-01T00:00:00Z"}]
    (same,) = conditions(before, [ready("False", "FetchFailed", 2)], NOON)
    assert (same["lastTransitionTime"], same["reason"], same["observedGeneration"]) == (
        "2025-01-01T00:00:00Z",
        "FetchFailed",
        2,
    )
    (changed,) = conditions(before, [ready("True")], NOON)
    assert changed["lastTransitionTime"] == "2026-01-01T12:00:00Z"


def test_a_condition_that_is_not_given_is_dropped() -> None:
    before = [{**ready("False"), "type": "Stalled", "lastTransitionTime": "2025-01-01T00:00:00Z"}]
    assert [c["type"] for c in conditions(before, [ready("True")], NOON)] == ["Ready"]


async def test_a_status_that_says_the_same_is_not_written_again() -> None:
    api = FakeApi()
    seen = api.hold(application(), "u1")
    status = {"phase": "Running", "conditions": [ready("True")], "source": {"resolvedAt": "1"}}
    written = await reporter(api).write(APPLICATIONS, PLACE, "u1", status, seen)
    api.calls.clear()
    later = status | {"source": {"resolvedAt": "2"}}
    assert await reporter(api).write(APPLICATIONS, PLACE, "u1", later, written) is None
    assert api.calls == []


async def test_what_is_left_out_goes() -> None:
    api = FakeApi()
    seen = api.hold(application(phase="Failed", url="http://old"), "u1")
    written = await reporter(api).write(APPLICATIONS, PLACE, "u1", {"phase": "Managed"}, seen)
    assert written is not None
    assert written["status"] == {"phase": "Managed"}


async def test_an_object_that_changed_meanwhile_is_read_again_and_gets_its_status() -> None:
    api = FakeApi()
    seen = api.hold(application(), "u1")
    api.hold(application(), "u1")
    assert await reporter(api).write(APPLICATIONS, PLACE, "u1", {"phase": "Running"}, seen) is not None
    assert api.calls == ["replace_status", "get", "replace_status"]


async def test_a_namesake_with_another_uid_never_gets_the_status() -> None:
    api = FakeApi()
    seen = api.hold(application(), "u1")
    api.hold(application(), "u2")
    assert await reporter(api).write(APPLICATIONS, PLACE, "u1", {"phase": "Running"}, seen) is None
    assert "status" not in api.objects[APPLICATIONS, "ns", "mnist"]


async def test_an_object_that_is_gone_needs_no_status() -> None:
    api = FakeApi()
    seen = api.hold(application(), "u1")
    api.objects.clear()
    assert await reporter(api).write(APPLICATIONS, PLACE, "u1", {"phase": "Running"}, seen) is None


async def test_an_object_that_changes_all_the_time_is_left_to_the_queue() -> None:
    api = FakeApi()
    api.hold(application(), "u1")

    def disturb() -> None:
        api.hold(application(), "u1")
        api.before["replace_status"] = disturb

    api.before["replace_status"] = disturb
    with pytest.raises(ConflictError):
        await reporter(api).write(APPLICATIONS, PLACE, "u1", {"phase": "Running"}, None)
    assert api.calls.count("replace_status") == ATTEMPTS
