"""Describing an application while somebody else changes it, over an API server in memory."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.support import documents
from tests.support.documents import changed
from tests.support.records import stored
from tests.support.user_api import UserObjects
from typing_extensions import override

from aiapp.domain.description import Description, marks
from aiapp.domain.kubernetes.json_patch import patched
from aiapp.domain.kubernetes.resources import APPLICATIONS, Json, Resource
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.description import describe
from aiapp.queries.errors import QueryError

SEEN = {"description": "digits"}


class Overtaken(UserObjects):
    """Somebody writes between the first time that the object is read and the patch that was made of it."""

    def __init__(self, faster: Json, status: int) -> None:
        application = stored(changed(documents.application(), spec__description="digits"))
        application["metadata"]["resourceVersion"] = "7"
        super().__init__({APPLICATIONS: [application]})
        self._faster, self._status, self._is_first = faster, status, True

    @override
    async def edit(self, resource: Resource, namespace: str, name: str, patch: Sequence[Json], **_: Any) -> Json:
        if self._is_first:
            self._is_first = False
            held = self.held[APPLICATIONS][0]
            self.held[APPLICATIONS] = [held | {"spec": held["spec"] | self._faster}]
            raise ApiError(self._status, "Invalid", "testing path /spec/description value failed")
        return await super().edit(resource, namespace, name, patch)


async def test_who_was_overtaken_is_told_which_field_is_another_one_now() -> None:
    api = Overtaken({"description": "letters"}, 422)
    with pytest.raises(QueryError, match="somebody changed description of mnist since you looked"):
        await describe(UserCluster(api, "ns"), "mnist", Description(None, "x"), dry_run="none", seen=marks(SEEN))
    assert api.written == []


@pytest.mark.parametrize("status", [409, 422])
async def test_a_change_of_something_else_is_no_reason_to_refuse(status: int) -> None:
    api = Overtaken({"documents": [{"name": "Paper", "url": "https://example.org/paper"}]}, status)
    wanted = Description("MNIST", documents={"Card": "https://example.org/card"})
    await describe(UserCluster(api, "ns"), "mnist", wanted, dry_run="none")
    ((_, written),) = api.written
    after = patched(api.held[APPLICATIONS][0], written["patch"])["spec"]
    assert [one["name"] for one in after["documents"]] == ["Paper", "Card"]


async def test_what_the_api_server_refuses_stays_refused() -> None:
    with pytest.raises(ApiError, match="testing path"):
        await describe(UserCluster(Overtaken({}, 403), "ns"), "mnist", Description(None, "x"), dry_run="none")
