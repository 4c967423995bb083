"""What a user reads of what the API server refused, and of what nobody foresaw."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.support import documents
from tests.support.records import NOON, condition, stored
from tests.support.world import FakeCluster

from aiapp.api.conditions import Reason
from aiapp.api.version import AIApplicationVersion
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.ports.kubernetes import ApiError, ConflictError, NotFoundError, StaleError
from aiapp.reconcile.refusals import Reported, refusal
from aiapp.reconcile.shared_config_maps import TakenError

QUOTA = 'deployments.apps "mnist-1-0-0" is forbidden: exceeded quota: q, requested: count/deployments.apps=1'
KEY = Key(VERSIONS.kind, "team", "mnist-1.0.0")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(ApiError(403, "Forbidden", QUOTA), Reason.QUOTA_EXCEEDED, id="a quota"),
        pytest.param(ApiError(403, "Forbidden", "denied by policy"), Reason.WRITE_REFUSED, id="an admission policy"),
        pytest.param(ApiError(422, "Invalid", "hugepages need a limit"), Reason.WRITE_REFUSED, id="an invalid object"),
        pytest.param(
            ApiError(500, "InternalError", "failed calling webhook"), Reason.WRITE_REFUSED, id="a webhook that is gone"
        ),
        pytest.param(
            ApiError(500, "InternalError", "etcdserver: request is too large"), Reason.WRITE_REFUSED, id="too large"
        ),
        pytest.param(
            ConflictError(409, "Terminating", "is being deleted"), Reason.TERMINATING, id="a hanging deletion"
        ),
        pytest.param(TakenError("aiapp-manifest-1", "the manifest"), Reason.NAME_TAKEN, id="a stranger under the name"),
    ],
)
def test_what_a_person_can_mend_is_told_with_the_servers_words(error: ApiError, reason: Reason) -> None:
    trouble = refusal(error, "Deployment mnist-1-0-0")
    assert trouble is not None
    assert trouble.reason is reason
    assert "Deployment mnist-1-0-0" in trouble.message
    assert error.message in trouble.message


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ApiError(0, "Unreachable", "no answer"), id="no answer"),
        pytest.param(ApiError(503, "ServiceUnavailable", "etcd leader changed"), id="an outage"),
        pytest.param(ApiError(429, "TooManyRequests", "slow down"), id="too many requests"),
        pytest.param(ConflictError(409, "Conflict", "changed meanwhile"), id="a change meanwhile"),
        pytest.param(StaleError("changed meanwhile"), id="a status that is out of date"),
        pytest.param(NotFoundError(404, "NotFound", "gone"), id="an object that is gone"),
        pytest.param(
            ApiError(403, "Forbidden", "unable to create new content because it is being terminated"),
            id="a namespace that ends",
        ),
    ],
)
def test_what_passes_by_itself_is_not_told(error: ApiError) -> None:
    assert refusal(error) is None


class FailingWorld(FakeCluster):
    """A version whose reconcile ends as `error` says."""

    def __init__(self, error: Exception, *conditions: dict[str, Any], **status: Any) -> None:
        super().__init__()
        self.error = error
        document = stored(documents.version(), status={"phase": "Normal", "conditions": list(conditions), **status})
        self.hold(VERSIONS, document, "uid-1")
        self.reported = Reported(
            resource=VERSIONS,
            reconcile=self._reconcile,
            store=self.store,
            cluster=self.cluster,
            recorder=self.events,
            clock=lambda: NOON,
        )

    async def _reconcile(self, key: Key) -> Outcome:
        raise self.error

    async def fail(self) -> None:
        with pytest.raises(type(self.error)):
            await self.reported(KEY)

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(type_, reason) for type_, reason, _ in self.events.sent]

    @property
    def status(self) -> Json:
        found: Json = self.api.objects[VERSIONS, "team", "mnist-1.0.0"]["status"]
        return found

    def reason(self, type_: str) -> tuple[str, str]:
        return next((c["status"], c["reason"]) for c in self.status["conditions"] if c["type"] == type_)


async def test_a_refusal_is_reported_after_the_first_attempt_and_the_rest_of_the_status_stays() -> None:
    world = FailingWorld(ApiError(403, "Forbidden", QUOTA), condition("SourceResolved"), condition("Ready"))
    await world.fail()
    assert world.reason("Ready") == ("False", "QuotaExceeded")
    assert world.reason("Stalled") == ("True", "QuotaExceeded")
    assert world.reason("SourceResolved") == ("True", "Succeeded")
    assert (world.status["phase"], world.status["observedGeneration"]) == ("Failed", 1)
    assert world.sent == [("Warning", "QuotaExceeded")]


async def test_what_nobody_foresaw_is_reported_without_its_text() -> None:
    world = FailingWorld(ValueError("password=hunter2"))
    await world.fail()
    assert world.reason("Ready") == ("Unknown", "InternalError")
    assert "hunter2" not in str(world.status)
    assert "ValueError" in str(world.status)


async def test_the_same_failure_is_written_and_told_once() -> None:
    world = FailingWorld(ValueError("again"))
    await world.fail()
    await world.fail()
    assert world.api.writes == ["replace_status"]
    assert len(world.events.sent) == 1
    assert [(one["reason"], one["count"]) for one in world.status["events"]] == [("InternalError", 1)]


async def test_a_pinned_version_stays_ready_while_something_about_it_is_refused() -> None:
    world = FailingWorld(ApiError(403, "Forbidden", QUOTA), condition("Ready"), artifact={"pin": "sha256:1"})
    await world.fail()
    assert world.reason("Ready") == ("True", "Succeeded")
    assert world.reason("Reconciling") == ("True", "QuotaExceeded")
    assert world.status["phase"] == "Normal"
    assert world.sent == [("Warning", "QuotaExceeded")]


async def test_an_object_that_this_operator_cannot_read_names_the_field_and_waits_for_a_change() -> None:
    with pytest.raises(ValidationError) as caught:
        AIApplicationVersion.model_validate({"spec": {"application": "mnist", "version": "1", "source": {}}})
    world = FailingWorld(caught.value)
    assert await world.reported(KEY) == Outcome(failed=True)
    assert world.reason("Ready") == ("False", "SpecInvalid")
    assert "spec.version" in str(world.status)


async def test_words_of_an_admission_webhook_carry_no_control_characters() -> None:
    world = FailingWorld(ApiError(403, "Forbidden", "denied: \x1b[31mred\n" + "x" * 5000))
    await world.fail()
    (message,) = {c["message"] for c in world.status["conditions"]}
    assert message.isprintable()
    assert len(message) < 1100


async def test_an_object_that_changed_meanwhile_is_left_to_the_next_attempt() -> None:
    world = FailingWorld(ValueError())

    def change() -> None:
        held = world.api.objects[VERSIONS, "team", "mnist-1.0.0"]
        world.api.hold({**held, "spec": {**held["spec"], "displayName": "new"}}, "uid-1")

    world.api.before["replace_status"] = change
    await world.fail()
    assert "Ready" not in str(world.status)
    assert world.events.sent == []


async def test_an_outage_of_the_api_server_writes_nothing() -> None:
    world = FailingWorld(ApiError(503, "ServiceUnavailable", "etcd leader changed"), condition("Ready"))
    await world.fail()
    assert world.api.writes == []


async def test_an_application_is_told_what_to_do_as_well() -> None:
    world = FakeCluster()
    world.hold(APPLICATIONS, stored(documents.application()), "uid-1")

    async def refused(_: Key) -> Outcome:
        raise ApiError(403, "Forbidden", QUOTA)

    ports = {"store": world.store, "cluster": world.cluster, "recorder": world.events, "clock": lambda: NOON}
    reported = Reported(resource=APPLICATIONS, reconcile=refused, **ports)  # type: ignore[arg-type]
    with pytest.raises(ApiError):
        await reported(Key(APPLICATIONS.kind, "team", "mnist"))
    assert world.condition(APPLICATIONS, "mnist")["message"].endswith(
        "; ask for less in resources, or have the quota raised"
    )
