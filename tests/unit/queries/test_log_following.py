"""Logs that are followed, while pods come and go."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from tests.support.user_api import UserObjects
from typing_extensions import override

from aiapp.domain.kubernetes.resources import PODS, Json, Resource
from aiapp.ports.kubernetes import ApiError, LogPart, WatchEvent
from aiapp.queries import log_following
from aiapp.queries.cluster import UserCluster
from aiapp.queries.log_following import followed
from aiapp.queries.logs import Line, LogSources

FOLLOWING = LogPart(tail=5, since_seconds=60, follow=True)
WRITERS = LogSources(application="mnist")


def pod(
    name: str, state: str = "running", *, container: str = "1", kind: str = "containerStatuses", **why: Any
) -> Json:
    known = {"name": "model", "state": {state: why}, "containerID": container and f"{name}-{container}"}
    return {"metadata": {"name": name, "uid": name, "resourceVersion": "2"}, "status": {kind: [known]}}


class Pods(UserObjects):
    """Pods that come and go as the test says, each with a log that ends when it goes."""

    def __init__(self, *pods: Json) -> None:
        super().__init__({PODS: list(pods)})
        self.news: asyncio.Queue[WatchEvent | ApiError] = asyncio.Queue()
        self.asked: list[tuple[str, LogPart]] = []
        self.selectors: set[str] = set()

    @override
    async def watch(self, resource: Resource, *, selector: str = "", **_: Any) -> AsyncIterator[WatchEvent]:
        self.selectors.add(selector)
        while True:
            found = await self.news.get()
            if isinstance(found, ApiError):
                raise found
            yield found

    @override
    async def log(self, namespace: str, pod: str, *, container: str, part: LogPart) -> AsyncIterator[str]:
        self.asked.append((pod, part))
        yield f"{pod} writes"
        for line in self.logs.get((pod, container), ()):
            assert isinstance(line, ApiError)
            raise line

    def happens(self, kind: Literal["ADDED", "MODIFIED", "DELETED"], found: Json) -> None:
        self.news.put_nowait(WatchEvent(kind, found))


async def test_a_pod_that_comes_later_is_followed_whole_and_it_ends_with_the_last_one() -> None:
    api = Pods(pod("a"))
    found = followed(UserCluster(api, "team"), WRITERS, FOLLOWING)
    assert await anext(found) == Line("a", "a writes")
    api.happens("ADDED", pod("b", "waiting"))
    assert (await anext(found)).is_fault
    api.happens("MODIFIED", pod("b"))
    assert await anext(found) == Line("b", "b writes")
    api.happens("MODIFIED", pod("b"))
    for name in ("a", "b"):
        api.happens("DELETED", pod(name))
    assert [line async for line in found] == []
    assert api.asked == [("a", FOLLOWING), ("b", LogPart(follow=True))]
    assert api.selectors == {"aiapp.dev/application=mnist"}


async def test_a_container_that_its_kubelet_lost_ends_like_any_other() -> None:
    lost = pod("a", "terminated", exitCode=137, reason="ContainerStatusUnknown")
    del lost["status"]["containerStatuses"][0]["containerID"]
    api = Pods(lost | {"status": lost["status"] | {"phase": "Failed"}})
    found = followed(UserCluster(api, "team"), WRITERS, FOLLOWING)
    async with asyncio.timeout(10):
        assert [line async for line in found] == [Line("a", "a writes")]


async def test_a_container_that_begins_again_is_followed_again() -> None:
    api = Pods(pod("a"))
    found = followed(UserCluster(api, "team"), WRITERS, FOLLOWING)
    await anext(found)
    api.happens("MODIFIED", pod("a", "terminated", exitCode=1))
    api.happens("MODIFIED", pod("a", container="2"))
    assert await anext(found) == Line("a", "a writes")
    await found.aclose()
    assert len(asyncio.all_tasks()) == 1


async def test_init_containers_that_have_succeeded_end_it() -> None:
    done = pod("a", "terminated", kind="initContainerStatuses", exitCode=0)
    found = followed(UserCluster(Pods(done), "team"), WRITERS, FOLLOWING)
    assert [line async for line in found] == [Line("a", "a writes")]


async def test_whoever_may_not_watch_pods_gets_those_that_are_there_and_a_word() -> None:
    api = Pods(pod("a"))
    api.news.put_nowait(ApiError(403, "Forbidden", "pods is forbidden: cannot watch"))
    found = {line async for line in followed(UserCluster(api, "team"), WRITERS, FOLLOWING)}
    told = "pods is forbidden: cannot watch; pods that come later are not followed"
    assert found == {Line("a", "a writes"), Line("pods", told, is_fault=True)}


async def test_without_the_right_to_logs_it_ends() -> None:
    api = Pods(pod("a"), pod("b"))
    api.logs["a", "model"] = [ApiError(403, "Forbidden", "pods/log is forbidden")]
    with pytest.raises(ApiError, match="pods/log"):
        [line async for line in followed(UserCluster(api, "team"), WRITERS, FOLLOWING)]
    assert len(asyncio.all_tasks()) == 1


async def test_no_more_than_so_many_are_read_at_once_and_the_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_following, "MOST", 1)
    found = followed(UserCluster(Pods(pod("a"), pod("b")), "team"), WRITERS, FOLLOWING)
    lines = [await anext(found) for _ in range(2)]
    await found.aclose()
    assert sorted(lines) == [Line("a", "a writes"), Line("b", "not followed: 1 others are", is_fault=True)]
