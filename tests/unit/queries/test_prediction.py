"""One prediction through the API server, and what is said when there is none."""

import json
from typing import Any

import pytest
from tests.support import documents
from tests.support.user_api import UserObjects

from aiapp.domain.kubernetes.naming import application_labels
from aiapp.domain.kubernetes.resources import APPLICATIONS, SERVICES, VERSIONS, Json
from aiapp.domain.prediction.body import File, Input
from aiapp.ports.kubernetes import ProxiedResponse
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.prediction import DESCRIPTION_BYTES, OPENAPI_PATH, PredictionRequest, apis, predict

INPUT = Input(File("input.json", b"{}"))
DIGIT = Input(File("digit.png", b"PNG", "image/png"))
READY = {"phase": "Deploying", "conditions": [{"type": "Ready", "message": "0 of 1 pods are ready"}]}
FORM = {"properties": {"images": {"contentMediaType": "application/octet-stream"}}}
DESCRIPTION = {"paths": {"/": {"post": {"requestBody": {"content": {"multipart/form-data": {"schema": FORM}}}}}}}


def service(name: str, *ports: str) -> Json:
    """One made by an earlier release has two ports."""
    described = [{"name": one, "appProtocol": one.partition("-")[0], "port": 80} for one in ports]
    return {"metadata": {"name": name, "labels": application_labels("mnist")}, "spec": {"ports": described}}


def objects(content_type: str = "application/json", *answers: ProxiedResponse) -> UserObjects:
    application = documents.application() | {"status": READY | {"traffic": [{"version": "1.0.0", "actualWeight": 100}]}}
    apis = [{"method": "POST", "url": "/", "requestContentType": content_type}]
    version = documents.version() | {"status": {"model": {"apis": apis}}}
    services = [service("mnist", "http"), service("mnist-1-0-0", "https", "https-direct")]
    api = UserObjects({APPLICATIONS: [application], VERSIONS: [version], SERVICES: services})
    api.responses = {"/": answers[0] if answers else ProxiedResponse(200, {}, b'{"a": 1}')}
    api.responses[OPENAPI_PATH] = ProxiedResponse(200, {}, json.dumps(DESCRIPTION).encode())
    return api


async def asked(api: UserObjects, **others: Any) -> ProxiedResponse:
    question = PredictionRequest(**{"application": "mnist", "given": INPUT} | others)
    return await predict(UserCluster(api, "team"), question, "limit")


async def test_the_answer_is_the_models() -> None:
    api = objects()
    assert (await asked(api)).body == b'{"a": 1}'
    ((method, request),) = api.written
    assert (method, request.path, request.body) == ("POST", "/", b"{}")
    assert request.headers == {"Content-Type": "application/json"}


async def test_the_field_of_an_upload_is_what_the_model_says() -> None:
    api = objects("multipart/form-data")
    await asked(api, given=DIGIT)
    (_, described), (_, request) = api.written
    assert described.path == OPENAPI_PATH
    assert b'name="images"; filename="digit.png"' in request.body


async def test_each_service_is_asked_at_its_own_port(monkeypatch: pytest.MonkeyPatch) -> None:
    api, seen = objects(), []
    proxied = api.proxied

    async def watched(namespace: str, name: str, request: Any, **kind: Any) -> ProxiedResponse:
        seen.append(name)
        return await proxied(namespace, name, request, **kind)

    monkeypatch.setattr(api, "proxied", watched)
    await asked(api)
    await asked(api, version="1.0.0")
    assert seen == ["mnist:http", "https:mnist-1-0-0:https-direct"]


@pytest.mark.parametrize(
    "strange",
    [
        pytest.param(
            {"metadata": {"name": "mnist"}, "spec": {"ports": [{"name": "http", "port": 80}]}}, id="another's"
        ),
        pytest.param(service("mnist") | {"spec": {"type": "ExternalName"}}, id="without ports"),
        pytest.param(service("mnist") | {"spec": {"ports": [{"port": 80}]}}, id="with a port without a name"),
    ],
)
async def test_a_service_that_only_has_the_name_is_sent_nothing(strange: Json) -> None:
    api = objects()
    api.held[SERVICES] = [strange]
    with pytest.raises(
        QueryError, match="Service mnist in namespace team is not the one of mnist, which needs that name"
    ):
        await asked(api)
    assert api.written == []


def word(code: int, message: str) -> ProxiedResponse:
    body = {"kind": "Status", "apiVersion": "v1", "code": code, "message": message}
    return ProxiedResponse(code, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            word(403, "User x cannot"),
            "you may not create services/proxy in namespace team (the ClusterRole edit may): User x cannot",
            id="a right",
        ),
        pytest.param(
            word(503, 'no endpoints available for service "mnist"'),
            "no pod of mnist is ready: Deploying, 0 of 1 pods are ready",
            id="no pod",
        ),
        pytest.param(
            word(502, "error trying to reach service: EOF"),
            "the API server got no answer: error trying to reach service: EOF",
            id="no answer",
        ),
        pytest.param(
            ProxiedResponse(400, {}, b'{"error_code": "MR.0105", "error_msg": "bad\\u001b", "request_id": "7"}'),
            "the model answered 400: MR.0105: bad? (request 7)",
            id="the code of the model",
        ),
        pytest.param(ProxiedResponse(500, {}, b"<html>"), "the model answered 500: <html>", id="any server"),
        pytest.param(ProxiedResponse(404, {}, b""), "the model answered 404", id="nothing"),
    ],
)
async def test_why_there_is_no_answer_is_said(answer: ProxiedResponse, message: str) -> None:
    with pytest.raises(QueryError) as refused:
        await asked(objects("application/json", answer))
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"application": "other"}, "namespace team has no application other"),
        (
            {"version": "2.0.0"},
            "version 2.0.0 is not served: there is no Service mnist-2-0-0 in namespace team",
        ),
        ({"path": "/", "method": "PUT"}, "the model declares POST /, not PUT /"),
    ],
)
async def test_what_cannot_be_asked_is_said(others: dict[str, Any], message: str) -> None:
    with pytest.raises(QueryError) as refused:
        await asked(objects(), **others)
    assert refused.value.message == message


async def test_a_model_is_not_waited_for_nor_read_without_end_to_know_what_it_takes() -> None:
    api = objects("text/plain")
    long = {**DESCRIPTION, "info": "x" * DESCRIPTION_BYTES}
    api.responses[OPENAPI_PATH] = ProxiedResponse(200, {}, json.dumps(long).encode())
    (found,) = await apis(UserCluster(api, "team"), PredictionRequest(application="mnist"))
    assert found.content_type == "text/plain", "what the version's status says"
    ((_, request),) = api.written
    assert request.seconds <= 5
