"""What the pods of an application write."""

from unittest.mock import AsyncMock

import pytest
from tests.support import documents
from tests.support.user_api import UserObjects

from aiapp.domain.kubernetes.resources import APPLICATIONS, PODS, Json
from aiapp.ports.kubernetes import WHOLE_LOG, ApiError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.logs import Line, LogSources, lines, pods_of

WAITING = ApiError(400, "BadRequest", 'container "model" in pod "b" is waiting to start: PodInitializing')


def objects() -> UserObjects:
    api = UserObjects({PODS: [{"metadata": {"name": name}} for name in ("b", "a")]})
    api.logs = {("a", "model"): ["one", "two"], ("b", "model"): [WAITING], ("b", "fetch"): ["fetched"]}
    return api


async def test_pods_are_shown_one_after_the_other_and_one_that_is_not_up_is_told() -> None:
    cluster = UserCluster(objects(), "team")
    pods = await pods_of(cluster, LogSources(application="mnist"))
    found = [line async for line in lines(cluster, pods, "model", WHOLE_LOG)]
    assert found == [Line("a", "one"), Line("a", "two"), Line("b", WAITING.message, is_fault=True)]


async def test_without_the_right_it_ends() -> None:
    api = objects()
    api.logs["a", "model"] = [ApiError(403, "Forbidden", "pods/log is forbidden")]
    with pytest.raises(ApiError):
        [line async for line in lines(UserCluster(api, "team"), ["a", "b"], "model")]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (LogSources(application="mnist", pod="c"), "namespace team has no pod c of mnist; there is a, b"),
        (LogSources(application="mnist", version="1.0.0", pod="c"), "no pod c of mnist 1.0.0"),
    ],
)
async def test_a_pod_that_is_not_there_is_said(sources: LogSources, message: str) -> None:
    with pytest.raises(QueryError) as refused:
        await pods_of(UserCluster(objects(), "team"), sources)
    assert message in refused.value.message


def idle() -> Json:
    """An application that is stopped."""
    ready = {"type": "Ready", "status": "True", "message": "stopped by spec.serving.stopped; start it"}
    return documents.application() | {"status": {"phase": "Stopped", "conditions": [ready]}}


@pytest.mark.parametrize(
    ("application", "version", "why"),
    [
        pytest.param(idle(), None, "Stopped, stopped by spec.serving.stopped; start it", id="in its own words"),
        pytest.param(idle(), "1.0.0", "Stopped, stopped by spec.serving.stopped; start it", id="a version of it"),
        pytest.param(
            idle(),
            "1.1.0",
            "it serves 1.0.0; `aiapp deploy mnist 1.1.0` has it serve that one",
            id="a version that it does not serve",
        ),
        pytest.param(
            idle() | {"spec": {}},
            "1.1.0",
            "it serves nothing; `aiapp deploy mnist 1.1.0` has it serve that one",
            id="it serves none",
        ),
        pytest.param(idle() | {"status": {}}, None, "nobody has looked at it yet", id="without an operator"),
    ],
)
async def test_an_application_without_pods_says_why(application: Json, version: str | None, why: str) -> None:
    cluster = UserCluster(UserObjects({APPLICATIONS: [application]}), "team")
    with pytest.raises(QueryError) as refused:
        await pods_of(cluster, LogSources(application="mnist", version=version))
    of = "mnist" if version is None else f"mnist {version}"
    assert refused.value.message == f"namespace team has no pods of {of}: {why}"


async def test_logs_of_an_application_that_there_is_not_say_where_to_look() -> None:
    message = "namespace team has no application mnist: `aiapp list` shows what it has, and -n names another one"
    with pytest.raises(QueryError) as refused:
        await pods_of(UserCluster(UserObjects({}), "team"), LogSources(application="mnist"))
    assert refused.value.message == message


async def test_whoever_may_not_see_the_application_is_told_that_there_are_no_pods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = UserObjects({})
    monkeypatch.setattr(api, "get", AsyncMock(side_effect=ApiError(403, "Forbidden", "cannot get")))
    with pytest.raises(QueryError, match=r"namespace team has no pods of mnist$"):
        await pods_of(UserCluster(api, "team"), LogSources(application="mnist"))
