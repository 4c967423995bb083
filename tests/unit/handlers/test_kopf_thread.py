"""kopf in its thread, before a small API server: what it hands over, when it ends, and what it never gets."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from tests.support.engine import settles

from aiapp.domain.kubernetes.resources import APPLICATIONS, CRDS, OWN, RUNTIMES, VERSIONS, Json, Resource
from aiapp.handlers import kopf_thread
from aiapp.handlers.kopf_thread import KopfThread

pytestmark = pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
"""What kopf holds when it is dropped at once it does not always close."""

BY_PLURAL = {kind.plural: kind for kind in OWN}


def application(name: str, version: int) -> Json:
    metadata = {"name": name, "namespace": "team", "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {
        "apiVersion": APPLICATIONS.api_version,
        "kind": APPLICATIONS.kind,
        "metadata": metadata | {"managedFields": [{"manager": "kubectl", "fieldsV1": {"f:metadata": {}}}]},
        "spec": {},
    }


@dataclass
class Heard:
    """A witness that notes what it is told."""

    listings: list[Resource] = field(default_factory=list)
    refusals: set[Resource] = field(default_factory=set)
    events: list[tuple[str, str]] = field(default_factory=list)
    documents: list[Json] = field(default_factory=list)

    def seen(self, kind: Resource, document: Json) -> None:
        self.events.append(("seen", document["metadata"]["name"]))
        self.documents.append(document)

    def gone(self, kind: Resource, document: Json) -> None:
        self.events.append(("gone", document["metadata"]["name"]))

    def listed(self, kind: Resource) -> None:
        self.listings.append(kind)

    def refused(self, kind: Resource) -> None:
        self.refusals.add(kind)


@dataclass
class ApiServer:
    """Discovery, one old application, and watches that bring what the test sends; `html` answers one path so."""

    root: str = ""
    html: str = ""
    refused: int = 0
    forbidden: str = ""
    listed: list[str] = field(default_factory=list)
    streams: dict[str, web.StreamResponse] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, kind: Resource, event: str, document: Json) -> None:
        await self.streams[kind.plural].write(json.dumps({"type": event, "object": document}).encode() + b"\n")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.refused:
            self.refused -= 1
            return web.json_response({"kind": "Status", "code": 401}, status=401)
        if self.html and request.path_qs.startswith(self.html):
            return web.Response(text="<html>", content_type="text/html")
        if self.forbidden and request.path.endswith(self.forbidden):
            return web.json_response({"kind": "Status", "code": 403}, status=403)
        kind = BY_PLURAL.get(request.path.rsplit("/", 1)[1])
        if kind is None:
            return web.json_response(DISCOVERY[request.path.removeprefix(self.root)])
        if "watch" in request.query:
            return await self._stream(request, kind)
        self.listed.append(request.path_qs)
        page = {"items": [application("old", 1)], "metadata": {"resourceVersion": "7", "continue": "more"}}
        return web.json_response({"kind": f"{kind.kind}List", "apiVersion": kind.api_version, **page})

    async def _stream(self, request: web.Request, kind: Resource) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "application/json"})
        await stream.prepare(request)
        self.streams[kind.plural] = stream
        await self.over.wait()
        return stream


def _served(kind: Resource) -> Json:
    names = {"name": kind.plural, "singularName": "", "kind": kind.kind}
    return names | {"namespaced": kind.namespaced, "verbs": ["list", "watch"]}


def _group(name: str, version: str) -> Json:
    return {"name": name, "versions": [{"version": version}], "preferredVersion": {"version": version}}


NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
DISCOVERY: dict[str, Json] = {
    "/api": {"versions": ["v1"]},
    "/api/v1": {"resources": [_served(NAMESPACES)]},
    "/apis": {"groups": [_group(APPLICATIONS.group, APPLICATIONS.version), _group(CRDS.group, CRDS.version)]},
    f"/apis/{APPLICATIONS.api_version}": {"resources": [_served(kind) for kind in OWN]},
    f"/apis/{CRDS.api_version}": {"resources": [_served(CRDS)]},
}
"""What kopf looks for at its start, ours and its own needs."""


@pytest.fixture(autouse=True)
def _dropped_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """kopf takes its time to end."""
    monkeypatch.setattr(kopf_thread, "ENDING_SECONDS", 0.1)


@asynccontextmanager
async def serving(folder: Path, monkeypatch: pytest.MonkeyPatch, **how: Any) -> AsyncIterator[ApiServer]:
    server = ApiServer(**how)
    app = web.Application()
    app.router.add_route("*", f"{server.root}/{{path:.*}}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}{server.root}"
    config = {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(config))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(folder / "kubeconfig"))
    try:
        yield server
    finally:
        server.over.set()
        await runner.cleanup()


@asynccontextmanager
async def watching(heard: Heard, *namespaces: str) -> AsyncIterator[KopfThread]:
    thread = KopfThread(OWN, heard, namespaces=namespaces)
    try:
        yield thread
    finally:
        await thread.stop()
        await asyncio.to_thread(thread.join)
        gc.collect()  # what was not closed is told here, not in a test that comes later


async def test_events_are_handed_over_trimmed_and_listed_objects_are_left_to_whoever_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    async with serving(tmp_path, monkeypatch) as server, watching(heard):
        await settles(lambda: len(server.streams) == len(OWN))
        assert set(heard.listings) == set(OWN)
        assert sorted(server.listed) == sorted(f"{kind.path()}?limit=1" for kind in OWN)
        await server.send(APPLICATIONS, "ADDED", application("new", 8))
        await settles(lambda: ("seen", "new") in heard.events)
        await server.send(APPLICATIONS, "DELETED", application("new", 9))
        await settles(lambda: ("gone", "new") in heard.events)
        assert heard.events == [("seen", "new"), ("gone", "new")]
        assert "managedFields" not in heard.documents[0]["metadata"]


async def test_bookmarks_count_as_received_and_a_closed_stream_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, monkeypatch) as server, watching(Heard()) as thread:
        assert thread.received(VERSIONS) is None
        await settles(lambda: thread.received(VERSIONS) == 0)
        await server.send(VERSIONS, "BOOKMARK", {"metadata": {"resourceVersion": "9"}})
        await settles(lambda: (thread.received(VERSIONS) or 0) > 0)
        server.html = VERSIONS.path()
        server.over.set()
        await settles(lambda: thread.received(VERSIONS) is None)


@pytest.mark.parametrize(
    "path",
    [f"{APPLICATIONS.path()}?watch", f"{APPLICATIONS.path()}?limit", "/apis"],
    ids=["for a watch", "for a listing", "for discovery"],
)
async def test_it_ends_of_a_page_of_html_and_says_so(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, monkeypatch, html=path), watching(Heard()) as thread:
        reason = await asyncio.wait_for(thread.ended, 20)
        assert reason is not None


async def test_after_a_401_for_a_while_it_watches_or_ends_but_never_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, monkeypatch, refused=3) as server, watching(Heard()) as thread:
        await settles(lambda: len(server.streams) == len(OWN) or thread.ended.done())


async def test_of_some_namespaces_each_has_a_stream_and_a_kind_counts_as_watched_with_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, monkeypatch) as server, watching(Heard(), "red", "blue") as thread:
        await settles(lambda: all(thread.received(kind) == 0 for kind in OWN))
        paths = {kind.path(namespace) for kind in OWN for namespace in ("red", "blue")}
        assert {path.partition("?")[0] for path in server.listed} == paths


async def test_an_api_server_may_have_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    async with serving(tmp_path, monkeypatch, root="/k8s/clusters/c-1"), watching(heard) as thread:
        await settles(lambda: all(thread.received(kind) is not None for kind in OWN))
        assert set(heard.listings) == set(OWN)


async def test_a_kind_that_may_not_be_watched_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    async with serving(tmp_path, monkeypatch, forbidden=RUNTIMES.plural), watching(heard) as thread:
        await settles(lambda: heard.refusals == {RUNTIMES})
        assert thread.received(RUNTIMES) is None


async def test_without_a_cluster_it_ends_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "absent"))
    async with watching(Heard()) as thread:
        assert "no cluster to work with" in str(await asyncio.wait_for(thread.ended, 20))


async def test_it_ends_without_a_reason_when_it_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(tmp_path, monkeypatch) as server, watching(Heard()) as thread:
        await settles(lambda: len(server.streams) == len(OWN))
        await thread.stop()
        assert thread.ended.result() is None
