"""The OpenAPI document of a package: valid whatever the package declares, and names what was read leniently."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.unit.modelarts.test_schemas import VALUES

from aiapp.modelarts.config import Config, read_config
from aiapp.modelarts.openapi import REPAIRED, Title, openapi

CORPUS = Path(__file__).parents[2] / "data/packages/import"


def config(**fields: Any) -> Config:
    written = {"model_algorithm": "image_classification", "model_type": "PyTorch", **fields}
    found = read_config(json.dumps(written).encode(), "config.json")
    assert found.fault is None, found
    return found.config


def document(**fields: Any) -> dict[str, Any]:
    made = openapi(Title("mnist", "1.0.0"), config(**fields))
    OpenAPIV31SpecValidator(made).validate()
    return made


def test_a_package_without_apis_answers_the_documented_default() -> None:
    made = document()
    assert made["info"] == {"title": "mnist", "version": "1.0.0", "description": "image_classification, PyTorch"}
    operation = made["paths"]["/"]["post"]
    assert "requestBody" not in operation
    assert operation["responses"]["200"] == {"description": "The result"}
    assert set(made["paths"]) == {"/", "/health"}
    assert REPAIRED not in made


def test_request_and_response_are_shown_with_their_schemas() -> None:
    api = {
        "method": "post",
        "request": {
            "Content-type": "multipart/form-data",
            "data": {"type": "object", "properties": {"images": {"type": "file"}}},
        },
        "response": {"Content-type": "applicaton/json", "data": {"type": "array", "item": [{"type": "float"}]}},
    }
    made = document(apis=[api])
    operation = made["paths"]["/"]["post"]
    images = {"type": "string", "contentMediaType": "application/octet-stream"}
    assert operation["requestBody"]["content"] == {
        "multipart/form-data": {"schema": {"type": "object", "properties": {"images": images}}}
    }
    assert operation["responses"]["200"]["content"] == {
        "application/json": {"schema": {"type": "array", "items": {"type": "number"}}}
    }
    assert made[REPAIRED] == [
        "/apis/0/response/Content-type: 'applicaton/json' read as application/json",
        "/apis/0/response/data/item: read as items",
        "/apis/0/response/data/item: a list of one read as an object",
        "/apis/0/response/data/item/0/type: 'float' read as number",
    ]


def test_what_a_request_without_body_takes_are_parameters() -> None:
    data = {"type": "object", "properties": {"q": {"type": "string"}, "n": {"type": "integer"}}, "required": ["q"]}
    made = document(apis=[{"method": "GET", "request": {"data": data}}])
    assert made["paths"]["/"]["get"]["parameters"] == [
        {"name": "q", "in": "query", "schema": {"type": "string"}, "required": True},
        {"name": "n", "in": "query", "schema": {"type": "integer"}},
    ]


def test_an_own_server_has_paths_of_its_own_and_the_first_of_two_apis_counts() -> None:
    image = {"model_type": "Image", "swr_location": "swr.example/x:1"}
    found = read_config(
        json.dumps({"model_algorithm": "x", **image, "apis": [{"url": "/predict"}], "health": {"url": "/h"}}).encode(),
        "config.json",
    )
    assert not found.diagnostics
    made = document(apis=[{"response": {"data": {"type": "string"}}}, {"response": {"data": {"type": "number"}}}])
    content = made["paths"]["/"]["post"]["responses"]["200"]["content"]
    assert content["application/json"]["schema"] == {"type": "string"}


@pytest.mark.parametrize("case", ["documented-pytorch", "gbk-with-comments", "duplicate-keys-and-numbers-as-text"])
def test_packages_as_people_write_them_become_valid_documents(case: str) -> None:
    (path,) = (CORPUS / case).rglob("config.json")
    found = read_config(path.read_bytes(), "config.json")
    assert found.fault is None
    OpenAPIV31SpecValidator(openapi(Title(case), found.config)).validate()


@settings(max_examples=40, deadline=None)
@given(VALUES, VALUES)
def test_whatever_is_written_becomes_a_valid_document(request: Any, response: Any) -> None:
    api = {"request": {"data": request}, "response": {"data": response}}
    for method in ("POST", "GET"):
        document(apis=[{**api, "method": method}])
