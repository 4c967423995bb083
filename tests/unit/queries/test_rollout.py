"""What a person says to a rollout while the application changes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.records import on_the_way
from tests.support.user_api import UserObjects
from tests.unit.domain.application.traffic.test_intervention import under_way
from typing_extensions import override

from aiapp.domain.kubernetes.resources import APPLICATIONS, Json, Resource
from aiapp.ports.kubernetes import NOT_SERVED, ConflictError, NotFoundError, WatchEvent
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.history import history
from aiapp.queries.rollout import abort, approve, planned_abort, rollout, rollouts

GONE = NotFoundError(404, "NotFound", "")
CHANGED = ConflictError(409, "Conflict", "the object has been modified")


@dataclass
class Api:
    """An application that somebody else changes at each of the first attempts to edit it."""

    applications: list[Json]
    """As it is found, one look after the other; the last one stays."""
    conflicts: int = 0
    versions: frozenset[str] = frozenset({"mnist-1.0.0", "mnist-1.1.0"})
    edits: list[Sequence[Json]] = field(default_factory=list)

    @property
    def cluster(self) -> UserCluster:
        api: Any = self  # the rest of a cluster is not asked for
        return UserCluster(api, "ns")

    async def get(self, resource: Resource, _namespace: str, name: str) -> Json:
        if resource != APPLICATIONS:
            if name not in self.versions:
                raise GONE
            return {"metadata": {"name": name}}
        return self.applications.pop(0) if len(self.applications) > 1 else self.applications[0]

    async def edit(self, _resource: Resource, _namespace: str, _name: str, patch: Sequence[Json], **_: object) -> Json:
        if self.conflicts:
            self.conflicts -= 1
            raise CHANGED
        self.edits.append(patch)
        return {}


async def test_an_approval_is_tried_again_when_something_else_of_the_application_changes() -> None:
    api = Api([under_way()], conflicts=2)
    assert (await approve(api.cluster, "mnist")).record.step == 1
    assert len(api.edits) == 1


async def test_an_approval_is_for_the_step_that_was_seen_and_for_no_later_one() -> None:
    later = under_way()
    later["status"]["rollout"] = on_the_way("AwaitingApproval", step=2, percent=50)
    api = Api([under_way(), later], conflicts=1)
    with pytest.raises(QueryError, match="has moved on"):
        await approve(api.cluster, "mnist")
    assert api.edits == []


async def test_an_application_that_never_holds_still_is_told_and_not_tried_for_ever() -> None:
    api = Api([under_way()], conflicts=100)
    with pytest.raises(QueryError, match="changed at the same moment"):
        await approve(api.cluster, "mnist")


async def test_nobody_is_led_back_to_a_version_that_is_gone() -> None:
    api = Api([under_way()], versions=frozenset({"mnist-1.1.0"}))
    with pytest.raises(QueryError, match=r"AIApplicationVersion mnist-1\.0\.0 does not exist any more"):
        await abort(api.cluster, "mnist", dry_run=False)
    with pytest.raises(QueryError, match="register it again"):
        await planned_abort(api.cluster, "mnist")
    assert api.edits == []
    whole = Api([under_way()])
    assert (await abort(whole.cluster, "mnist", dry_run=False))["versions"][0]["version"] == "1.0.0"


class Watched(UserObjects):
    """The rollout goes on to its next state, and then nothing happens any more."""

    @override
    async def watch(self, resource: Resource, **_: Any) -> AsyncIterator[WatchEvent]:
        for state in ("Progressing", "Completed"):
            await asyncio.sleep(0)
            moved = under_way()
            moved["status"]["rollout"] = on_the_way(state)
            yield WatchEvent("MODIFIED", moved | {"metadata": moved["metadata"] | {"resourceVersion": "9"}})
        await asyncio.Event().wait()


async def test_a_rollout_is_followed_to_its_end() -> None:
    first = under_way()
    states = [record.state async for record in rollouts(UserCluster(Watched({APPLICATIONS: [first]}), "ns"), "mnist")]
    assert (states[0], states[-1]) == (first["status"]["rollout"]["state"], "Completed")
    assert len(states) == len(dict.fromkeys(states))


async def test_a_rollout_that_is_over_or_that_there_is_not_is_not_waited_for() -> None:
    over = under_way()
    over["status"]["rollout"] = on_the_way("Failed")
    api = Watched({APPLICATIONS: [over]})
    assert [record.state async for record in rollouts(UserCluster(api, "ns"), "mnist")] == ["Failed"]
    with pytest.raises(QueryError, match="has no application zoo"):
        _ = [record async for record in rollouts(UserCluster(api, "ns"), "zoo")]


@pytest.mark.parametrize("query", [history, rollout])
async def test_a_cluster_without_our_kinds_is_not_said_to_lack_one_application(query: Any) -> None:
    class Bare(UserObjects):
        @override
        async def get(self, resource: Resource, namespace: str | None, name: str) -> Json:
            raise NotFoundError(404, NOT_SERVED, "the server has no aiapplications")

    with pytest.raises(NotFoundError, match="the server has no aiapplications"):
        await query(UserCluster(Bare({}), "ns"), "mnist")
