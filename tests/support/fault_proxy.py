"""A proxy in front of a real S3 server that does to chosen answers what servers and networks do on bad days.

Never invents an object: what is not a fault comes from the server behind it.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

PIECE = 64 * 1024
STALL_SECONDS = 3600
"""Longer than any test."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: method, path with query, headers with lower-case names."""

    method: str
    target: str
    headers: dict[str, str]

    @property
    def is_get(self) -> bool:
        """Whether it asks for bytes."""
        return self.method == "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one answer; the default is nothing."""

    status: HTTPStatus | None = None
    """Answer with this status and no body, without asking the server."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers that are set, or replaced, in the answer."""
    ignores_range: bool = False
    """Let the server answer as if all of it was asked for."""
    cut_after: int | None = None
    """Close the connection after so many bytes of the body."""
    stall_after: int | None = None
    """Send nothing more after so many bytes of the body, with the connection open."""
    piece: int = PIECE
    """Bytes of the body that are sent at once."""
    pause_seconds: float = 0.0
    """Rest after each piece."""


NO_FAULT = Fault()
Rule = Callable[[Request], Fault]


def no_faults(_: Request) -> Fault:
    """Everything passes."""
    return NO_FAULT


class FaultProxy:
    """Listens on a port of its own in a thread of its own; `rule` may be replaced at any time.

    The rule runs in the proxy's thread before the request is passed on, so it may also change the store then.
    """

    def __init__(self, upstream: str, tls: ssl.SSLContext | None = None) -> None:
        address = urlsplit(upstream)
        self._upstream = (address.hostname or "127.0.0.1", address.port or 80)
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.rule: Rule = no_faults
        self.requests: list[Request] = []

    @property
    def endpoint(self) -> str:
        """Where clients find the proxy."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{port}"

    @property
    def address(self) -> str:
        """The same as HOST:PORT, as references to images have it."""
        return self.endpoint.partition("://")[2]

    @property
    def ranges(self) -> list[str]:
        """Of what only a part was asked for: which, of each."""
        return [request.headers["range"] for request in self.requests if "range" in request.headers]

    @property
    def gets(self) -> list[Request]:
        """The requests for bytes so far."""
        return [request for request in self.requests if request.is_get]

    def start(self) -> None:
        """Returns when the port is open."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        """Closes the port and every connection."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self._tls, ssl_shutdown_timeout=1 if self._tls else None
        )

    async def _close(self) -> None:
        assert self._server is not None
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        closed = asyncio.create_task(self._server.wait_closed())
        await asyncio.sleep(0)  # it must wait before the server closes to hear of the last connection's end
        self._server.close()
        for writer in self._writers:
            with suppress(AttributeError):  # one that is closed altogether has no loop any more
                writer.transport.abort()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await asyncio.wait_for(closed, 5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client or the server went away, or the test is over
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        request = _request(head)
        body = await reader.readexactly(int(request.headers.get("content-length", "0")))
        self.requests.append(request)
        fault = self.rule(request)
        if fault.status is not None:
            writer.write(_plain_answer(fault.status, fault.headers))
            await writer.drain()
            return
        from_server, to_server = await asyncio.open_connection(*self._upstream)
        try:
            to_server.write(_with_headers(head, {"Connection": "close"}, not_passed_on(fault)) + body)
            await _pass_on(from_server, writer, fault)
        finally:
            to_server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(_with_headers(head, {"Connection": "close", **fault.headers}))
    sent = 0
    while piece := await reader.read(fault.piece):
        end = _end(fault, sent, piece)
        writer.write(piece[: end - sent])
        await writer.drain()
        sent += len(piece)
        if fault.cut_after is not None and sent >= fault.cut_after:
            return
        if fault.stall_after is not None and sent >= fault.stall_after:
            await asyncio.sleep(STALL_SECONDS)  # a task that waits for nothing the loop knows would be garbage
        await asyncio.sleep(fault.pause_seconds)


def _end(fault: Fault, sent: int, piece: bytes) -> int:
    limits = (limit for limit in (fault.cut_after, fault.stall_after) if limit is not None)
    return min([sent + len(piece), *limits])


def _request(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    return Request(method, target, {name.lower(): value.strip() for name, _, value in pairs})


def not_passed_on(fault: Fault) -> frozenset[str]:
    """Headers of a request that the server does not get to see."""
    return frozenset({"range"}) if fault.ignores_range else frozenset()


def _with_headers(head: bytes, replaced: dict[str, str], dropped: frozenset[str] = frozenset()) -> bytes:
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    names = {name.lower() for name in replaced} | dropped
    kept = [line for line in lines if line.partition(":")[0].lower() not in names]
    added = [f"{name}: {value}" for name, value in replaced.items()]
    return ("\r\n".join([first, *kept, *added]) + "\r\n\r\n").encode("latin-1")


def _plain_answer(status: HTTPStatus, headers: dict[str, str]) -> bytes:
    first = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return _with_headers(first.encode(), headers)


@contextmanager
def fault_proxy(upstream: str, tls: ssl.SSLContext | None = None) -> Iterator[FaultProxy]:
    """A running proxy in front of `upstream` (`http://host:port`), with TLS towards the client when given."""
    proxy = FaultProxy(upstream, tls)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
