"""Deleting with the rights of the user."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.user_api import UserObjects

from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.ports.kubernetes import Page
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.removal import removal, remove


def kept(document: Json, uid: str) -> Json:
    document["metadata"]["uid"] = uid
    return document


def objects() -> UserObjects:
    """An application that serves 1.0.0 of its two versions, and a version of another."""
    return UserObjects(
        {
            APPLICATIONS: [kept(documents.application(), "1")],
            VERSIONS: [
                kept(documents.version(), "2"),
                kept(documents.version(number="1.1.0"), "3"),
                kept(documents.version("other"), "4"),
            ],
        }
    )


async def deleted(api: UserObjects, *names: str, **options: Any) -> list[str]:
    cluster = UserCluster(api, "team")
    await remove(cluster, await removal(cluster, names, **options), dry_run="none")
    return [document["metadata"]["name"] for _, document in api.written]


async def test_what_is_not_used_goes() -> None:
    assert await deleted(objects(), "mnist-1.1.0", "other-1.0.0") == ["mnist-1.1.0", "other-1.0.0"]


async def test_of_several_none_goes_when_one_is_used() -> None:
    api = objects()
    with pytest.raises(QueryError, match=r"version mnist-1\.0\.0 is served by application mnist"):
        await deleted(api, "mnist-1.1.0", "mnist-1.0.0")
    assert api.written == []


async def test_an_application_goes_before_its_versions_and_those_of_others_stay() -> None:
    found = await deleted(objects(), "mnist", with_service=True, with_versions=True)
    assert found == ["mnist", "mnist-1.0.0", "mnist-1.1.0"]


async def test_a_service_does_not_go_by_the_way() -> None:
    with pytest.raises(QueryError, match="stop it first"):
        await deleted(objects(), "mnist")


async def test_a_client_dry_run_deletes_nothing() -> None:
    api = objects()
    cluster = UserCluster(api, "team")
    await remove(cluster, await removal(cluster, ["other-1.0.0"]), dry_run="client")
    assert api.written == []


async def test_labels_select_versions_beside_those_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    api = objects()
    selected: list[str] = []

    async def listed(_: Any, *, selector: str, **__: Any) -> Page:
        selected.append(selector)
        return Page(api.held[VERSIONS][1:2], "1")

    monkeypatch.setattr(api, "list", listed)
    assert await deleted(api, "other-1.0.0", selector="stage=trial") == ["other-1.0.0", "mnist-1.1.0"]
    assert selected == ["stage=trial"]


async def test_labels_that_select_nothing_are_said() -> None:
    with pytest.raises(QueryError, match="no versions with the labels stage=trial"):
        await deleted(UserObjects({}), selector="stage=trial")
