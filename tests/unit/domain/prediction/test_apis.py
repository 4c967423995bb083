"""Which of a model's declared APIs is asked."""

import pytest

from aiapp.domain.prediction.apis import (
    MOST_APIS,
    MOST_FIELDS,
    UNDECLARED,
    DeclaredApi,
    NoSuchApiError,
    chosen,
    in_openapi,
    in_status,
)
from aiapp.modelarts.apis import read_apis
from aiapp.modelarts.config import Config
from aiapp.modelarts.diagnostics import Findings
from aiapp.modelarts.openapi import Title, openapi
from aiapp.modelarts.schemas import read_schemas

POST = DeclaredApi("POST", "/", "application/json")
CHAT = DeclaredApi("POST", "/chat", "application/json")
STATE = DeclaredApi("GET", "/chat")
THREE = (POST, CHAT, STATE)


@pytest.mark.parametrize(
    ("path", "method", "api"),
    [
        pytest.param(None, None, POST, id="the first"),
        pytest.param(None, "GET", STATE, id="the first with that method"),
        pytest.param("/chat", None, CHAT, id="by path"),
        pytest.param("/chat", "GET", STATE, id="by path and method"),
        pytest.param("/chat?long=1", None, CHAT._replace(path="/chat?long=1"), id="with a query"),
        pytest.param("/other", None, DeclaredApi("POST", "/other"), id="not declared"),
    ],
)
def test_the_declared_api_is_asked(path: str | None, method: str | None, api: DeclaredApi) -> None:
    assert chosen(THREE, path, method) == api


def test_a_model_that_declares_nothing_is_asked_as_the_platform_does() -> None:
    assert chosen((), None, None) == UNDECLARED
    assert chosen((), None, "GET") == DeclaredApi("GET", "/")


@pytest.mark.parametrize(
    ("path", "method", "message"),
    [
        ("/chat", "PUT", "the model declares POST /chat, GET /chat, not PUT /chat"),
        (None, "PUT", "the model declares POST /, POST /chat, GET /chat: say which with --path"),
    ],
)
def test_a_method_that_is_not_declared_is_refused(path: str | None, method: str, message: str) -> None:
    with pytest.raises(NoSuchApiError) as refused:
        chosen(THREE, path, method)
    assert str(refused.value) == message


def test_the_models_own_description_has_the_fields_of_a_form() -> None:
    form = {"type": "object", "properties": {"images": {"type": "file"}, "threshold": {"type": "number"}}}
    findings = Findings()
    apis = read_apis([{"request": {"Content-type": "multipart/form-data", "data": form}}], findings)
    document = openapi(Title("mnist"), Config(apis=apis, schemas=read_schemas(apis, findings)))
    assert in_openapi(document) == (DeclaredApi("POST", "/", "multipart/form-data", ("images",), ("threshold",)),)


@pytest.mark.parametrize("document", [{}, {"paths": []}, {"paths": {"/": None}}, {"paths": {"/": {"post": None}}}])
def test_what_describes_no_api_has_none(document: dict[str, object]) -> None:
    assert in_openapi(document) == ()


def test_several_files_in_one_field_are_files() -> None:
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    operation = {"requestBody": {"content": {"multipart/form-data": {"schema": {"properties": {"images": files}}}}}}
    (found,) = in_openapi({"paths": {"/": {"post": operation}}})
    assert found.files == ("images",)


def test_the_status_of_a_version_has_types_alone() -> None:
    apis = [{"method": "POST", "url": "/", "requestContentType": "application/json"}, {"method": "GET", "url": "/x"}]
    assert in_status({"status": {"model": {"apis": apis}}}) == (POST, DeclaredApi("GET", "/x"))
    assert in_status({}) == ()


def described(operation: object) -> dict[str, object]:
    return {"paths": {"/": {"post": operation}}}


@pytest.mark.parametrize(
    "operation",
    [
        {"requestBody": "x"},
        {"requestBody": {"content": ["x"]}},
        {"requestBody": {"content": {"text/plain": True}}},
        {"requestBody": {"content": {"text/plain": {"schema": True}}}},
        {"requestBody": {"content": {"text/plain": {"schema": {"properties": ["x"]}}}}},
    ],
)
def test_a_description_that_breaks_the_rules_of_openapi_says_no_fields(operation: object) -> None:
    (found,) = in_openapi(described(operation))
    assert (found.label, found.files, found.fields) == ("POST /", (), ())


def test_only_methods_of_http_are_operations() -> None:
    assert in_openapi({"paths": {"/": {"parameters": {}, "x-note": {}, "GET\r\nHost": {}}}}) == ()


def test_of_a_description_without_an_end_the_beginning_is_offered() -> None:
    fields: dict[str, object] = {
        "content": {"multipart/form-data": {"schema": {"properties": {str(one): {} for one in range(1000)}}}}
    }
    found = in_openapi({"paths": {f"/{one}": {"post": {"requestBody": fields}} for one in range(1000)}})
    assert len(found) == MOST_APIS
    assert len(found[0].fields) == MOST_FIELDS
