"""List, watch and Events on a real API server."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from tests.support.engine import connected, settles
from tests.support.kube import Kube
from tests.support.operator import SERVICE_ACCOUNT
from tests.support.outage import restart_api_server
from tests.support.sandbox import Sandbox
from typing_extensions import override

from aiapp.adapters.kube.client import KubeApi
from aiapp.adapters.kube.events import EventRecorder
from aiapp.api.conditions import Reason
from aiapp.controller.cache import Cache
from aiapp.controller.informer import Collection, Informer, InformerTiming
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, Json, Resource
from aiapp.ports.kubernetes import WatchEvent

# A watch that is cancelled while it shakes hands leaves Python 3.11 a socket that only the garbage collector closes.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a test leaves is collected in it, not in the test of another module."""
    yield
    gc.collect()


@pytest_asyncio.fixture
async def api(sandbox: Sandbox, installed: None) -> AsyncIterator[KubeApi]:
    async with connected(sandbox.service_account(*SERVICE_ACCOUNT)) as found:
        yield found


class Disturbed(KubeApi):
    """The transport whose first watches ask from a resourceVersion that the server has long forgotten."""

    def __init__(self, api: KubeApi, times: int) -> None:
        super().__init__(api._session, api._server)
        self.times = times
        self.lists = 0

    @override
    async def list(  # type: ignore[no-untyped-def]
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        trim: object = None,
    ):
        self.lists += 1
        return await super().list(resource, selector=selector)

    @override
    async def watch(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        resource_version: str,
    ) -> AsyncIterator[WatchEvent]:
        if self.times:
            self.times -= 1
            resource_version = "1"
        async for event in super().watch(resource, selector=selector, resource_version=resource_version):
            yield event


def config_map(namespace: str, name: str, **data: str) -> Json:
    metadata = {"name": name, "namespace": namespace, "labels": {"in": namespace}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


@asynccontextmanager
async def watching(
    api: KubeApi, namespace: str, resync: float = 600, resource: Resource = CONFIG_MAPS
) -> AsyncIterator[Cache[str]]:
    store: Cache[str] = Cache(facts=str)
    collection = Collection(resource=resource, selector=f"in={namespace}")
    watch = Informer(api, collection, store, InformerTiming(resync=resync))
    task = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(30):
            await watch.synced.wait()
        yield store
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def names(store: Cache[str]) -> list[str]:
    return sorted(found["metadata"]["name"] for found in store.all(CONFIG_MAPS))


async def test_of_large_config_maps_only_the_metadata_is_listed_and_watched(
    kube: Kube, api: KubeApi, namespace: str
) -> None:
    kube.create(config_map(namespace, "before", key="x" * 100_000))
    async with watching(api, namespace, resource=replace(CONFIG_MAPS, metadata_only=True)) as store:
        kube.create(config_map(namespace, "after", key="x" * 100_000))
        await settles(lambda: store.get(CONFIG_MAPS, namespace, "after") is not None)
    for name in ("before", "after"):
        found = store.get(CONFIG_MAPS, namespace, name)
        assert found is not None
        assert (found["apiVersion"], found["kind"], found["metadata"]["name"]) == ("v1", "ConfigMap", name)
        assert "data" not in found


async def test_what_exists_comes_changes_and_goes_is_seen_and_nothing_else(
    api: KubeApi, kube: Kube, namespace: str
) -> None:
    first = kube.create(config_map(namespace, "first", a="1"))
    async with watching(api, namespace) as store:
        assert names(store) == ["first"]
        kube.create(config_map(namespace, "second"))
        await settles(lambda: names(store) == ["first", "second"])
        kube.patch(first, {"data": {"a": "2"}})
        await settles(lambda: (store.get(CONFIG_MAPS, namespace, "first") or {})["data"] == {"a": "2"})
        kube.delete(first)
        await settles(lambda: names(store) == ["second"])
        found = store.get(CONFIG_MAPS, namespace, "second")
        assert found is not None
        assert "managedFields" not in found["metadata"]


async def test_a_watch_that_is_too_far_behind_lists_again_and_finds_what_came_and_went(
    own_sandbox: Sandbox, own_kube: Kube
) -> None:
    # A restarted API server knows no history: what a watch asks for from before is "too old".
    restart_api_server(own_sandbox)
    place = "default"
    own_kube.create(config_map(place, "first"))
    async with connected(own_sandbox.service_account(*SERVICE_ACCOUNT)) as api:
        disturbed = Disturbed(api, times=2)
        async with watching(disturbed, place) as store:
            ghost = config_map(place, "ghost")
            ghost["metadata"] |= {"uid": "u", "resourceVersion": "1"}
            store.put(CONFIG_MAPS, ghost)
            await settles(lambda: disturbed.lists == 3)
            own_kube.create(config_map(place, "second"))
            await settles(lambda: names(store) == ["first", "second"])


@asynccontextmanager
async def recording(api: KubeApi) -> AsyncIterator[EventRecorder]:
    recorder = EventRecorder(api, lambda: datetime.now(UTC), time.monotonic)
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def application(api: KubeApi, kube: Kube, namespace: str) -> Json:
    body = {"apiVersion": "aiapp.dev/v1alpha1", "kind": "AIApplication", "metadata": {"name": "mnist"}, "spec": {}}
    return kube.create(body, namespace)


def told(kube: Kube, namespace: str) -> list[str]:
    return sorted(f"{e['type']} {e['reason']} {e['message']}" for e in kube.list("v1", "Event", namespace))


async def test_an_event_is_told_once_even_by_an_operator_that_was_started_anew(
    api: KubeApi, kube: Kube, namespace: str, application: Json
) -> None:
    for _ in range(2):
        async with recording(api) as recorder:
            recorder.event(application, "Warning", Reason.NAME_TAKEN, "Service mnist is not ours")
            recorder.event(application, "Warning", Reason.NAME_TAKEN, "Service mnist is not ours")
            recorder.event(application, "Normal", Reason.RUNNING, "all is well")
            await settles(lambda: len(told(kube, namespace)) == 2)
            await settles(recorder._backlog.empty)
    assert told(kube, namespace) == ["Normal Running all is well", "Warning NameTaken Service mnist is not ours"]


async def test_kubectl_describe_shows_the_event_at_its_object(
    api: KubeApi, sandbox: Sandbox, namespace: str, application: Json
) -> None:
    async with recording(api) as recorder:
        recorder.event(application, "Warning", Reason.NAME_TAKEN, "Service mnist is not ours")

        def described() -> bool:
            said = sandbox.kubectl("describe", "aiapp", "mnist", "-n", namespace).stdout
            return "Service mnist is not ours" in said and "aiapp-operator" in said

        await settles(described)


async def test_an_event_of_a_cluster_wide_object_is_told_in_the_default_namespace(
    api: KubeApi, kube: Kube, namespace: str
) -> None:
    runtime = {
        "apiVersion": "aiapp.dev/v1alpha1",
        "kind": "InferenceRuntime",
        "metadata": {"name": namespace, "uid": namespace},
    }
    async with recording(api) as recorder:
        recorder.event(runtime, "Normal", Reason.SUCCEEDED, f"told for {namespace}")
        await settles(lambda: any(namespace in line for line in told(kube, "default")))


async def test_an_event_for_a_namespace_that_is_gone_harms_nobody(
    api: KubeApi, kube: Kube, namespace: str, application: Json
) -> None:
    lost = {**application, "metadata": {**application["metadata"], "namespace": "no-such-namespace"}}
    async with recording(api) as recorder:
        recorder.event(lost, "Normal", Reason.RUNNING, "nobody will read this")
        recorder.event(application, "Normal", Reason.RUNNING, "but this")
        await settles(lambda: told(kube, namespace) == ["Normal Running but this"])
