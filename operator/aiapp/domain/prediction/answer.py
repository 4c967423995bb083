"""What the answer to a prediction means: of the model, or of the API server in its place. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.kubernetes.status import condition
from aiapp.domain.printable import printable

_LONGEST: Final = 2048
"""Characters of an answer that an error shows."""
_MOST_BYTES: Final = 64 * 1024
_VERBS: Final = {"GET": "get", "HEAD": "get", "OPTIONS": "get", "POST": "create", "PUT": "update", "DELETE": "delete"}
"""What the API server calls a request to a Service."""


def api_server_status(status: int, body: bytes) -> Json | None:
    """The API server's own answer, where it could not pass the request on; None: the model has answered."""
    found = None if 200 <= status < 300 else _parsed(body)
    is_status = isinstance(found, dict) and found.get("kind") == "Status" and found.get("apiVersion") == "v1"
    return found if is_status else None


def refused(status: Json, method: str, namespace: str) -> str | None:
    """Which right is missing; None: it is not a right."""
    if status.get("code") != 403:
        return None
    verb = _VERBS.get(method, "patch")
    return (
        f"you may not {verb} services/proxy in namespace {namespace} (the ClusterRole edit may): "
        f"{printable(str(status.get('message', '')))}"
    )


def unreached(status: Json, application: Json | None) -> str:
    """Why no pod was asked."""
    message = printable(str(status.get("message", "")))
    if status.get("code") != 503 or "no endpoints" not in message:
        return f"the API server got no answer: {message}"
    name = "it" if application is None else application["metadata"]["name"]
    return f"no pod of {name} is ready{_state((application or {}).get('status') or {})}"


def failure(status: int, body: bytes) -> str:
    """What the model said, by code and message where it is the answer of the model server."""
    text = printable(body.decode("utf-8", "replace"))[:_LONGEST].strip()
    found = _parsed(body)
    if isinstance(found, Mapping) and {"error_code", "error_msg"} <= found.keys():
        request = f" (request {printable(str(found['request_id']))})" if "request_id" in found else ""
        text = f"{printable(str(found['error_code']))}: {printable(str(found['error_msg']))}{request}"
    return f"the model answered {status}{f': {text}' if text else ''}"


def _parsed(body: bytes) -> Any:
    """None for what is no JSON, or longer than anything that is looked for in it."""
    try:
        return json.loads(body) if len(body) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        return None


def _state(status: Json) -> str:
    ready = condition(status, "Ready")
    words = [one for one in (status.get("phase"), ready.get("message")) if one]
    return f": {printable(', '.join(words))}" if words else ""
