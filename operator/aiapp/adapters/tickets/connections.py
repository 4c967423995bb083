"""Accepts TLS connections: so many at once, of which each address has a share, and none for long.

Every pod of the cluster reaches this port, and the operator has few file descriptors: a pod that did nothing but open
connections would keep it from opening any of its own.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from contextlib import closing
from typing import Any, Final, cast

from typing_extensions import override

from aiapp.domain.fair_share import FairShare

logger = logging.getLogger(__name__)

CONNECTIONS: Final = 256
"""At once. The file descriptors of a process are often 1024, and the rest of the operator needs some."""
HANDSHAKE_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 60.0
"""For a connection from its first to its last byte: longer than the fetcher waits for an answer."""
_SHUTDOWN_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 1.0
"""After the system gave no connection, for want of descriptors for example."""


class Connections:
    """Accepts until it is stopped. `protocol` makes what speaks over one connection."""

    def __init__(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._protocol = protocol
        self._shares = FairShare(CONNECTIONS)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, host: str, port: int, tls: ssl.SSLContext) -> tuple[str, int]:
        """The address it listens on; port 0 takes a free one. Raises OSError when it is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        both = host == "::" and socket.has_dualstack_ipv6()
        listening = socket.create_server((host, port), family=family, dualstack_ipv6=both)
        listening.settimeout(0)
        self._begin(self._accept(listening, tls))
        bound_host, bound_port = listening.getsockname()[:2]
        return bound_host, bound_port

    async def stop(self) -> None:
        """Ends all that is open."""
        ending = list(self._tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket, tls: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        with closing(listening):
            while True:
                try:
                    connection, peer = await loop.sock_accept(listening)
                except OSError as error:
                    logger.warning("no connection is accepted for a moment: %s", error.strerror)
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                if self._shares.has_place(peer[0]):
                    self._shares.take(peer[0])
                    self._begin(self._kept(connection, peer[0], tls))
                else:
                    connection.close()

    async def _kept(self, connection: socket.socket, who: str, tls: ssl.SSLContext) -> None:
        """One connection, until it ends or has taken too long."""
        watched = _Watched(self._protocol())
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: watched,
                    connection,
                    ssl=tls,
                    ssl_handshake_timeout=HANDSHAKE_SECONDS,
                    ssl_shutdown_timeout=_SHUTDOWN_SECONDS,
                )
                await watched.ended.wait()
        except (OSError, TimeoutError):
            pass  # whoever asks notices
        finally:
            self._shares.give_back(who)
            watched.abort()


class _Watched(asyncio.Protocol):
    """Passes all on to another protocol, and knows when the connection has ended."""

    def __init__(self, inner: asyncio.Protocol) -> None:
        self._inner = inner
        self._transport: asyncio.Transport | None = None
        self.ended = asyncio.Event()

    def abort(self) -> None:
        """End the connection at once, where it has not."""
        if self._transport is not None and not self.ended.is_set():
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are of no class of asyncio's
        self._inner.connection_made(transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    @override
    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()
        self._inner.connection_lost(exc)

    @override
    def pause_writing(self) -> None:
        self._inner.pause_writing()

    @override
    def resume_writing(self) -> None:
        self._inner.resume_writing()
