"""Deleting with the rights of the user."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.user_api import UserObjects

from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.ports.kubernetes import ApiError, NotFoundError, Page
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.operation import DryRun
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


async def _remove(api: UserObjects, dry_run: DryRun, *answers: ApiError | None) -> list[str]:
    """Delete the application with its versions; the API server answers one after the other so."""
    asked: list[str] = []

    async def delete(_: Any, __: Any, name: str, **___: Any) -> None:
        asked.append(name)
        if (answer := answers[len(asked) - 1]) is not None:
            raise answer

    setattr(api, "delete", delete)  # noqa: B010 - a method of its own
    cluster = UserCluster(api, "team")
    found = await removal(cluster, ["mnist"], with_service=True, with_versions=True)
    await remove(cluster, found, dry_run=dry_run)
    return asked


async def test_what_somebody_else_deleted_meanwhile_keeps_nothing_from_going() -> None:
    gone = NotFoundError(404, "NotFound", "aiapplicationversions mnist-1.0.0 not found")
    assert await _remove(objects(), "none", None, gone, None) == ["mnist", "mnist-1.0.0", "mnist-1.1.0"]


@pytest.mark.parametrize(
    ("dry_run", "told"),
    [("none", "cannot delete; deleted before that: mnist, mnist-1.0.0"), ("server", "cannot delete")],
)
async def test_a_refusal_says_what_was_deleted_before_it(dry_run: DryRun, told: str) -> None:
    with pytest.raises(ApiError) as refused:
        await _remove(objects(), dry_run, None, None, ApiError(403, "Forbidden", "cannot delete"))
    assert refused.value.message == told


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
