"""The server over real sockets, before a worker that the test plays by hand."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import socket
from typing import TYPE_CHECKING

import pytest
from tests.unit.serve.by_hand import LAUNCH, Worker, run, until

from aiapp.serve import options
from aiapp.serve.config import Config
from aiapp.serve.server import server as servers
from aiapp.serve.server.server import Server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiapp.serve.package.failures import StartFailure

HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def post(name: str) -> bytes:
    """A prediction whose request id is this name."""
    return b"POST / HTTP/1.1\r\nHost: x\r\nX-Request-Id: %b\r\nContent-Length: 2\r\n\r\n{}" % name.encode()


class Served:
    """A server, and its clients."""

    def __init__(self, *arguments: str) -> None:
        self.worker = Worker()
        self.server = Server(options.parse(["--package", "/package", *arguments]), Config(), LAUNCH)
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self._address = self._listener.getsockname()
        self._writers: list[asyncio.StreamWriter] = []
        running = self.server.run(self._listener, self.worker.started)
        self.ended: asyncio.Task[StartFailure | None] = asyncio.ensure_future(running)

    async def ready(self) -> Served:
        self.worker.is_ready()
        await until(lambda: self.server._status() == "ready")
        return self

    async def connect(self, raw: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*self._address)
        self._writers.append(writer)
        writer.write(raw)
        return reader, writer

    async def ask(self, raw: bytes) -> int:
        """The status of the answer to a request on a connection of its own."""
        reader, writer = await self.connect(raw)
        found = await status(reader)
        writer.close()
        return found

    async def end(self) -> None:
        for writer in self._writers:
            writer.close()
        self.server._end()
        await self.ended


async def status(reader: asyncio.StreamReader) -> int:
    """Of the next answer; 0 when the connection is closed instead."""
    head = await reader.read(4096)
    found = re.match(rb"HTTP/1\.1 (\d+) ", head)
    return int(found.group(1)) if found else 0


def wait_for(ended: list[tuple[int, int]]) -> Callable[..., tuple[int, int]]:
    """`os.waitpid` of a process with no children but these, by id and status."""

    def waitpid(*_: int) -> tuple[int, int]:
        if ended:
            return ended.pop()
        raise ChildProcessError

    return waitpid


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Play a scenario with a server with these options; children of the test's own process are left alone."""

    monkeypatch.setattr(os, "waitpid", wait_for([]))

    def played(scenario: Callable[[Served], Awaitable[None]], *arguments: str) -> None:
        async def whole() -> None:
            served = Served(*arguments)
            try:
                await scenario(served)
            finally:
                await served.end()

        run(whole)

    return played


def test_a_prediction_waits_for_its_worker_and_is_answered(play: Callable[..., None]) -> None:
    async def scenario(served: Served) -> None:
        await served.ready()
        reader, _ = await served.connect(post("a"))
        await until(served.worker.has_request)
        assert (served.worker.next(), served.server._gauges().in_flight) == ("a", 1)
        served.worker.answers(b'"done"')

        assert (await reader.readuntil(b'"done"')).startswith(b"HTTP/1.1 200 OK\r\n")

    play(scenario)


def test_while_the_model_loads_health_and_predictions_say_so(play: Callable[..., None]) -> None:
    async def scenario(served: Served) -> None:
        assert (await served.ask(HEALTH), await served.ask(post("a"))) == (503, 503)

    play(scenario)


def test_predictions_that_come_too_fast_are_refused_with_a_time_to_retry_and_nothing_else_is(
    play: Callable[..., None],
) -> None:
    async def scenario(served: Served) -> None:
        await served.ready()
        for name in ("a", "b"):
            await served.connect(post(name))
        await until(lambda: served.server._gauges().in_flight == 2)
        reader, writer = await served.connect(post("c"))
        refused = await reader.read(4096)
        assert b"HTTP/1.1 429 " in refused
        assert b"Retry-After: 1\r\n" in refused
        assert b'"error_code": "RateLimited"' in refused
        assert await served.ask(HEALTH) == 200

        writer.write(HEALTH)
        assert await status(reader) == 200, "the connection is still of use"
        metrics = served.server._metrics.text(served.server._gauges())
        assert 'aiapp_model_errors_total{route="/",error_code="RateLimited"} 1' in metrics

    play(scenario, "--requests-per-second", "1", "--burst", "2")


@pytest.mark.parametrize("how", ["close", "write_eof"], ids=["closes", "closes its sending side"])
def test_a_client_that_goes_while_it_waits_frees_its_place_and_is_never_computed(
    play: Callable[..., None], capsys: pytest.CaptureFixture[str], how: str
) -> None:
    async def scenario(served: Served) -> None:
        await served.ready()
        await served.connect(post("runs"))
        await until(lambda: served.server._gauges().in_flight == 1)
        _, gone = await served.connect(post("gone"))
        await until(lambda: served.server._gauges().queue_length == 1)
        assert await served.ask(post("too-many")) == 429

        getattr(gone, how)()
        await until(lambda: served.server._gauges().queue_length == 0)
        await served.connect(post("next"))
        await until(lambda: served.server._gauges().queue_length == 1)
        assert served.worker.next() == "runs"
        served.worker.answers()
        await until(served.worker.has_request)
        assert served.worker.next() == "next"
        metrics = served.server._metrics.text(served.server._gauges())
        assert 'aiapp_model_requests_total{route="/",status="499"} 1' in metrics

    play(scenario, "--queue", "1")
    assert re.search(r"id=gone .* status=499 ", capsys.readouterr().out)


def test_idle_connections_never_keep_a_probe_from_being_answered(play: Callable[..., None]) -> None:
    async def scenario(served: Served) -> None:
        await served.ready()
        busy, _ = await served.connect(post("runs"))
        await until(served.worker.has_request)
        idle = [await served.connect() for _ in range(20)]
        assert await served.ask(HEALTH) == 200

        assert await idle[0][0].read() == b""
        assert len(served.server._connections) <= 3
        served.worker.next()
        served.worker.answers()
        assert await status(busy) == 200

    play(scenario, "--max-connections", "3")


def test_requests_that_never_end_do_not_either(play: Callable[..., None]) -> None:
    async def scenario(served: Served) -> None:
        await served.ready()
        for _ in range(20):
            await served.connect(b"POST / HTTP/1.1\r\nContent-Le")

        assert await served.ask(HEALTH) == 200

    play(scenario, "--max-connections", "3")


def test_only_while_all_connections_wait_for_predictions_is_a_new_one_closed(play: Callable[..., None]) -> None:
    async def scenario(served: Served) -> None:
        await served.ready()
        for name in ("a", "b"):
            await served.connect(post(name))
        await until(lambda: served.server._gauges().in_flight == 2)

        assert await served.ask(HEALTH) == 0

    play(scenario, "--max-connections", "2")


def test_connections_leave_files_for_the_rest_of_the_process(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (servers.OTHER_FILES + 3, servers.OTHER_FILES + 3))

    async def scenario(served: Served) -> None:
        for _ in range(20):
            await served.connect()
        await served.ask(HEALTH)

        assert len(served.server._connections) <= 3

    play(scenario)


def test_after_sigterm_it_is_not_ready_but_answers_until_it_has_been_quiet(play: Callable[..., None]) -> None:
    async def scenario(served: Served) -> None:
        await served.ready()
        reader, _ = await served.connect(post("a"))
        await until(served.worker.has_request)
        served.server._terminate()
        assert await served.ask(HEALTH) == 503
        assert not served.ended.done()

        served.worker.answers()
        assert await status(reader) == 200
        assert await served.ended is None

    play(scenario, "--quiet", "0", "--grace", "600")


def test_a_package_that_cannot_be_started_ends_it_with_the_reason(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(served: Served) -> None:
        monkeypatch.setattr(os, "waitpid", wait_for([(served.worker.started.pid, 256)]))
        served.worker.fails("no class")
        failure = await served.ended
        assert failure is not None
        assert failure.what == "no class"

    play(scenario)
