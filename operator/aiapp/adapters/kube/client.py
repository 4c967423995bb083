"""The API server's verbs over one HTTP session: small, typed errors, retries. Never knows what the objects mean."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Final, Protocol

import aiohttp
from typing_extensions import override
from yarl import URL

from aiapp.adapters.http import bounded
from aiapp.adapters.kube.requests import (
    APPLY_PATCH,
    JSON,
    JSON_PATCH,
    MERGE_PATCH,
    METADATA,
    OBJECT_BYTES,
    STRATEGIC_PATCH,
    AnswerTooLongError,
    Request,
    dry,
    log_params,
    page_request,
    request_headers,
    selectors,
    write,
)
from aiapp.adapters.kube.responses import parsed, refusal, retry_after, trimmed, typed, watch_event
from aiapp.domain.kubernetes.resources import PODS, SERVICES, Json, Resource, resource_of
from aiapp.ports.kubernetes import (
    FIELD_MANAGER,
    WHOLE_LOG,
    Api,
    ApiError,
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
PAGES_AT_ONCE: Final = 2
"""At a start everything is listed at the same time; pages are large, and no sooner parsed for coming together."""
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
        if not name:
            raise NotFoundError(404, "NotFound", f"{resource.plural}: the name that was asked for is empty")
        return await self._call(Request(method="GET", resource=resource.plural, path=resource.path(namespace, name)))

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
        params, limit = selectors(selector, fields), PAGE_SIZE
        items: list[Json] = []
        while True:
            async with self._pages:
                try:
                    page = await self._call(page_request(resource, namespace, params, limit))
                except AnswerTooLongError:
                    if limit == 1:
                        raise
                    limit = max(1, limit // 4)
                    continue
                items.extend(trimmed(page, resource, trim))
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
        } | selectors(selector, fields)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=WATCH_SILENCE_SECONDS)
        try:
            url = self._server + resource.path(namespace or self._namespace)
            headers = {"Accept": METADATA if resource.metadata_only else JSON}
            async with self._session.get(url, params=params, timeout=timeout, headers=headers) as response:
                if response.status != 200:
                    raise refusal(response.status, await bounded.beginning(response.content, ERROR_BYTES))
                try:
                    async for line in bounded.lines(response.content, OBJECT_BYTES):
                        event = watch_event(line)
                        yield WatchEvent(event.type, typed(event.object, resource))
                finally:
                    _hang_up(response)
        except bounded.TooLongError as error:
            raise ApiError(0, "TooLong", f"watch of {resource.plural}: a line is longer than any object") from error
        except _LOST as error:
            raise ApiError(0, "Lost", f"watch of {resource.plural}: {error!r}") from error

    async def log(self, namespace: str, pod: str, *, container: str, part: LogPart = WHOLE_LOG) -> AsyncIterator[str]:
        """Lines of a container's log without their ends. Raises `ApiError`."""
        url = self._server + PODS.path(namespace, pod, "log")
        params = {"container": container, **log_params(part)}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        try:
            async with self._session.get(url, params=params, timeout=timeout) as response:
                if response.status != 200:
                    raise refusal(response.status, await bounded.beginning(response.content, ERROR_BYTES))
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
        request = write("POST", resource.plural, path, document)
        return await self._call(replace(request, params={"fieldManager": manager, **dry(dry_run)}))

    @override
    async def review(self, question: Json, resource: Resource) -> Json:
        path = resource.path(question["metadata"].get("namespace"))
        return await self._call(write("POST", resource.plural, path, question))

    @override
    async def apply(self, document: Json, *, force: bool, manager: str = FIELD_MANAGER) -> Json:
        resource, metadata = resource_of(document), document["metadata"]
        path = resource.path(metadata.get("namespace"), metadata["name"])
        request = write("PATCH", resource.plural, path, document, APPLY_PATCH)
        params = {"fieldManager": manager, "force": str(force).lower()}
        return await self._call(replace(request, params=params))

    @override
    async def patch(self, resource: Resource, namespace: str | None, name: str, patch: Json) -> Json:
        path = resource.path(namespace, name)
        return await self._call(
            write("PATCH", resource.plural, path, patch, MERGE_PATCH if resource.is_custom else STRATEGIC_PATCH)
        )

    async def edit(
        self, resource: Resource, namespace: str, name: str, patch: Sequence[Json], *, manager: str, dry_run: bool
    ) -> Json:
        """A JSON patch (RFC 6902), as that field manager; `dry_run`: only whether it would be taken. The object then.

        Raises `ConflictError` if the patch names another resourceVersion than the object has.
        """
        path = resource.path(namespace, name)
        request = write("PATCH", resource.plural, path, list(patch), JSON_PATCH)
        params = {"fieldManager": manager, **dry(dry_run)}
        return await self._call(replace(request, params=params))

    @override
    async def replace_status(self, document: Json) -> Json:
        resource, metadata = resource_of(document), document["metadata"]
        path = resource.path(metadata.get("namespace"), metadata["name"], "status")
        return await self._call(write("PUT", f"{resource.plural}/status", path, document))

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
        await self._call(replace(write("DELETE", resource.plural, path, options), params=dry(dry_run)))

    async def _call(self, request: Request) -> Json:
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

    async def _attempt(self, request: Request, attempt: int) -> tuple[Json | ApiError, float]:
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
                headers=request_headers(request),
                timeout=aiohttp.ClientTimeout(total=self._timing.attempt, sock_connect=CONNECT_SECONDS),
                allow_redirects=False,
            ) as response:
                status = response.status
                content = await _content(response, request)
                wait = max(wait, retry_after(response.headers))
        except bounded.TooLongError:
            return AnswerTooLongError(request), wait
        except _LOST as lost:
            return ApiError(0, "Lost", f"{request.method} {request.path}: {lost!r}"), wait
        finally:
            if self._observer is not None:
                seconds = self._timing.clock() - started
                self._observer.requested(request.method, request.resource, status, seconds)
        return parsed(status, content), wait

    def _backoff(self, attempt: int) -> float:
        ceiling = min(BACKOFF_FIRST_SECONDS * 2.0**attempt, BACKOFF_CAP_SECONDS)
        return ceiling * (0.5 + self._timing.jitter() / 2)


def _worth_retrying(error: ApiError) -> bool:
    return error.transient and error.status != 409


async def _content(response: aiohttp.ClientResponse, request: Request) -> bytes:
    """Raises `TooLongError`; the body of an error is cut instead."""
    if response.ok:
        return await bounded.read(response.content, request.most_bytes)
    return await bounded.beginning(response.content, ERROR_BYTES)


def _hang_up(response: aiohttp.ClientResponse) -> None:
    """Ends a connection in the middle of its answer: TLS would say goodbye first, for longer than a command runs."""
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
