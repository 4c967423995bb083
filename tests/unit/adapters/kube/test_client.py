"""The transport against a scripted HTTP server on loopback."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from aiapp.adapters.kube.client import KubeApi, Timing
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, PODS, Json
from aiapp.ports.kubernetes import ApiError, ConflictError, NotFoundError, ProxiedRequest, WatchEvent

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
OBJECT = {"kind": "ConfigMap", "metadata": {"name": "c"}}


def ok(body: object = OBJECT) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    return answer


def failure(status: int, message: str = "no", *, reason: str = "", retry_after: str | None = None) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        body = {"kind": "Status", "reason": reason, "message": message, "code": status}
        return web.Response(status=status, body=orjson.dumps(body), headers=headers)

    return answer


async def cut(request: web.Request) -> web.Response:
    """The connection ends without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def silent(_: web.Request) -> web.Response:
    """No answer for as long as the client cares to wait."""
    await asyncio.sleep(0.5)
    return web.Response()


def stream(*parts: bytes) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for part in parts:
            await response.write(part)
        return response

    return answer


class Script:
    """Answers in order; the last one for good."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


@asynccontextmanager
async def api(script: Script, *, attempt: float = 5.0, total: float = 10.0) -> AsyncIterator[KubeApi]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", script.answer)
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        timing = Timing(attempt=attempt, total=total, jitter=lambda: 0.0)
        yield KubeApi(session, str(server.make_url("")).rstrip("/"), timing)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(failure(500), id="a server error"),
        pytest.param(failure(503, "etcd has no leader"), id="an unavailable server"),
        pytest.param(failure(429), id="too many requests"),
        pytest.param(cut, id="a lost connection"),
        pytest.param(stream(b"<html>"), id="a load balancer's page"),
    ],
)
async def test_a_request_is_made_again_after(fault: Answer) -> None:
    script = Script(fault, ok())
    async with api(script) as kube:
        assert await kube.get(CONFIG_MAPS, "ns", "c") == OBJECT
    assert len(script.requests) == 2


async def test_a_silent_server_is_given_up_and_asked_again() -> None:
    script = Script(silent, ok())
    async with api(script, attempt=0.05) as kube:
        assert await kube.get(CONFIG_MAPS, "ns", "c") == OBJECT


async def test_retry_after_is_obeyed_even_when_that_means_to_give_up() -> None:
    script = Script(failure(429, "slow down", retry_after="60"))
    async with api(script, total=5) as kube:
        with pytest.raises(ApiError, match="slow down") as caught:
            await kube.get(CONFIG_MAPS, "ns", "c")
    assert caught.value.transient
    assert len(script.requests) == 1


async def test_a_call_ends_with_the_last_error_when_its_time_is_over() -> None:
    script = Script(failure(503, "down"))
    async with api(script, total=0.3) as kube:
        with pytest.raises(ApiError, match="503 503: down"):
            await kube.get(CONFIG_MAPS, "ns", "c")
    assert len(script.requests) > 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFoundError), (409, ConflictError), (403, ApiError), (422, ApiError), (413, ApiError)],
)
async def test_a_refusal_is_not_repeated(status: int, kind: type[ApiError]) -> None:
    script = Script(failure(status, "because", reason="Why"))
    async with api(script) as kube:
        with pytest.raises(kind, match=f"{status} Why: because"):
            await kube.get(CONFIG_MAPS, "ns", "c")
    assert len(script.requests) == 1


async def test_an_object_without_a_name_is_not_asked_for() -> None:
    """The answer would be the list of all of them."""
    script = Script(ok({"kind": "ConfigMapList", "metadata": {"resourceVersion": "5"}, "items": []}))
    async with api(script) as kube:
        with pytest.raises(NotFoundError, match="configmaps: the name that was asked for is empty"):
            await kube.get(CONFIG_MAPS, "ns", "")
    assert script.requests == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(b"", "403 403: the API server, or a proxy before it, answered with HTTP status 403", id="nothing"),
        pytest.param(b'{"error": "sign in"}', '403 403: {"error": "sign in"}', id="a gateway's JSON"),
        pytest.param(b'{"reason": ["a"], "message": {"b": 1}}', '403 403: {"reason": ["a"]', id="odd types"),
        pytest.param(b"<html>sign in</html>", "403 403: <html>sign in</html>", id="a page"),
    ],
)
async def test_no_refusal_is_without_words(body: bytes, told: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=403, body=body)

    async with api(Script(answer)) as kube:
        with pytest.raises(ApiError, match=re.escape(told)):
            await kube.get(CONFIG_MAPS, "ns", "c")


async def test_a_listing_is_read_page_by_page_and_trimmed_as_it_comes() -> None:
    first = {"metadata": {"continue": "next", "resourceVersion": "5"}, "items": [{"metadata": {"name": "a"}}]}
    last = {"metadata": {"resourceVersion": "5"}, "items": [{"metadata": {"name": "b"}}]}
    script = Script(ok(first), ok(last))

    def trim(item: Json) -> Json:
        return {"is": f"{item['kind']} {item['metadata']['name']}"}

    async with api(script) as kube:
        page = await kube.list(CONFIG_MAPS, selector="a=b", trim=trim)
    assert page.items == [{"is": "ConfigMap a"}, {"is": "ConfigMap b"}]
    assert page.resource_version == "5"
    assert script.requests[1].query["continue"] == "next"
    assert script.requests[0].query["labelSelector"] == "a=b"


async def test_large_objects_are_listed_in_smaller_pages() -> None:
    names = [f"c{number}" for number in range(70)]

    async def large(request: web.Request) -> web.Response:
        start, limit = int(request.query.get("continue", "0")), int(request.query["limit"])
        items = [{"metadata": {"name": name}, "data": {"x": "x" * 2**19}} for name in names[start : start + limit]]
        rest = {"continue": str(start + limit)} if start + limit < len(names) else {}
        return web.Response(body=orjson.dumps({"metadata": {"resourceVersion": "5", **rest}, "items": items}))

    script = Script(large)
    async with api(script) as kube:
        page = await kube.list(CONFIG_MAPS, trim=lambda item: item["metadata"])
    assert [item["name"] for item in page.items] == names
    assert [request.query["limit"] for request in script.requests][:4] == ["500", "125", "31", "7"]


async def test_an_answer_without_an_end_is_neither_read_nor_asked_for_again() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            while True:
                await response.write(b"x" * 2**20)
        return response

    script = Script(endless)
    async with api(script) as kube:
        with pytest.raises(ApiError, match="an answer of more than"):
            await kube.get(CONFIG_MAPS, "ns", "c")
        with pytest.raises(ApiError, match="longer than any object"):
            await seen(kube)
    assert len(script.requests) == 2


async def test_of_a_refusal_without_an_end_the_beginning_is_told() -> None:
    script = Script(failure(422, "because " * 2**20))
    async with api(script) as kube:
        with pytest.raises(ApiError, match="because because"):
            await kube.get(CONFIG_MAPS, "ns", "c")


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"[]", b'"ok"', b"{}", b'{"metadata": null}'])
async def test_a_page_of_somebody_else_in_the_place_of_an_answer_is_a_fault_like_any_other(body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    async with api(Script(answer), total=0.1) as kube:
        for call in (kube.get(CONFIG_MAPS, "ns", "c"), kube.list(CONFIG_MAPS), seen(kube)):
            with pytest.raises(ApiError, match="NotJson"):
                await call


async def test_a_page_that_expired_is_told_as_410() -> None:
    async with api(Script(failure(410, "continue token expired", reason="Expired"))) as kube:
        with pytest.raises(ApiError) as caught:
            await kube.list(CONFIG_MAPS)
    assert caught.value.status == 410


def event(kind: str, name: str = "c") -> bytes:
    return orjson.dumps({"type": kind, "object": {"metadata": {"name": name, "resourceVersion": "7"}}}) + b"\n"


async def seen(kube: KubeApi) -> list[WatchEvent]:
    return [found async for found in kube.watch(CONFIG_MAPS, resource_version="1")]


async def test_events_are_whole_however_the_stream_is_cut_into_pieces() -> None:
    both = event("ADDED", "x" * 300_000) + event("DELETED")
    pieces = [both[i : i + 70_000] for i in range(0, len(both), 70_000)]
    async with api(Script(stream(*pieces))) as kube:
        assert [(e.type, len(e.object["metadata"]["name"])) for e in await seen(kube)] == [
            ("ADDED", 300_000),
            ("DELETED", 1),
        ]


async def test_a_stream_that_ends_in_the_middle_of_an_event_is_a_fault() -> None:
    async with api(Script(stream(event("ADDED"), event("DELETED")[:20]))) as kube:
        with pytest.raises(ApiError, match="no event"):
            await seen(kube)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            stream(b'{"type":"ERROR","object":{"code":410,"reason":"Expired","message":"too old"}}\n'),
            id="in the stream",
        ),
        pytest.param(failure(410, "too old", reason="Expired"), id="as the answer"),
    ],
)
async def test_a_watch_that_is_too_far_behind_is_told_as_410(fault: Answer) -> None:
    async with api(Script(fault)) as kube:
        with pytest.raises(ApiError, match="too old") as caught:
            await seen(kube)
    assert caught.value.status == 410


async def test_a_lost_watch_is_transient() -> None:
    async with api(Script(cut)) as kube:
        with pytest.raises(ApiError) as caught:
            await seen(kube)
    assert caught.value.transient


async def test_the_status_goes_to_the_subresource_under_our_name() -> None:
    script = Script(ok())
    document = {
        "apiVersion": APPLICATIONS.api_version,
        "kind": "AIApplication",
        "metadata": {"name": "mnist", "namespace": "ns"},
    }
    async with api(script) as kube:
        await kube.replace_status(document)
    (request,) = script.requests
    assert request.path == "/apis/aiapp.dev/v1alpha1/namespaces/ns/aiapplications/mnist/status"
    assert (request.method, request.query["fieldManager"]) == ("PUT", "aiapp-operator")


async def test_a_deletion_carries_its_preconditions() -> None:
    script = Script(ok())
    async with api(script) as kube:
        await kube.delete(CONFIG_MAPS, "ns", "c", preconditions={"uid": "u", "resourceVersion": "7"})
    assert orjson.loads(script.bodies[0])["preconditions"] == {"uid": "u", "resourceVersion": "7"}


@pytest.mark.parametrize(
    "path",
    [
        "/../../../secrets/keys",
        "/v1/../../..",
        "/%2e%2e/%2E./mnist",
        "/.\t./other",
        "/../proxy-of-another",
        "-of-another/x",
        "",
    ],
)
async def test_no_path_of_a_model_leads_beyond_its_service(path: str) -> None:
    script = Script(ok())
    async with api(script) as kube:
        with pytest.raises(ApiError, match="leads beyond mnist:http"):
            await kube.proxied("ns", "mnist:http", ProxiedRequest("DELETE", path))
    assert not script.requests


@pytest.mark.parametrize("path", ["/", "/v1/chat?stream=no#x", "/a/../b", "/a%2Fb/", "/%E6%9F%A5/x"])
async def test_a_path_of_a_model_is_asked_of_its_service(path: str) -> None:
    script = Script(ok())
    async with api(script) as kube:
        await kube.proxied("ns", "https:mnist:http", ProxiedRequest("POST", path, b"{}"))
    (request,) = script.requests
    assert request.raw_path.startswith("/api/v1/namespaces/ns/services/https:mnist:http/proxy/")


async def test_a_pod_is_asked_for_no_more_than_so_many_bytes() -> None:
    script = Script(ok(), ok())
    async with api(script) as kube:
        await kube.proxied("ns", "mnist-x:8080", ProxiedRequest("GET", "/metrics"), resource=PODS)
        with pytest.raises(ApiError, match="mnist-x:8080 answered with more than 1 bytes"):
            await kube.proxied("ns", "mnist-x:8080", ProxiedRequest("GET", "/metrics", most_bytes=1), resource=PODS)
    assert script.requests[0].path == "/api/v1/namespaces/ns/pods/mnist-x:8080/proxy/metrics"
