"""The APIs of a package as an OpenAPI 3.1 document, as far as its configuration describes them.

Never says what a model answers when it fails: packages do not write that down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .apis import Api, Body
from .config import Config
from .schemas import JsonSchema

OPENAPI = "3.1.0"
REPAIRED = "x-aiapp-repaired"
"""What was read leniently, or is no JSON Schema and therefore only a description."""

_UNDESCRIBED = (Api("POST", "/"),)
"""What a package without `apis` answers."""
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_ANYTHING: JsonSchema = {}


class Title(NamedTuple):
    """What the document calls the model."""

    name: str
    version: str = "0.0.0"
    description: str | None = None


def openapi(title: Title, config: Config) -> dict[str, Any]:
    """The document, ready for JSON or YAML. Of two APIs with one path and method the first is shown."""
    info = {"title": title.name, "version": title.version, "description": title.description or _description(config)}
    paths: dict[str, dict[str, Any]] = {}
    for api in config.apis or _UNDESCRIBED:
        operations = paths.setdefault(_path(api.url), {})
        operations.setdefault(api.method.lower(), _operation(api, config.schemas))
    repaired = {REPAIRED: list(config.repaired)} if config.repaired else {}
    return {"openapi": OPENAPI, "info": info, "paths": paths, **repaired}


def _description(config: Config) -> str:
    return f"{config.algorithm}, {config.kind.name}" if config.kind else config.algorithm


def _path(url: str) -> str:
    """Braces would be parameters of the path, and a query is none of its business."""
    return url.partition("?")[0].replace("{", "%7B").replace("}", "%7D")


def _operation(api: Api, schemas: Mapping[str, JsonSchema]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "What the model says."}
    if api.response is not None:
        answer["content"] = _content(api.response, schemas)
    return {**_input(api, schemas), "responses": {"200": answer}}


def _input(api: Api, schemas: Mapping[str, JsonSchema]) -> dict[str, Any]:
    if api.request is None:
        return {}
    if api.method not in _BODILESS:
        return {"requestBody": {"required": True, "content": _content(api.request, schemas)}}
    schema = schemas.get(api.request.where, _ANYTHING)
    needed = schema.get("required", ())
    return {
        "parameters": [
            {"name": name, "in": "query", "schema": one, **({"required": True} if name in needed else {})}
            for name, one in schema.get("properties", {}).items()
        ]
    }


def _content(body: Body, schemas: Mapping[str, JsonSchema]) -> dict[str, Any]:
    return {body.content_type: {"schema": schemas.get(body.where, _ANYTHING)}}
