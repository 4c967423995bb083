"""The OpenAPI document, checked by the standard's own validator."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from openapi_spec_validator import validate

from aiapp.domain.package.config import read_config
from aiapp.domain.package.refusal import Refusal
from aiapp.modelarts.openapi import Title, openapi
from aiapp.serve.config import parse
from aiapp.serve.openapi import document
from aiapp.serve.schemas import FILE

PACKAGES = pathlib.Path(__file__).parents[2] / "data" / "packages"


def described(**config: object) -> Any:
    made = document(parse(json.dumps(config).encode()), "model")
    validate(made)
    return made


FILES = {"type": "object", "properties": {"images": {"type": "file"}}}


def test_a_misspelt_declaration_becomes_a_form_with_a_file() -> None:
    api = {
        "url": "/predict",
        "method": "post",
        "request": {"Content-type": "multipart/from-data", "data": FILES},
        "response": {"content-type": "applicaton/json", "data": {"type": "list", "item": [{"type": "float"}]}},
    }

    paths = described(apis=[api])["paths"]

    operation = paths["/predict"]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"] == {"images": FILE}
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"type": "array", "items": {"type": "number"}}
    assert set(paths) == {"/", "/predict", "/health"}


@pytest.mark.parametrize(
    ("config", "request_type"),
    [
        pytest.param({}, "application/json", id="nothing declared"),
        pytest.param({"apis": {"request": {"data": FILES}}}, "multipart/form-data", id="a file and no content type"),
        pytest.param({"apis": [{"request": "x", "response": []}]}, "application/json", id="nonsense"),
        pytest.param({"apis": [{"request": [{"Content-type": "text/csv"}]}]}, "text/csv", id="a list of one"),
    ],
)
def test_the_request_of_the_default_path_is_described(config: dict[str, object], request_type: str) -> None:
    assert list(described(**config)["paths"]["/"]["post"]["requestBody"]["content"]) == [request_type]


def test_a_response_within_the_request_is_found() -> None:
    api = {"request": {"data": {}, "response": {"data": {"type": "string"}}}}

    responses = described(apis=[api])["paths"]["/"]["post"]["responses"]

    assert responses["200"]["content"]["application/json"]["schema"] == {"type": "string"}


def test_methods_that_openapi_does_not_know_are_left_out() -> None:
    assert "/x" not in described(apis=[{"url": "/x", "method": "FROB"}])["paths"]


def test_without_a_body_the_request_is_in_the_query() -> None:
    api = {"method": "GET", "request": {"data": {"properties": {"q": {"type": "string"}}, "required": ["q"]}}}

    [parameter] = described(apis=[api])["paths"]["/"]["get"]["parameters"]

    assert parameter == {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}


def test_braces_in_a_path_are_no_parameters() -> None:
    assert "/a%7Bb%7D" in described(apis=[{"url": "/a{b}"}])["paths"]


READ = {file: read_config(file.read_bytes(), "config.json") for file in PACKAGES.rglob("config.json")}
ACCEPTED = {str(file.relative_to(PACKAGES)): file for file, read in READ.items() if not isinstance(read, Refusal)}


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_server_describes_a_package_as_the_command_line_does(name: str) -> None:
    config = read_config(ACCEPTED[name].read_bytes(), "config.json")
    assert not isinstance(config, Refusal)
    by_server = document(parse(ACCEPTED[name].read_bytes()), "m")["paths"]

    for path, operations in openapi(Title("m"), config.read)["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                content = operation["requestBody"]["content"]
                assert by_server[path][method]["requestBody"]["content"] == content
            if "content" in operation["responses"]["200"]:
                assert (
                    by_server[path][method]["responses"]["200"]["content"] == operation["responses"]["200"]["content"]
                )
