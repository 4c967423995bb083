"""The console as a server, until a signal ends it."""

import asyncio
import signal
import ssl
from collections.abc import Callable
from typing import Final

from aiohttp import web

SHUTDOWN_SECONDS: Final = 5.0
"""Pages that are being made may take so long at the end; streams are ended."""


async def serve(
    app: web.Application, host: str, port: int, tls: ssl.SSLContext | None, started: Callable[[int], None]
) -> None:
    """Serves until SIGTERM or SIGINT; `started` is told the port, which was free where `port` is 0. Raises OSError."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        await site.start()
        started(runner.addresses[0][1])
        await _signal()
    finally:
        await runner.cleanup()


async def _signal() -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, ended.set)
    await ended.wait()
