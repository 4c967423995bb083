"""The API server's verbs over one HTTP session: small, typed errors, retries. Never knows what the objects mean."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeGuard

import aiohttp
import orjson
from typing_extensions import override
from yarl import URL

from aiapp.adapters.http import bounded
from aiapp.domain.kubernetes.resources import PODS, SERVICES, Json, Resource, resource_of
from aiapp.ports import (
    FIELD_MANAGER,
    NOT_SERVED,
    WHOLE_LOG,
    Api,
    ApiError,
    ConflictError,
    LogPart,
    NotFoundError,
    Page,
    ProxiedRequest,
    ProxiedResponse,
    Trim,
    WatchEvent,
)

PAGE_SIZE: Final = 500
"""Objects a page, as client-go's pager asks for; fewer where they are large."""
PAGE_BYTES: Final = 8 * 1024**2
PAGES_AT_ONCE: Final = 2
"""At a start everything is listed at the same time; pages are large, and no sooner parsed for coming together."""
OBJECT_BYTES: Final = 16 * 1024**2
"""One object, or one event of a watch: etcd takes 1.5 MiB, which can be several times as long in JSON."""
ERROR_BYTES: Final = 1024**2
CONNECT_SECONDS: Final = 5.0
ATTEMPT_SECONDS: Final = 15.0
"""One request may take this long: a healthy API server answers in milliseconds, a stuck one is better asked again."""
TOTAL_SECONDS: Final = 30.0
"""A call with all its attempts; the work queue's backoff takes over from there."""
BACKOFF_FIRST_SECONDS: Final = 0.1
BACKOFF_CAP_SECONDS: Final = 5.0
WATCH_SILENCE_SECONDS: Final = 150.0
"""The server sends a bookmark about every minute: a stream that is silent for so long is dead."""
WATCH_SERVER_SECONDS: Final = 300
"""The server ends a watch after this long (plus up to as much again, so that streams do not all end together)."""

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
METADATA: Final = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST: Final = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
APPLY_PATCH: Final = "application/apply-patch+yaml"

_LOST = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError, ConnectionError)


class RequestObserver(Protocol):
    """Counts answers, for metrics."""

    def requested(self, method: str, resource: str, status: int, seconds: float) -> None:
        """`resource` is the plural, with `/status` where only that was meant; `status` is 0 without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Deadlines of one call, in seconds, and the sources of time and chance."""

    attempt: float = ATTEMPT_SECONDS
    total: float = TOTAL_SECONDS
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    resource: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = JSON
    accept: str = JSON
    most_bytes: int = OBJECT_BYTES


class _AnswerTooLongError(ApiError):
    """The answer has more bytes than the request allows."""

    def __init__(self, request: _Request) -> None:
        message = f"{request.method} {request.path}: an answer of more than {request.most_bytes} bytes"
        super().__init__(413, "AnswerTooLong", message)


class KubeApi(Api):
    """`ports.Api` over an authenticated session (`credentials_kube.session`)."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        server: str,
        timing: Timing | None = None,
        observer: RequestObserver | None = None,
    ) -> None:
        self._session = session
        self._server = server
        self._timing = timing or Timing()
        self._observer = observer
        self._pages = asyncio.Semaphore(PAGES_AT_ONCE)
        self._namespace: str | None = None

    def within(self, namespace: str) -> "KubeApi":
        """The same, whose lists and watches are of that namespace unless they name one; empty: of all."""
        other = copy(self)
        other._namespace = namespace or None  # noqa: SLF001 - of its own kind
        return other

    @override
    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json:
        return await self._call(_Request(method="GET", resource=resource.plural, path=resource.path(namespace, name)))

    @override
    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        trim: Trim | None = None,
    ) -> Page:
        """As in `ports.Api`; of one namespace when it is given."""
        namespace = namespace or self._namespace
        params, limit = _selectors(selector, fields), PAGE_SIZE
        items: list[Json] = []
        while True:
            async with self._pages:
                try:
                    page = await self._call(_page_request(resource, namespace, params, limit))
                except _AnswerTooLongError:
                    if limit == 1:
                        raise
                    limit = max(1, limit // 4)
                    continue
                items.extend(_trimmed(page, resource, trim))
            metadata = page["metadata"]
            if not metadata.get("continue"):
                return Page(items, metadata["resourceVersion"])
            params["continue"] = metadata["continue"]

    @override
    async def watch(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        resource_version: str,
    ) -> AsyncIterator[WatchEvent]:
        """As in `ports.Api`; of one namespace when it is given."""
        seconds = WATCH_SERVER_SECONDS * (1 + self._timing.jitter())
        params = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(int(seconds)),
            "resourceVersion": resource_version,
        } | _selectors(selector, fields)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=WATCH_SILENCE_SECONDS)
        try:
            url = self._server + resource.path(namespace or self._namespace)
            headers = {"Accept": METADATA if resource.metadata_only else JSON}
            async with self._session.get(url, params=params, timeout=timeout, headers=headers) as response:
                if response.status != 200:
                    raise _error(response.status, await bounded.beginning(response.content, ERROR_BYTES))
                async for line in bounded.lines(response.content, OBJECT_BYTES):
                    event = _watch_event(line)
                    yield WatchEvent(event.type, _typed(event.object, resource))
        except bounded.TooLongError as error:
            raise ApiError(0, "TooLong", f"watch of {resource.plural}: a line is longer than any object") from error
        except _LOST as error:
            raise ApiError(0, "Lost", f"watch of {resource.plural}: {error!r}") from error

    async def log(self, namespace: str, pod: str, *, container: str, part: LogPart = WHOLE_LOG) -> AsyncIterator[str]:
        """Lines of a container's log without their ends. Raises `ApiError`."""
        url = self._server + PODS.path(namespace, pod, "log")
        params = {"container": container, **_log_params(part)}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        try:
            async with self._session.get(url, params=params, timeout=timeout) as response:
                if response.status != 200:
                    raise _error(response.status, await bounded.beginning(response.content, ERROR_BYTES))
                async for line in bounded.lines(response.content, OBJECT_BYTES):
                    yield line.decode(errors="replace")
        except bounded.TooLongError as error:
            raise ApiError(0, "TooLong", f"log of pod {pod}: a line without an end") from error
        except _LOST as error:
            raise ApiError(0, "Lost", f"log of pod {pod}: {error!r}") from error

    async def proxied(
        self, namespace: str, target: str, request: ProxiedRequest, *, resource: Resource = SERVICES
    ) -> ProxiedResponse:
        """A request to a Service or a pod through the API server, with the rights of the caller; not tried again.

        `target` is `[SCHEME:]NAME[:PORT]`. Raises `ApiError` without an answer, or when it is longer than asked for,
        and for a path that leads beyond the target, to what else the caller may do: models declare their paths.
        """
        root = URL(self._server + resource.path(namespace, target, "proxy"))
        url = URL(f"{root}{request.path}")
        if not url.raw_path.startswith(f"{root.raw_path}/"):
            raise ApiError(400, "BadRequest", f"the path {request.path!r} leads beyond {target}: take another one")
        timeout = aiohttp.ClientTimeout(total=request.seconds, sock_connect=CONNECT_SECONDS)
        most = request.most_bytes or OBJECT_BYTES
        try:
            async with self._session.request(
                request.method, url, data=request.body, headers=request.headers, timeout=timeout, allow_redirects=False
            ) as response:
                body = await bounded.read(response.content, most)
                return ProxiedResponse(response.status, response.headers.copy(), body)
        except bounded.TooLongError as error:
            raise ApiError(0, "TooLong", f"{target} answered with more than {most} bytes") from error
        except _LOST as error:
            raise ApiError(0, "Lost", f"{request.method} {request.path} of {target}: {error!r}") from error

    @override
    async def create(self, document: Json, *, manager: str = FIELD_MANAGER, dry_run: bool = False) -> Json:
        resource = resource_of(document)
        path = resource.path(document["metadata"].get("namespace"))
        request = _write("POST", resource.plural, path, document)
        return await self._call(replace(request, params={"fieldManager": manager, **_dry(dry_run)}))

    @override
    async def review(self, question: Json, resource: Resource) -> Json:
        path = resource.path(question["metadata"].get("namespace"))
        return await self._call(_write("POST", resource.plural, path, question))

    @override
    async def apply(self, document: Json, *, force: bool, manager: str = FIELD_MANAGER) -> Json:
        resource, metadata = resource_of(document), document["metadata"]
        path = resource.path(metadata.get("namespace"), metadata["name"])
        request = _write("PATCH", resource.plural, path, document, APPLY_PATCH)
        params = {"fieldManager": manager, "force": str(force).lower()}
        return await self._call(replace(request, params=params))

    @override
    async def patch(self, resource: Resource, namespace: str | None, name: str, patch: Json) -> Json:
        path = resource.path(namespace, name)
        return await self._call(
            _write("PATCH", resource.plural, path, patch, MERGE_PATCH if resource.is_custom else STRATEGIC_PATCH)
        )

    async def edit(
        self, resource: Resource, namespace: str, name: str, patch: Sequence[Json], *, manager: str, dry_run: bool
    ) -> Json:
        """A JSON patch (RFC 6902), as that field manager; `dry_run`: only whether it would be taken. The object then.

        Raises `ConflictError` if the patch names another resourceVersion than the object has.
        """
        path = resource.path(namespace, name)
        request = _write("PATCH", resource.plural, path, list(patch), JSON_PATCH)
        params = {"fieldManager": manager, **_dry(dry_run)}
        return await self._call(replace(request, params=params))

    @override
    async def replace_status(self, document: Json) -> Json:
        resource, metadata = resource_of(document), document["metadata"]
        path = resource.path(metadata.get("namespace"), metadata["name"], "status")
        return await self._call(_write("PUT", f"{resource.plural}/status", path, document))

    @override
    async def delete(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        *,
        preconditions: Mapping[str, str],
        dry_run: bool = False,
    ) -> None:
        options = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "propagationPolicy": "Background",
            "preconditions": dict(preconditions),
        }
        path = resource.path(namespace, name)
        await self._call(replace(_write("DELETE", resource.plural, path, options), params=_dry(dry_run)))

    async def _call(self, request: _Request) -> Json:
        deadline = self._timing.clock() + self._timing.total
        attempt = 0
        while True:
            error, wait = await self._attempt(request, attempt)
            if isinstance(error, dict):
                return error
            left = deadline - self._timing.clock()
            if not _worth_retrying(error) or wait >= left:
                raise error
            await asyncio.sleep(wait)
            attempt += 1

    async def _attempt(self, request: _Request, attempt: int) -> tuple[Json | ApiError, float]:
        """The parsed answer, or the error and how long to wait before the next attempt."""
        wait = self._backoff(attempt)
        started = self._timing.clock()
        status = 0
        try:
            async with self._session.request(
                request.method,
                self._server + request.path,
                params=request.params,
                data=request.body,
                headers=_headers(request),
                timeout=aiohttp.ClientTimeout(total=self._timing.attempt, sock_connect=CONNECT_SECONDS),
                allow_redirects=False,
            ) as response:
                status = response.status
                content = await _content(response, request)
                wait = max(wait, _retry_after(response.headers))
        except bounded.TooLongError:
            return _AnswerTooLongError(request), wait
        except _LOST as lost:
            return ApiError(0, "Lost", f"{request.method} {request.path}: {lost!r}"), wait
        finally:
            if self._observer is not None:
                seconds = self._timing.clock() - started
                self._observer.requested(request.method, request.resource, status, seconds)
        return _parsed(status, content), wait

    def _backoff(self, attempt: int) -> float:
        ceiling = min(BACKOFF_FIRST_SECONDS * 2.0**attempt, BACKOFF_CAP_SECONDS)
        return ceiling * (0.5 + self._timing.jitter() / 2)


def _dry(run: bool) -> dict[str, str]:  # noqa: FBT001 - named at each call
    """Parameters by which the API server only says whether it would take a write."""
    return {"dryRun": "All"} if run else {}


def _log_params(part: LogPart) -> dict[str, str]:
    numbers = {"tailLines": part.tail, "sinceSeconds": part.since_seconds}
    flags = {"previous": part.previous, "timestamps": part.timestamps, "follow": part.follow}
    given = {name: str(number) for name, number in numbers.items() if number is not None}
    return given | {name: "true" for name, flag in flags.items() if flag}


def _selectors(labels: str, fields: str) -> dict[str, str]:
    return {name: value for name, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}


def _page_request(resource: Resource, namespace: str | None, params: Mapping[str, str], limit: int) -> _Request:
    return _Request(
        method="GET",
        resource=resource.plural,
        path=resource.path(namespace),
        params={"limit": str(limit), **params},
        accept=METADATA_LIST if resource.metadata_only else JSON,
        most_bytes=PAGE_BYTES if limit > 1 else OBJECT_BYTES,
    )


def _write(method: str, resource: str, path: str, body: Json | list[Json], content_type: str = JSON) -> _Request:
    return _Request(
        method=method,
        resource=resource,
        path=path,
        params={"fieldManager": FIELD_MANAGER},
        body=orjson.dumps(body),
        content_type=content_type,
    )


def _worth_retrying(error: ApiError) -> bool:
    return error.transient and error.status != 409


def _parsed(status: int, content: bytes) -> Json | ApiError:
    if not 200 <= status < 300:
        return _error(status, content)
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ApiError(0, "NotJson", f"the answer is no JSON: {content[:80]!r}")
    return answer if _is_object(answer) else ApiError(0, "NotJson", f"the answer is no object: {content[:80]!r}")


def _is_object(answer: Any) -> TypeGuard[Json]:
    return isinstance(answer, dict) and isinstance(answer.get("metadata"), dict)


async def _content(response: aiohttp.ClientResponse, request: _Request) -> bytes:
    """Raises `TooLongError`; the body of an error is cut instead."""
    if response.ok:
        return await bounded.read(response.content, request.most_bytes)
    return await bounded.beginning(response.content, ERROR_BYTES)


def _trimmed(page: Json, resource: Resource, trim: Trim | None) -> Iterator[Json]:
    if not page["metadata"].get("resourceVersion"):
        raise ApiError(0, "NotJson", f"the answer is no list of {resource.plural}")
    for item in page.get("items") or ():
        kept = trim(_typed(item, resource)) if trim else _typed(item, resource)
        if kept is not None:
            yield kept


def _error(status: int, content: bytes) -> ApiError:
    try:
        body: Any = orjson.loads(content)
        reason, message = body.get("reason") or "", body.get("message") or ""
    except (orjson.JSONDecodeError, AttributeError):
        # Only a path that belongs to no kind is refused in plain text.
        reason, message = NOT_SERVED if status == 404 else "", content[:200].decode(errors="replace")
    kind = {404: NotFoundError, 409: ConflictError}.get(status, ApiError)
    return kind(status, reason or str(status), message)


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds; the API server only uses the number form of the header."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0


def _headers(request: _Request) -> Mapping[str, str]:
    content = {} if request.body is None else {"Content-Type": request.content_type}
    return {"Accept": request.accept, **content}


def _typed(item: Json, resource: Resource) -> Json:
    """Items of a list of built-in kinds come without apiVersion and kind, mere metadata comes with those of its own."""
    item["apiVersion"], item["kind"] = resource.api_version, resource.kind
    return item


def _watch_event(line: bytes) -> WatchEvent:
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
