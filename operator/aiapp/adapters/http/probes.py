"""The health endpoints: /healthz, /readyz and /metrics. Never decides what healthy means."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web

from aiapp.adapters.metrics.metrics import CONTENT_TYPE, Metrics

Complaints = Callable[[], Sequence[str]]
"""What is wrong right now, one sentence each; empty when all is well."""

Answer = Callable[[web.Request], Awaitable[web.Response]]
_SHUTDOWN_SECONDS: Final = 0.5


class Probes:
    """An HTTP server for the kubelet and for Prometheus."""

    def __init__(self, unhealthy: Complaints, unready: Complaints, metrics: Metrics) -> None:
        application = web.Application()
        application.router.add_get("/healthz", _probe(unhealthy))
        application.router.add_get("/readyz", _probe(unready))
        application.router.add_get("/metrics", _metrics(metrics))
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """The address it listens on; port 0 takes a free one. Raises OSError when it is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound_host, bound_port = self._runner.addresses[0][:2]
        return bound_host, bound_port

    async def stop(self) -> None:
        """Open connections are cut after half a second."""
        await self._runner.cleanup()


def _probe(complaints: Complaints) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        found = complaints()
        return web.Response(text="\n".join(found or ["ok"]) + "\n", status=503 if found else 200)

    return answer


def _metrics(metrics: Metrics) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=await metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    return answer
