"""What was written is known at once, and never brings the writer back to work."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.support import documents
from tests.support.fake_api import FakeApi
from tests.support.records import stored

from aiapp.controller.cache import Cache, Change
from aiapp.controller.write_through import WriteThrough
from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, EVENTS, SECRETS, VERSIONS, Json, Resource
from aiapp.ports.kubernetes import Api, ConflictError, NotFoundError

OURS = {MANAGED_BY_LABEL: MANAGED_BY}


class Rig:
    def __init__(self) -> None:
        self.server, self.cache = FakeApi(), Cache[Any](facts=lambda _: None)
        self.api = WriteThrough(self.server, self.cache)
        self.changes: list[Change] = []
        self.cache.listen(self.changes.append)

    def known(self, resource: Resource = CONFIG_MAPS, name: str = "c") -> Json | None:
        return self.cache.get(resource, "team", name)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def config_map(**metadata: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "team", "labels": OURS, **metadata},
        "data": {"large": "content"},
    }


def state(document: Json) -> dict[str, str]:
    return {key: document["metadata"][key] for key in ("uid", "resourceVersion")}


WRITES = [
    pytest.param(False, lambda api: api.create(config_map()), id="create"),
    pytest.param(True, lambda api: api.apply(config_map(), force=True), id="apply"),
    pytest.param(
        True,
        lambda api: api.patch(CONFIG_MAPS, "team", "c", {"metadata": {"ownerReferences": [{"uid": "u"}]}}),
        id="patch",
    ),
]


@pytest.mark.parametrize(("exists", "write"), WRITES)
async def test_what_was_written_is_known_as_the_server_has_it_and_as_the_watch_keeps_it(
    rig: Rig, exists: bool, write: Callable[[Api], Awaitable[Json]]
) -> None:
    if exists:
        rig.server.hold(config_map(), "u")
    written = await write(rig.api)
    known = rig.known()
    assert known is not None
    assert (state(known), "data" in known) == (state(written), False)
    assert [change.own for change in rig.changes] == [True]


async def test_an_object_of_our_own_kinds_that_was_created_is_news_to_its_reconciler(rig: Rig) -> None:
    await rig.api.create(documents.version() | {"metadata": {"name": "mnist-1.0.0", "namespace": "team"}})
    assert [(change.resource, change.own) for change in rig.changes] == [(VERSIONS, False)]


async def test_a_status_that_was_written_is_known(rig: Rig) -> None:
    seen = rig.server.hold(stored(documents.application()), "u")
    document = {**seen, "status": {"phase": "Running"}}
    await rig.api.replace_status(document)
    known = rig.known(APPLICATIONS, "mnist")
    assert known is not None
    assert known["status"] == {"phase": "Running"}


@pytest.mark.parametrize("is_gone", [False, True])
async def test_what_was_deleted_is_gone_also_when_somebody_else_was_quicker(rig: Rig, *, is_gone: bool) -> None:
    made = await rig.api.create(config_map())
    if is_gone:
        rig.server.objects.clear()
        with pytest.raises(NotFoundError):
            await rig.api.delete(CONFIG_MAPS, "team", "c", preconditions=state(made))
    else:
        await rig.api.delete(CONFIG_MAPS, "team", "c", preconditions=state(made))
    assert rig.known() is None
    assert [(change.new, change.own) for change in rig.changes][1:] == [(None, True)]


async def test_a_refused_deletion_leaves_it_known(rig: Rig) -> None:
    await rig.api.create(config_map())
    with pytest.raises(ConflictError):
        await rig.api.delete(CONFIG_MAPS, "team", "c", preconditions={"uid": "another"})
    assert rig.known() is not None


async def test_what_had_to_be_read_is_news_from_others(rig: Rig) -> None:
    rig.server.hold(stored(documents.application()), "u")
    await rig.api.get(APPLICATIONS, "team", "mnist")
    assert [(change.resource, change.own) for change in rig.changes] == [(APPLICATIONS, False)]


@pytest.mark.parametrize(
    ("resource", "labels"),
    [
        pytest.param(CONFIG_MAPS, {}, id="what no watch would ever tell the end of"),
        pytest.param(SECRETS, OURS, id="a Secret"),
        pytest.param(EVENTS, OURS, id="a kind that is not watched"),
    ],
)
async def test_nothing_is_kept_that_is_not_watched(rig: Rig, resource: Resource, labels: dict[str, str]) -> None:
    document = {**config_map(labels=labels), "kind": resource.kind}
    await rig.api.create(document)
    await rig.api.get(resource, "team", "c")
    assert rig.known(resource) is None
