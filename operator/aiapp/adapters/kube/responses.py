"""What the API server answers: objects, pages and events, or why there are none. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

import orjson

from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.ports.kubernetes import NOT_SERVED, ApiError, ConflictError, NotFoundError, Trim, WatchEvent


def parsed(status: int, content: bytes) -> Json | ApiError:
    """The object that was sent, or why there is none."""
    if not 200 <= status < 300:
        return refusal(status, content)
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ApiError(0, "NotJson", f"the answer is no JSON: {content[:80]!r}")
    return answer if _is_object(answer) else ApiError(0, "NotJson", f"the answer is no object: {content[:80]!r}")


def _is_object(answer: Any) -> TypeGuard[Json]:
    return isinstance(answer, dict) and isinstance(answer.get("metadata"), dict)


def trimmed(page: Json, resource: Resource, trim: Trim | None) -> Iterator[Json]:
    """The objects of a page. Raises `ApiError` for what is no list."""
    if not page["metadata"].get("resourceVersion"):
        raise ApiError(0, "NotJson", f"the answer is no list of {resource.plural}")
    for item in page.get("items") or ():
        kept = trim(typed(item, resource)) if trim else typed(item, resource)
        if kept is not None:
            yield kept


def refusal(status: int, content: bytes) -> ApiError:
    """The error that an answer stands for, also when something on the way to the API server gave it."""
    try:
        body: Any = orjson.loads(content)
        reason, message = body.get("reason"), body.get("message")
    except (orjson.JSONDecodeError, AttributeError):
        # Only a path that belongs to no kind is refused in plain text.
        reason, message = NOT_SERVED if status == 404 else None, None
    kind = {404: NotFoundError, 409: ConflictError}.get(status, ApiError)
    return kind(status, _text(reason) or str(status), _text(message) or _raw(status, content))


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""


def _raw(status: int, content: bytes) -> str:
    """What was sent, as it is."""
    text = content[:200].decode(errors="replace").strip()
    return text or f"the API server, or a proxy before it, answered with HTTP status {status} and without a word"


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds; the API server only uses the number form of the header."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0


def typed(item: Json, resource: Resource) -> Json:
    """Items of a list of built-in kinds come without apiVersion and kind, mere metadata comes with those of its own."""
    item["apiVersion"], item["kind"] = resource.api_version, resource.kind
    return item


def watch_event(line: bytes) -> WatchEvent:
    """One line of a watch. Raises `ApiError` for an ERROR event and for what is no event."""
    try:
        event = orjson.loads(line)
        kind, found = event["type"], event["object"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ApiError(0, "NotJson", f"a watch sent no event: {line[:80]!r}") from error
    if kind == "ERROR" and isinstance(found, dict):
        raise ApiError(found.get("code") or 0, found.get("reason") or "", found.get("message") or "")
    if not (_is_object(found) and found["metadata"].get("resourceVersion")):
        raise ApiError(0, "NotJson", f"a watch sent no object: {line[:80]!r}")
    return WatchEvent(kind, found)
