"""What tests need to reach stores on this machine: a policy that allows it, and a proxy that tells what it saw."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy

LOCAL_RANGE: Final = "127.0.0.0/8"
LOCAL: Final = EndpointPolicy(allowed_ranges=(ip_network(LOCAL_RANGE),))
"""Stores on this machine may be reached."""


@dataclass
class Proxy:
    """A forward proxy for http (absolute URLs) and https (CONNECT)."""

    names: dict[str, str] = field(default_factory=dict)
    """Addresses of names that only the proxy knows."""
    login: str | None = None
    """`user:password` that clients must show."""
    seen: list[str] = field(default_factory=list)
    """First line of every request."""
    url: str = ""
    _connections: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one side went away, or the test is over
        finally:
            writer.close()

    async def end(self) -> None:
        """Ends every connection."""
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first = head.split(b"\r\n", 1)[0].decode()
        self.seen.append(first)
        if self.login and base64.b64encode(self.login.encode()) not in head:
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        method, target, _ = first.split(" ")
        address = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host = address.hostname or ""
        from_store, to_store = await asyncio.open_connection(self.names.get(host, host), address.port or 80)
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                to_store.write(head.replace(f"http://{address.netloc}".encode(), b"", 1))
            await asyncio.gather(_pipe(reader, to_store), _pipe(from_store, writer))
        finally:
            to_store.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def forward_proxy(proxy: Proxy) -> AsyncIterator[Proxy]:
    """The proxy, listening on a port of its own."""
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        login = f"{proxy.login}@" if proxy.login else ""
        proxy.url = f"http://{login}127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield proxy
        await proxy.end()
