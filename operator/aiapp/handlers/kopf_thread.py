"""One run of kopf: a thread with an event loop of its own that watches some of our kinds. Never decides anything.

kopf ends as a whole when one watch of it ends, and then cancels every task of its event loop: so it has one to itself.
It only watches: the objects of a listing are left out before kopf sees them, and are listed by the witness.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import kopf
import uvloop
from typing_extensions import override

from aiapp.adapters.kube.credentials import KubeCredentials, load, session
from aiapp.controller.kind_watch import Watching, Witness
from aiapp.domain.kubernetes.child_kinds import trim_of
from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.handlers.kopf_settings import Endless, settings

logger = logging.getLogger(__name__)

ENDING_SECONDS: Final = 2.0
ENDING_ROUNDS: Final = 10
"""So often what is left is cancelled after so long: kopf's tasks swallow a cancellation at times."""
STOP_SECONDS: Final = 2.0
"""A run that is stopped and does not answer within this is left to itself."""
KOPF_LOGGERS: Final = ("kopf._core.reactor.running", "kopf._core.reactor.orchestration")


class KopfThread(Watching):
    """Watches `kinds` from its creation on, and calls `witness` on the event loop that it was created in.

    In `namespaces`, or everywhere when there are none.
    """

    def __init__(self, kinds: Collection[Resource], witness: Witness, namespaces: Collection[str] = ()) -> None:
        self._kinds = kinds
        self._namespaces = namespaces
        self._paths = {kind: {kind.path(one) for one in namespaces or (None,)} for kind in kinds}
        self._witness = witness
        self._home = asyncio.get_running_loop()
        self._ended: asyncio.Future[BaseException | None] = self._home.create_future()
        self._root = ""
        """Path of the API server, where it has one."""
        self._streams: dict[str, aiohttp.ClientResponse] = {}
        self._loop = uvloop.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)
        self._thread.start()

    @property
    @override
    def ended(self) -> asyncio.Future[BaseException | None]:
        return self._ended

    @override
    def received(self, kind: Resource) -> int | None:
        streams = [self._streams.get(path) for path in self._paths.get(kind, ())]
        open_ones = [stream.content.total_bytes for stream in streams if stream is not None and not stream.closed]
        return sum(open_ones) if open_ones and len(open_ones) == len(streams) else None

    @override
    async def stop(self) -> None:
        with suppress(RuntimeError):  # its loop is closed already
            self._loop.call_soon_threadsafe(self._stop.set)
        await asyncio.wait((self._ended,), timeout=STOP_SECONDS)

    def join(self) -> None:
        """Blocks until nothing of it is left."""
        self._thread.join()

    def _run(self) -> None:
        self._loop.set_exception_handler(note)
        try:
            self._loop.run_until_complete(self._watch())
        except Exception as error:  # noqa: BLE001 - whatever it is, it begins again
            self._call(self._end, error)
        self._loop.close()

    def _end(self, reason: BaseException | None) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)

    async def _watch(self) -> None:
        """Raises `NoClusterError`."""
        ourselves = asyncio.all_tasks()
        credentials = KubeCredentials(load, time.monotonic)
        self._root = urlsplit(credentials.server).path
        async with aiohttp.TCPConnector(ssl=credentials.tls, limit=0, keepalive_timeout=60) as connector:
            tasks = await kopf.spawn_tasks(
                registry=self._registry(credentials, connector),
                settings=settings(),
                clusterwide=not self._namespaces,
                namespaces=self._namespaces,
                standalone=True,
                stop_flag=self._stop,
            )
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            self._call(self._end, next(filter(None, (task.exception() for task in done)), None))
            ending = asyncio.create_task(kopf.run_tasks(tasks, ignored=ourselves))
            await _until_gone(ourselves)
            ending.cancel()

    def _registry(self, credentials: KubeCredentials, connector: aiohttp.BaseConnector) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        pauses = _pauses()

        @kopf.on.login(registry=registry, id="login")
        async def login(**_: Any) -> kopf.AiohttpSession:
            await asyncio.sleep(next(pauses))
            observed = session(credentials, connector, middleware=self._observe, response_class=EmptyListing)
            return kopf.AiohttpSession(server=credentials.server, aiohttp_session=observed)

        for resource in self._kinds:
            self._handle(registry, resource)
        return registry

    def _handle(self, registry: kopf.OperatorRegistry, kind: Resource) -> None:
        @kopf.on.event(kind.group, kind.version, kind.plural, registry=registry, id=f"seen-{kind.plural}")
        async def seen(event: Any, **_: Any) -> None:
            document: Json = event["object"]
            if event["type"] == "DELETED":
                self._call(self._witness.gone, kind, document)
            else:
                self._call(self._witness.seen, kind, trim_of(kind)(document))

    async def _observe(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Notes which streams are open, and reports every listing once the API server has answered it."""
        response, path = await handler(request), request.url.path.removeprefix(self._root)
        kind = next((kind for kind, paths in self._paths.items() if path in paths), None)
        if kind is not None and response.status == 403:
            self._call(self._witness.refused, kind)
        elif kind is not None and response.status == 200:
            if "watch" in request.url.query:
                self._streams[path] = response
            else:
                self._call(self._witness.listed, kind)
        return response

    def _call(self, callback: Any, *arguments: Any) -> None:
        with suppress(RuntimeError):  # the process ends
            self._home.call_soon_threadsafe(callback, *arguments)


async def _until_gone(others: Collection[asyncio.Task[Any]]) -> None:
    """Waits for the end of kopf's tasks, which takes a while, if they end at all; nothing else waits for that."""
    for _ in range(ENDING_ROUNDS):
        left = asyncio.all_tasks().difference(others)
        if not left:
            return
        for task in (await asyncio.wait(left, timeout=ENDING_SECONDS))[1]:
            task.cancel()


class EmptyListing(aiohttp.ClientResponse):
    """Of a listing kopf gets where it ends, to watch from there, and none of its objects."""

    @override
    async def json(self, **options: Any) -> Any:
        answer = await super().json(**options)
        if "items" in answer:
            answer["items"] = []
            answer["metadata"].pop("continue", None)
        return answer


def _pauses() -> Iterator[float]:
    """Seconds before each login: none before the first. The session itself has tried fresh credentials before that."""
    yield 0.0
    yield from Endless()


def quieten() -> None:
    """Leaves out of kopf's log what the end of a run reports anyway, and what is true of every thread."""
    for name in KOPF_LOGGERS:
        logging.getLogger(name).addFilter(_without_traceback)


def note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception handler for what fails in callbacks while everything ends: one line."""
    logger.info("%s: %r", context.get("message"), context.get("exception"))


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = None
    return not record.getMessage().startswith("OS signals are ignored")
