import pytest
from tests.support.fake_api import FakeApi

from aiapp.controller.apply import Applier, digest
from aiapp.domain.kubernetes.naming import APPLIED_ANNOTATION
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, Json
from aiapp.ports.kubernetes import ApiError, ApplyResult, ConflictError

OWNER = "uid-owner"
LABELS = {"app.kubernetes.io/managed-by": "aiapp-operator"}


def desired(**data: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "ns", "labels": LABELS, "ownerReferences": [{"uid": OWNER}]},
        "data": data,
    }


async def applied(api: FakeApi, **data: str) -> Json:
    return (await Applier(api).apply(desired(**data), None, OWNER)).object


async def test_an_absent_object_is_made_with_the_digest_of_what_was_applied() -> None:
    api = FakeApi()
    made = await Applier(api).apply(desired(a="1"), None, OWNER)
    assert made.result is ApplyResult.WRITTEN
    assert made.object["metadata"]["annotations"][APPLIED_ANNOTATION] == digest(desired(a="1"))


async def test_what_is_as_desired_costs_no_request() -> None:
    api = FakeApi()
    observed = await applied(api, a="1")
    api.calls.clear()
    assert (await Applier(api).apply(desired(a="1"), observed, OWNER)).result is ApplyResult.UNCHANGED
    assert api.calls == []


async def test_a_field_that_is_no_longer_wanted_is_written_although_all_that_is_wanted_is_there() -> None:
    api = FakeApi()
    observed = await applied(api, a="1", b="2")
    changed = await Applier(api).apply(desired(a="1"), observed, OWNER)
    assert changed.result is ApplyResult.WRITTEN
    assert changed.object["data"] == {"a": "1"}


async def test_an_edit_by_hand_is_mended() -> None:
    api = FakeApi()
    observed = await applied(api, a="1")
    edited = api.hold({**observed, "data": {"a": "by hand"}}, observed["metadata"]["uid"])
    assert (await Applier(api).apply(desired(a="1"), edited, OWNER)).object["data"] == {"a": "1"}


@pytest.mark.parametrize(
    ("labels", "owner"),
    [
        pytest.param({}, OWNER, id="without our label"),
        pytest.param(LABELS, "uid-of-another", id="with our label but another owner"),
    ],
)
async def test_a_strangers_object_is_not_touched(labels: dict[str, str], owner: str) -> None:
    api = FakeApi()
    metadata = {"name": "c", "namespace": "ns", "labels": labels, "ownerReferences": [{"uid": owner}]}
    strange = api.hold({**desired(a="theirs"), "metadata": metadata}, "uid-strange")
    result = await Applier(api).apply(desired(a="ours"), None, OWNER)
    assert result.result is ApplyResult.NAME_TAKEN
    assert result.object == strange
    assert api.objects[CONFIG_MAPS, "ns", "c"]["data"] == {"a": "theirs"}


async def test_a_strangers_object_that_appears_at_the_last_moment_is_not_touched() -> None:
    api = FakeApi()

    def appear() -> None:
        api.hold({**desired(a="theirs"), "metadata": {"name": "c", "namespace": "ns"}}, "uid-strange")

    api.before["apply"] = appear
    result = await Applier(api).apply(desired(a="ours"), None, OWNER)
    assert result.result is ApplyResult.NAME_TAKEN
    assert api.objects[CONFIG_MAPS, "ns", "c"]["data"] == {"a": "theirs"}


async def test_an_object_that_was_replaced_by_a_stranger_meanwhile_is_not_touched() -> None:
    api = FakeApi()
    observed = await applied(api, a="1")
    api.hold({**desired(a="theirs"), "metadata": {"name": "c", "namespace": "ns"}}, "uid-strange")
    result = await Applier(api).apply(desired(a="2"), observed, OWNER)
    assert result.result is ApplyResult.NAME_TAKEN


async def test_an_object_that_went_meanwhile_is_made_again() -> None:
    api = FakeApi()
    observed = await applied(api, a="1")
    api.objects.clear()
    assert (await Applier(api).apply(desired(a="2"), observed, OWNER)).object["data"] == {"a": "2"}


async def test_our_own_write_whose_answer_was_lost_is_recognised() -> None:
    api = FakeApi()
    await applied(api, a="1")
    assert (await Applier(api).apply(desired(a="1"), None, OWNER)).result is ApplyResult.UNCHANGED


async def test_an_object_that_is_being_deleted_is_waited_for() -> None:
    api = FakeApi()
    observed = await applied(api, a="1")
    going = {**observed, "metadata": {**observed["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    with pytest.raises(ConflictError, match="being deleted"):
        await Applier(api).apply(desired(a="1"), going, OWNER)


async def test_a_refusal_is_passed_on() -> None:
    api = FakeApi()

    def refuse() -> None:
        raise ApiError(403, "Forbidden", "exceeded quota")

    api.before["apply"] = refuse
    with pytest.raises(ApiError, match="exceeded quota"):
        await Applier(api).apply(desired(a="1"), None, OWNER)


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1})
