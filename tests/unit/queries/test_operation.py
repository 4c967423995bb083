"""Changing objects with the rights of the user: what is asked of the API server, and what is told."""

import pytest
from tests.support import documents
from tests.support.user_api import UserObjects

from aiapp.domain.application.deployment import Share
from aiapp.domain.application.operation import stop
from aiapp.domain.description import Description
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.deployment import deployed
from aiapp.queries.description import describe
from aiapp.queries.errors import QueryError
from aiapp.queries.operation import operate

VERSION: Json = documents.version() | {"status": {"phase": "Normal"}}
ARGO = {"argocd.argoproj.io/instance": "shop"}


def objects(denied: frozenset[tuple[str, str]] = frozenset()) -> UserObjects:
    application = documents.application()
    application["metadata"] |= {"labels": ARGO}
    return UserObjects({APPLICATIONS: [application], VERSIONS: [VERSION]}, denied=denied)


async def test_an_object_is_patched_and_its_keeper_is_named() -> None:
    api = objects()
    done = await operate(UserCluster(api, "team"), "mnist", stop, dry_run="none")
    assert api.written == [("patch", {"name": "mnist", "patch": list(done.operation.patch)})]
    assert done.notes == (
        "Argo CD (application shop) keeps it as Git has it and may undo this: change it in Git as well",
    )


async def test_a_client_dry_run_asks_for_no_write_and_shows_the_manifest() -> None:
    api = objects()
    done = await operate(UserCluster(api, "team"), "mnist", stop, dry_run="client")
    assert api.written == []
    assert done.manifest["spec"]["serving"]["stopped"] is True
    assert "labels" not in done.manifest["metadata"]


async def test_what_the_api_server_would_refuse_is_refused_without_it() -> None:
    with pytest.raises(QueryError, match="description: Value error, a description has 1 to 100 characters"):
        await describe(UserCluster(objects(), "team"), "mnist", Description(description="a < b"), dry_run="client")


async def test_a_version_is_known_by_its_name() -> None:
    api = objects()
    await describe(UserCluster(api, "team"), "mnist-1.0.0", Description("MNIST"), dry_run="none")
    ((_, written),) = api.written
    assert written["patch"][-1] == {"op": "add", "path": "/spec/displayName", "value": "MNIST"}
    with pytest.raises(QueryError, match=r"namespace team has no version mnist-2\.0\.0"):
        await describe(UserCluster(api, "team"), "mnist-2.0.0", Description("MNIST"), dry_run="none")


async def test_deploying_makes_the_application_that_is_not_there() -> None:
    api = UserObjects({VERSIONS: [VERSION]})
    await deployed(UserCluster(api, "team"), "mnist", [Share("1.0.0", None)], replicas=2, dry_run="none")
    ((verb, document),) = api.written
    assert (verb, document["metadata"]) == ("create", {"name": "mnist", "namespace": "team"})
    assert document["spec"]["serving"]["versions"] == [{"version": "1.0.0", "replicas": 2}]


async def test_a_missing_right_is_the_api_servers_word() -> None:
    api = objects(denied=frozenset({("patch", "aiapplications")}))
    with pytest.raises(ApiError, match="forbidden"):
        await operate(UserCluster(api, "team"), "mnist", stop, dry_run="none")
