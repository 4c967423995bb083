"""Pages over what queries give, by an API server in memory."""

import asyncio
import io
import json
import re
import tracemalloc
from typing import Any

import aiohttp
import pytest
from tests.support import documents
from tests.support.console import Fields, alone, page
from tests.support.documents import changed
from tests.support.fleet import mindcluster
from tests.support.records import NORMAL, stored
from tests.support.user_api import UserObjects
from tests.unit.queries.test_calls import objects as calling
from tests.unit.queries.test_calls import pod
from tests.unit.queries.test_fit import CANN
from tests.unit.queries.test_prediction import objects as served
from typing_extensions import override

from aiapp.domain.kubernetes.resources import APPLICATIONS, NODES, PODS, SERVICES, VERSIONS
from aiapp.ports.kubernetes import ProxiedRequest, ProxiedResponse
from aiapp.queries.prediction import OPENAPI_PATH

PREDICT = "/n/vision/applications/mnist/predict"


def undescribed(*answers: ProxiedResponse) -> UserObjects:
    """A model that takes JSON and has no description."""
    objects = served("application/json", *answers)
    objects.responses[OPENAPI_PATH] = ProxiedResponse(404, {}, b"")
    return objects


def fleet() -> UserObjects:
    version = changed(stored(documents.version()), spec__runtime=CANN)
    nodes = [mindcluster(name, "910ProB", driver="23.0.rc1") for name in ("npu-1", "npu-2")]
    return UserObjects(
        {NODES: [*nodes, mindcluster("old", "910A", driver="1.0")], VERSIONS: [version], APPLICATIONS: []}
    )


async def test_versions_stand_against_kinds_of_nodes() -> None:
    async with alone(fleet()) as client:
        text = await page(client, "/n/vision/nodes")
    assert "2 nodes, such as npu-1" in text
    assert "1 nodes, such as old" in text
    assert text.count('href="/n/vision/versions/mnist-1.0.0"') == 1
    assert "What to do:" in text


async def test_whoever_may_not_list_nodes_is_told_which_role_gives_the_right() -> None:
    objects = fleet()
    objects.forbidden = frozenset({NODES})
    async with alone(objects) as client:
        answer = await client.get("/n/vision/nodes")
        assert answer.status == 403
        assert "aiapp-nodes-view" in await answer.text()


async def test_two_versions_are_compared() -> None:
    one = stored(documents.version(), status=NORMAL)
    other = stored(documents.version(number="1.1.0"), status=NORMAL | {"model": {"type": "PyTorch", "algorithm": "x"}})
    async with alone(UserObjects({VERSIONS: [one, other]})) as client:
        text = await page(client, "/n/vision/compare?before=mnist-1.0.0&after=mnist-1.1.0")
        assert "PyTorch" in text
        assert '<option value="mnist-1.0.0">' in text
        assert (await client.get("/n/vision/compare?before=mnist-1.0.0&after=none")).status == 404
        assert "required" in await page(client, "/n/vision/compare")


async def test_a_version_of_another_release_is_named_where_it_is_compared() -> None:
    unknown = stored(documents.version(number="1.1.0"), status=NORMAL | {"phase": "Frozen"})
    objects = UserObjects({VERSIONS: [stored(documents.version(), status=NORMAL), unknown]})
    async with alone(objects) as client, client.get("/n/vision/compare?before=mnist-1.0.0&after=mnist-1.1.0") as answer:
        assert answer.status == 404
        assert "AIApplicationVersion mnist-1.1.0 breaks a rule of the API" in await answer.text()


async def test_a_model_is_asked_by_its_declared_api() -> None:
    objects = undescribed()
    async with alone(objects) as client:
        fields = Fields(await page(client, PREDICT)).found
        async with client.post(PREDICT, data={**fields, "text": '{"x": 1}'}) as answer:
            assert answer.status == 200
            text = await answer.text()
    assert "&#34;a&#34;: 1" in text
    assert "aiapp predict mnist FILE --path / -n vision" in text
    assert objects.written[-1][1].body == b'{"x": 1}'


async def test_the_form_has_the_fields_that_the_model_declares_and_takes_an_image() -> None:
    objects = served("multipart/form-data")
    objects.responses["/"] = ProxiedResponse(200, {"Content-Type": "image/png"}, b"\x89PNG")
    async with alone(objects) as client:
        text = await page(client, PREDICT)
        assert 'type="file" id="file-1" name="field images"' in text
        form = aiohttp.FormData({"mark": Fields(text).found["mark"], "api": "0"})
        form.add_field("field images", b"PNG" * 100_000, filename="digit.png", content_type="image/png")
        async with client.post(PREDICT, data=form) as answer:
            assert answer.status == 200
            assert "4 B, which is no text" in await answer.text()
    sent = objects.written[-1][1].body
    assert b'name="images"; filename="digit.png"' in sent
    assert b"mark" not in sent


async def test_what_is_too_large_is_refused() -> None:
    async with alone(served()) as client:
        mark = Fields(await page(client, PREDICT)).found["mark"]
        for path, size in ((PREDICT, 13 * 1024**2), ("/n/vision/applications/mnist/do/stop", 70_000)):
            form = io.BytesIO(f"mark={mark}&text=".encode() + b"x" * size)
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            async with client.post(path, data=form, headers=kind) as answer:
                assert answer.status == 413


async def test_of_a_long_answer_the_beginning_is_shown_and_the_rest_is_not_written_out() -> None:
    deep = b"[" * 300 + b",".join([b"0"] * 200_000) + b"]" * 300
    objects = undescribed(ProxiedResponse(200, {"Content-Type": "application/json"}, deep))
    async with alone(objects) as client:
        fields = Fields(await page(client, PREDICT)).found
        tracemalloc.start()
        try:
            async with client.post(PREDICT, data={**fields, "text": "{}"}) as answer:
                assert "Only the beginning is shown" in await answer.text()
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 20 * 1024**2, "indented it has 120 MB"


async def test_a_long_answer_is_shown_as_it_came() -> None:
    long = b"[" + b",".join([b"{}"] * 400_000) + b"]"
    objects = undescribed(ProxiedResponse(200, {}, long))
    async with alone(objects) as client:
        fields = Fields(await page(client, PREDICT)).found
        async with client.post(PREDICT, data={**fields, "text": "{}"}) as answer:
            assert "[{},{}," in await answer.text()


async def test_an_answer_that_no_parser_takes_is_shown_as_it_is() -> None:
    deep = b"[" * 100_000
    objects = undescribed(ProxiedResponse(200, {}, deep))
    objects.responses[OPENAPI_PATH] = ProxiedResponse(200, {}, deep)
    async with alone(objects) as client:
        fields = Fields(await page(client, PREDICT)).found
        async with client.post(PREDICT, data={**fields, "text": "{}"}) as answer:
            assert answer.status == 200
            assert "[[[[" in await answer.text()
        objects.responses["/"] = ProxiedResponse(500, {}, deep)
        async with client.post(PREDICT, data={**fields, "text": "{}"}) as answer:
            assert answer.status == 409


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", json.dumps({"a": "<script>alert(1)</script>"})])
async def test_what_a_model_answers_is_text(hostile: str) -> None:
    objects = undescribed(ProxiedResponse(200, {"Content-Type": "text/html"}, hostile.encode()))
    async with alone(objects) as client:
        fields = Fields(await page(client, PREDICT)).found
        async with client.post(PREDICT, data={**fields, "text": "{}"}) as answer:
            assert "<script>alert" not in await answer.text()


async def test_why_a_model_does_not_answer_is_said_and_what_was_typed_stays() -> None:
    objects = undescribed(ProxiedResponse(500, {}, b"broken <b>model</b>"))
    async with alone(objects) as client:
        fields = Fields(await page(client, PREDICT)).found
        async with client.post(PREDICT, data={**fields, "text": '{"typed": 1}'}) as answer:
            assert answer.status == 409
            text = await answer.text()
    assert "the model answered 500" in text
    assert "<b>" not in text
    assert "&#34;typed&#34;" in text


class Busy(UserObjects):
    """Counts the predictions that are under way."""

    now = most = 0

    @override
    async def proxied(self, namespace: str, target: str, request: ProxiedRequest, **kind: Any) -> ProxiedResponse:
        if request.method == "POST":
            self.now += 1
            self.most = max(self.most, self.now)
            for _ in range(100):  # whoever does not wait comes in meanwhile
                await asyncio.sleep(0)
            self.now -= 1
        return await super().proxied(namespace, target, request, **kind)


async def test_predictions_wait_for_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiapp.console.pages.predict.AT_ONCE", 2)
    known = undescribed()
    objects = Busy(known.held)
    objects.responses = known.responses
    async with alone(objects) as client:
        fields = Fields(await page(client, PREDICT)).found
        asked = [client.post(PREDICT, data={**fields, "text": "{}"}) for _ in range(6)]
        assert {one.status for one in await asyncio.gather(*asked)} == {200}
    assert objects.most == 2


async def test_whoever_may_not_ask_services_sees_no_button() -> None:
    objects = served()
    objects.denied = frozenset({("create", SERVICES.plural)})
    async with alone(objects) as client:
        text = await page(client, PREDICT)
    assert "Ask the model" not in text
    assert "the right to create services/proxy is missing" in text


async def test_a_list_is_filtered_sorted_and_paged() -> None:
    versions = [stored(documents.version(f"app-{place:02}"), status=NORMAL) for place in range(30)]
    versions[3]["status"] = NORMAL | {"phase": "Failed"}
    async with alone(UserObjects({VERSIONS: versions, APPLICATIONS: []})) as client:
        first = await page(client, "/n/vision/?order=descending")
        assert "app-29" in first
        assert "app-04" not in first
        second = await page(client, "/n/vision/?order=descending&offset=25")
        assert "app-04" in second
        assert "offset=0" in second
        failed = await page(client, "/n/vision/?phase=Failed")
        assert "app-03" in failed
        assert "app-04" not in failed
        assert (await client.get("/n/vision/?labels=%21%21%21")).status == 400
        assert "No application fits" in await page(client, "/n/vision/?name=none&offset=99999999")


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_page_of_an_application_has_its_calls_or_why_not(language: str) -> None:
    objects = calling(pod("a"), pod("b"))
    objects.held[APPLICATIONS] = [stored(documents.application())]
    objects.pods["b:8080"] = ProxiedResponse(200, {}, b"<script>alert(1)</script>")
    missing = {"en": "You may not ask the pods", "zh": "您无权向 Pod 查询"}
    async with alone(objects) as client:
        text = await page(client, f"/n/vision/applications/mnist?language={language}")
        assert re.findall(r"<td data-label=[^>]*>(\d+)</td>", text.partition('data-part="calls"')[2])[:3] == [
            "4",
            "2",
            "1",
        ]
        assert "<script>alert" not in text
        objects.denied = frozenset({("get", PODS.plural)})
        headers = {"Accept-Language": language}
        async with client.get("/n/vision/applications/mnist", headers=headers) as answer:
            assert missing[language] in await answer.text()
