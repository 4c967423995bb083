"""What the pods of an application write."""

import pytest
from tests.support.user_api import UserObjects

from aiapp.domain.kubernetes.resources import PODS
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


async def test_an_application_without_pods_is_said() -> None:
    with pytest.raises(QueryError, match="namespace team has no pods of mnist"):
        await pods_of(UserCluster(UserObjects({}), "team"), LogSources(application="mnist"))
