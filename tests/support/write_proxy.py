"""A proxy between the operator and the API server: counts writes, and can end the operator right at one of them.

It can also answer with a page of HTML, as portals and gateways do on bad days.
"""

import asyncio
import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web
from tests.support.kube import Kube

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SESSION = web.AppKey("session", aiohttp.ClientSession)
HOP_BY_HOP = frozenset({"transfer-encoding", "connection", "content-length", "content-encoding", "host"})


@dataclass
class WriteProxy:
    """Counts the writes to one namespace; at number `fatal` of them it calls `strike`, before or after the answer."""

    upstream: Kube
    namespace: str = ""
    fatal: int = 0
    before_answer: bool = False
    strike: Callable[[], None] = lambda: None
    written: list[str] = field(default_factory=list)
    """Method and path of each write so far."""
    taken: list[str] = field(default_factory=list)
    """The same of those that the API server did not refuse."""
    struck: threading.Event = field(default_factory=threading.Event)
    html: Callable[[web.Request], bool] = lambda _: False
    """Which requests are answered by a gateway instead."""
    misled: list[str] = field(default_factory=list)
    """Path and query of each of those so far."""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    """In which all of it happens, in a thread."""
    _requests: set[asyncio.Task[web.StreamResponse]] = field(default_factory=set)

    def watch(self, namespace: str, *, fatal: int = 0, before_answer: bool = False) -> None:
        """Count anew, for that namespace."""
        self.written.clear()
        self.taken.clear()
        self.struck.clear()
        self.namespace, self.fatal, self.before_answer = namespace, fatal, before_answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Passes on; that the other side has gone is what this is for."""
        if self.html(request):
            self.misled.append(request.path_qs)
            return web.Response(text="<html><body>Please log in</body></html>", content_type="text/html")
        task = asyncio.create_task(self._passed_on(request))
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)
        try:
            return await task
        except ConnectionError:
            return web.Response(status=502)

    def sever(self) -> None:
        """Cuts every stream."""
        self.loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._requests])

    async def _passed_on(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        url = f"{self.upstream.server}{request.path_qs}"
        session = request.app[SESSION]
        async with session.request(request.method, url, data=body or None, headers=headers) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
            response = web.StreamResponse(status=answer.status, headers=kept)
            fatal = self._counts(request, answer.status) and len(self.written) == self.fatal
            if fatal and self.before_answer:
                self._end()
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            if fatal and not self.before_answer:
                self._end()
            return response

    def _counts(self, request: web.Request, status: int) -> bool:
        if request.method not in WRITES or f"/namespaces/{self.namespace}/" not in request.path:
            return False
        self.written.append(f"{request.method} {request.path}")
        if status < HTTPStatus.BAD_REQUEST:
            self.taken.append(self.written[-1])
        return True

    def _end(self) -> None:
        self.strike()
        self.struck.set()


@dataclass
class _Listening:
    """The proxy's own event loop, in a thread."""

    proxy: WriteProxy
    port: int = 0
    ready: threading.Event = field(default_factory=threading.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def run(self) -> None:
        self.proxy.loop.run_until_complete(self._serve())
        self.proxy.loop.close()

    async def _serve(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self.proxy.upstream.ssl_context, limit=0)
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", self.proxy.handle)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
            app[SESSION] = session
            runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.port = runner.addresses[0][1]
            self.ready.set()
            await self.stopped.wait()
            await runner.cleanup()


@contextmanager
def write_proxy(kubeconfig: Path, folder: Path) -> Iterator[tuple[WriteProxy, Path]]:
    """The proxy and a kubeconfig that goes through it with the rights of `kubeconfig`."""
    listening = _Listening(WriteProxy(Kube(kubeconfig)))
    thread = threading.Thread(target=listening.run, daemon=True)
    thread.start()
    assert listening.ready.wait(10)
    config = yaml.safe_load(kubeconfig.read_text())
    config["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{listening.port}"}
    through = folder / "through-proxy"
    through.write_text(yaml.safe_dump(config))
    try:
        yield listening.proxy, through
    finally:
        listening.proxy.loop.call_soon_threadsafe(listening.stopped.set)
        thread.join(10)
        _forget_connections()


def _forget_connections() -> None:
    """Those that were still closing when the loop ended are nobody's: else some later test would be blamed for them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
