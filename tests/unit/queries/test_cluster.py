"""A cluster as a user sees it: what he may do is asked, never guessed."""

import pytest
from tests.support import documents
from tests.support.user_api import UserObjects

from aiapp.domain.kubernetes.resources import APPLICATIONS, PODS, VERSIONS
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import UserCluster


async def test_what_a_user_may_do_is_asked_by_verb_and_kind() -> None:
    cluster = UserCluster(UserObjects({}, denied=frozenset({("delete", "aiapplications")})), "ns")
    assert not await cluster.allowed("delete", APPLICATIONS, "mnist")
    assert await cluster.allowed("patch", APPLICATIONS, "mnist")
    assert await cluster.allowed("create", PODS, subresource="exec")


async def test_a_write_that_the_user_may_not_do_says_so() -> None:
    cluster = UserCluster(UserObjects({}, denied=frozenset({("create", "aiapplicationversions")})), "ns")
    with pytest.raises(ApiError, match="aiapplicationversions is forbidden"):
        await cluster.create(documents.version(), dry_run=False)


async def test_an_object_that_is_deleted_is_the_one_that_was_seen() -> None:
    api = UserObjects({VERSIONS: [documents.version()]})
    await UserCluster(api, "ns").delete(VERSIONS, "mnist-1.0.0", uid="u", dry_run=False)
    assert [verb for verb, _ in api.written] == ["delete"]
