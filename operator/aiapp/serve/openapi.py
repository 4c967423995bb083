"""What the server offers, as an OpenAPI 3.1 document made from `config.json`; it never refuses any of it."""

from __future__ import annotations

from typing import Any, Dict, List

from .config import Config
from .schemas import FILE, Schema, normalized

JSON = "application/json"
FORM = "multipart/form-data"
_MISSPELT_TYPES = {
    "applicaton/json": JSON,
    "aplication/json": JSON,
    "appliction/json": JSON,
    "application/jason": JSON,
    "multipart/json": JSON,
    "multipart/from-data": FORM,
    "multipart/formdata": FORM,
    "mutipart/form-data": FORM,
}
_METHODS = frozenset(["get", "put", "post", "delete", "options", "head", "patch", "trace"])
_BODILESS = frozenset(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"])
_ERROR: Schema = {
    "type": "object",
    "required": ["error_code", "error_msg", "request_id"],
    "properties": {
        "error_code": {"type": "string", "description": "stable, for programs"},
        "error_msg": {"type": "string", "description": "for people"},
        "request_id": {"type": "string", "description": "the header X-Request-Id of the answer"},
    },
}


def document(config: Config, title: str) -> Dict[str, Any]:
    """The document for the declared APIs, `POST /` if none is declared there, and health."""
    paths: Dict[str, Dict[str, Any]] = {}
    for (method, path), api in zip(config.routes, config.apis):  # noqa: B905 - Python 3.7; they are of one length
        if method.lower() in _METHODS:
            paths.setdefault(_literal(path), {}).setdefault(method.lower(), _operation(method, api))
    paths.setdefault("/", {}).setdefault("post", _operation("POST", {}))
    paths.setdefault(_literal(config.health_path), {}).setdefault("get", _HEALTH)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {"schemas": {"Error": _ERROR}},
    }


def _operation(method: str, api: Dict[str, Any]) -> Dict[str, Any]:
    request, response = _part(api, "request"), _part(api, "response") or _part(_part(api, "request"), "response")
    operation: Dict[str, Any] = {
        "summary": "One prediction",
        "responses": {
            "200": {"description": "The result", "content": _content(response)},
            "default": _json("An error", {"$ref": "#/components/schemas/Error"}),
        },
    }
    if method in _BODILESS:
        operation["parameters"] = _parameters(normalized(request.get("data")))
    else:
        operation["requestBody"] = {"required": True, "content": _content(request)}
    return operation


def _parameters(schema: Schema) -> List[Dict[str, Any]]:
    """Without a body the query's parameters are the data."""
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": member}
        for name, member in schema.get("properties", {}).items()
    ]


def _literal(path: str) -> str:
    """Braces would stand for parameters of the path."""
    return path.replace("{", "%7B").replace("}", "%7D")


def _json(description: str, schema: Schema) -> Dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": schema}}}


_STATUS: Schema = {"type": "object", "properties": {"status": {"type": "string"}}}
_HEALTH = {
    "summary": "Whether predictions are answered",
    "responses": {"200": _json("Ready", _STATUS), "503": _json("Loading or stopping", _STATUS)},
}


def _part(parent: Dict[str, Any], name: str) -> Dict[str, Any]:
    part = parent.get(name)
    if isinstance(part, list) and part:  # a list of one stands for its item
        part = part[0]
    return part if isinstance(part, dict) else {}


def _content(part: Dict[str, Any]) -> Dict[str, Any]:
    """The content map of a request or response in `config.json`."""
    schema = normalized(part.get("data"))
    declared = next((v for k, v in part.items() if k.lower() in ("content-type", "content_type", "contenttype")), None)
    content_type = declared.partition(";")[0].strip().lower() if isinstance(declared, str) else ""
    content_type = _MISSPELT_TYPES.get(content_type, content_type)
    if "/" not in content_type:
        content_type = FORM if _has_file(schema) else JSON
    return {content_type: {"schema": schema}}


def _has_file(schema: Schema) -> bool:
    members: List[Any] = list(schema.get("properties", {}).values())
    return any(member.get("contentMediaType") == FILE["contentMediaType"] for member in members)
