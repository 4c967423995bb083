"""A replica that does not lead sends no write, however the request came about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from aiapp.adapters.kube.guard import NotLeadingError, only_leader_writes


class Server:
    """Notes what arrives; `leads` is what the guard hears."""

    def __init__(self) -> None:
        self.leads = True
        self.arrived: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.arrived.append(request.method)
        return web.json_response({})


@asynccontextmanager
async def guarded(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    middleware = only_leader_writes(lambda: server.leads)
    async with aiohttp.ClientSession(base, middlewares=(middleware,)) as session:
        yield session
    await runner.cleanup()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_only_the_leader_writes(method: str) -> None:
    server = Server()
    async with guarded(server) as session:
        async with session.request(method, "/apis/apps/v1/namespaces/team/deployments/a"):
            pass
        server.leads = False
        with pytest.raises(NotLeadingError, match="this replica does not lead") as raised:
            await session.request(method, "/apis/apps/v1/namespaces/team/deployments/a")
        assert raised.value.transient
        assert server.arrived == [method]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/api/v1/pods", id="whoever reads"),
        pytest.param("PATCH", "/apis/coordination.k8s.io/v1/namespaces/n/leases/aiapp-operator", id="the lease itself"),
        pytest.param(
            "PATCH",
            "/k8s/clusters/c-1/apis/coordination.k8s.io/v1/namespaces/n/leases/aiapp-operator",
            id="the lease of an API server that has a path",
        ),
    ],
)
async def test_what_changes_nothing_of_the_leaders_is_sent(method: str, path: str) -> None:
    server = Server()
    server.leads = False
    async with guarded(server) as session, session.request(method, path):
        pass
    assert server.arrived == [method]
