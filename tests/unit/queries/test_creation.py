"""Registering the next version with the rights of the user."""

import pytest
from tests.support import documents
from tests.support.user_api import UserObjects
from typing_extensions import override

from aiapp.domain.description import Description
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.domain.version.succession import Changes
from aiapp.ports.kubernetes import ConflictError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.creation import NewVersion, create_application, create_version
from aiapp.queries.errors import QueryError


def objects() -> UserObjects:
    """Versions of two applications."""
    labelled = documents.version(number="1.9.0")
    labelled["metadata"]["labels"] = {"team": "vision"}
    return UserObjects({VERSIONS: [labelled, documents.version(number="1.10.0"), documents.version("other", "3.0.0")]})


async def made(api: UserObjects, wanted: NewVersion) -> Json:
    await create_version(UserCluster(api, "team"), wanted, dry_run="none")
    ((verb, document),) = api.written
    assert verb == "create"
    return dict(document)


async def test_the_next_number_follows_the_highest_of_the_application() -> None:
    document = await made(objects(), NewVersion(application="mnist", changes=Changes(uri="obs://models/new/")))
    assert document["metadata"]["name"] == "mnist-1.10.1"
    assert document["spec"]["source"]["obs"]["uri"] == "obs://models/new/"


async def test_what_is_asked_for_is_added_to_what_is_taken_over() -> None:
    wanted = NewVersion(
        application="mnist",
        base="1.9.0",
        number="2.0.0",
        changes=Changes(uri="obs://models/new/"),
        description=Description(description="better"),
        labels={"stage": "trial"},
    )
    document = await made(objects(), wanted)
    assert (document["metadata"]["name"], document["metadata"]["labels"]) == (
        "mnist-2.0.0",
        {"team": "vision", "stage": "trial"},
    )
    assert document["spec"]["description"] == "better"


async def test_a_version_of_another_application_may_be_followed() -> None:
    document = await made(objects(), NewVersion(application="mnist", base="other-3.0.0", number="4.0.0"))
    assert (document["metadata"]["name"], document["spec"]["application"]) == ("mnist-4.0.0", "mnist")


async def test_content_that_is_not_known_is_said() -> None:
    cluster = UserCluster(objects(), "team")
    found = await create_version(cluster, NewVersion(application="mnist"), dry_run="client")
    assert found.notes == (
        "the digest of mnist-1.10.0 is not known yet: what lies at its source now may be other content",
    )


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        pytest.param(NewVersion(application="new"), "application new has no version to start from", id="none"),
        pytest.param(NewVersion(application="mnist", base="9.9.9"), "no version mnist-9.9.9", id="not that one"),
        pytest.param(
            NewVersion(application="mnist", changes=Changes(uri="ftp://x")), "uri must be obs://", id="refused"
        ),
    ],
)
async def test_what_cannot_be_registered_says_why(wanted: NewVersion, message: str) -> None:
    with pytest.raises(QueryError) as refused:
        await create_version(UserCluster(objects(), "team"), wanted, dry_run="client")
    assert message in refused.value.message


class Taken(UserObjects):
    @override
    async def create(self, document: Json, *, manager: str, dry_run: bool) -> Json:
        raise ConflictError(409, "AlreadyExists", "it exists")


async def test_a_name_that_is_taken_is_said() -> None:
    with pytest.raises(QueryError, match="namespace team already has AIApplication mnist"):
        await create_application(UserCluster(Taken({}), "team"), "mnist", Description(), {}, dry_run="none")
