import logging
from datetime import UTC, datetime

import pytest
from tests.support.fake_api import FakeApi

from aiapp.controller.status_writer import ATTEMPTS, StatusWriter, conditions
from aiapp.domain.kubernetes.resources import APPLICATIONS, Json
from aiapp.ports.kubernetes import NotFoundError, StaleError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


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


class Rig:
    """A reporter over an API server in memory."""

    def __init__(self) -> None:
        self.api = FakeApi()
        self.reporter = StatusWriter(self.api, lambda: NOON)

    async def write(self, observed: Json, **status: object) -> Json | None:
        return await self.reporter.write(APPLICATIONS, observed, dict(status))

    @property
    def stored(self) -> Json:
        return self.api.objects[APPLICATIONS, "ns", "mnist"]


@pytest.fixture
def rig() -> Rig:
    return Rig()


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


async def test_a_status_that_says_the_same_is_not_written_again(rig: Rig) -> None:
    seen = rig.api.hold(application(), "u1")
    status = {"phase": "Running", "conditions": [ready("True")]}
    written = await rig.write(seen, **status, source={"resolvedAt": "1"})
    assert written is not None
    rig.api.calls.clear()
    assert await rig.write(written, **status, source={"resolvedAt": "2"}) is None
    assert rig.api.calls == []


async def test_a_change_of_ready_is_one_line_of_the_log_and_nothing_else_is_one(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "aiapp")
    seen = rig.api.hold(application(), "u1")
    failed = ready("False", "FetchFailed") | {"message": "pod mnist-0: no space"}
    written = await rig.write(seen, phase="Failed", conditions=[failed])
    assert caplog.messages == ["AIApplication ns/mnist: Ready=False, FetchFailed: pod mnist-0: no space"]
    assert written is not None
    await rig.write(written, phase="Deploying", conditions=[failed, ready("True") | {"type": "Reconciling"}])
    assert len(caplog.messages) == 1


async def test_what_is_left_out_goes(rig: Rig) -> None:
    seen = rig.api.hold(application(phase="Failed", url="http://old"), "u1")
    written = await rig.write(seen, phase="Managed")
    assert written is not None
    assert written["status"] == {"phase": "Managed"}


async def test_a_change_of_metadata_alone_does_not_hinder_a_status(rig: Rig) -> None:
    seen = rig.api.hold(application(), "u1")
    labelled = application()
    labelled["metadata"]["labels"] = {"team": "vision"}
    rig.api.hold(labelled, "u1")
    assert await rig.write(seen, phase="Running") is not None
    assert rig.api.calls == ["replace_status", "get", "replace_status"]


CHANGES = [
    pytest.param(application(phase="Deploying"), "u1", id="another writer's status"),
    pytest.param(application() | {"spec": {"description": "other"}}, "u1", id="another spec"),
    pytest.param(application(), "u2", id="a namesake with another uid"),
    pytest.param(
        application() | {"metadata": {"name": "mnist", "namespace": "ns", "deletionTimestamp": "2026-01-01T00:00:00Z"}},
        "u1",
        id="its deletion",
    ),
]


@pytest.mark.parametrize(("change", "uid"), CHANGES)
async def test_what_changed_since_the_status_was_computed_is_never_written_over(
    rig: Rig, change: Json, uid: str
) -> None:
    seen = rig.api.hold(application(), "u1")
    latest = rig.api.hold(change, uid)
    with pytest.raises(StaleError):
        await rig.write(seen, phase="Running")
    assert rig.stored == latest


async def test_a_status_that_another_writer_wrote_in_the_same_words_is_no_conflict(rig: Rig) -> None:
    seen = rig.api.hold(application(), "u1")
    rig.api.hold(application(phase="Running"), "u1")
    assert await rig.write(seen, phase="Running") is None


@pytest.mark.parametrize("is_gone", [pytest.param(True, id="gone"), pytest.param(False, id="a stray 404")])
async def test_an_object_that_is_not_found_has_its_reconcile_tried_again(rig: Rig, is_gone: bool) -> None:
    seen = rig.api.hold(application(), "u1")

    def not_found() -> None:
        rig.api.before["get"] = not_found
        raise NotFoundError(404, "NotFound", "mnist")

    rig.api.before["replace_status"] = not_found
    if is_gone:
        rig.api.objects.clear()
    with pytest.raises(StaleError, match="is gone"):
        await rig.write(seen, phase="Running")


async def test_an_object_that_changes_all_the_time_is_left_to_the_queue(rig: Rig) -> None:
    seen = rig.api.hold(application(), "u1")

    def disturb() -> None:
        rig.api.hold(application(), "u1")
        rig.api.before["replace_status"] = disturb

    disturb()
    with pytest.raises(StaleError):
        await rig.write(seen, phase="Running")
    assert rig.api.calls.count("replace_status") == ATTEMPTS
