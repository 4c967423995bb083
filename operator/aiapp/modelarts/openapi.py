"""The APIs of a package as an OpenAPI 3.1 document: what the model server answers, as far as config.json describes it.

The same for `aiapp openapi` and for the server's own `/openapi.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .apis import JSON_TYPE, Body, PackageApi
from .config import Config
from .health import Health
from .model_types import CUSTOM, IMAGE
from .schemas import JsonSchema

OPENAPI = "3.1.0"
REPAIRED = "x-aiapp-repaired"
"""What was read leniently, or is no JSON Schema and therefore only a description."""

_UNDESCRIBED = (PackageApi("POST", "/"),)
"""What a package without `apis` answers."""
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_ANYTHING: JsonSchema = {}
_ERROR: JsonSchema = {
    "type": "object",
    "required": ["error_code", "error_msg", "request_id"],
    "properties": {
        "error_code": {"type": "string", "description": "stable, for programs"},
        "error_msg": {"type": "string", "description": "for people"},
        "request_id": {"type": "string", "description": "the header X-Request-Id of the answer"},
    },
}
_STATUS: JsonSchema = {"type": "object", "properties": {"status": {"type": "string"}}}


class Title(NamedTuple):
    """What the document calls the model."""

    name: str
    version: str = "0.0.0"
    description: str | None = None


def openapi(title: Title, config: Config) -> dict[str, Any]:
    """The document, ready for JSON or YAML. Of two APIs with one path and method the first is shown."""
    has_own_server = config.kind in (CUSTOM, IMAGE)
    info = {"title": title.name, "version": title.version, "description": title.description or _description(config)}
    errors = {} if has_own_server else {"default": _json("An error", {"$ref": "#/components/schemas/Error"})}
    paths: dict[str, dict[str, Any]] = {}
    for api in config.apis or _UNDESCRIBED:
        operations = paths.setdefault(_path(api.url), {})
        operations.setdefault(api.method.lower(), _operation(api, config.schemas, errors))
    described: dict[str, Any] = {"openapi": OPENAPI, "info": info, "paths": paths}
    if not has_own_server:
        paths.setdefault(_path((config.health or Health()).path), {}).setdefault("get", _health())
        described["components"] = {"schemas": {"Error": _ERROR}}
    if config.repaired:
        described[REPAIRED] = list(config.repaired)
    return described


def _description(config: Config) -> str:
    return ", ".join(part for part in (config.algorithm, config.kind.name if config.kind else "") if part)


def _path(url: str) -> str:
    """Braces would be parameters of the path, and a query is none of its business."""
    return url.partition("?")[0].replace("{", "%7B").replace("}", "%7D")


def _operation(api: PackageApi, schemas: Mapping[str, JsonSchema], errors: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"description": "The result"}
    if api.response is not None:
        result["content"] = _content(api.response, schemas)
    return {"summary": "One prediction", **_input(api, schemas), "responses": {"200": result, **errors}}


def _input(api: PackageApi, schemas: Mapping[str, JsonSchema]) -> dict[str, Any]:
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


def _health() -> dict[str, Any]:
    answers = {"200": _json("Ready", _STATUS), "503": _json("Loading or stopping", _STATUS)}
    return {"summary": "Whether predictions are answered", "responses": answers}


def _json(description: str, schema: JsonSchema) -> dict[str, Any]:
    return {"description": description, "content": {JSON_TYPE: {"schema": schema}}}
