"""One connection over a real socket, with a handler that the test plays by hand."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.unit.serve.by_hand import run, until

from aiapp.serve import options
from aiapp.serve.http import connection as connections
from aiapp.serve.http.admission import Activity
from aiapp.serve.http.connection import Connection
from aiapp.serve.http.errors import RefusedError
from aiapp.serve.http.exchange import Answer, Exchange

OPTIONS = options.parse(["--package", "/package"])


def post(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Handler:
    """Keeps each request until the test answers it; the body `now` is answered at once, `runs` is running."""

    def __init__(self) -> None:
        self.options = OPTIONS
        self.is_draining = False
        self.connection: Connection | None = None
        self.activities: list[Activity] = []
        self.waiting: dict[bytes, Exchange] = {}
        self.running: list[Exchange] = []
        self.log: list[str] = []
        self.held = 0

    def opened(self, connection: Connection) -> None:
        self.connection = connection

    def closed(self, connection: Connection) -> None:
        self.log.append("closed")

    def activity_changed(self, connection: Connection, activity: Activity) -> None:
        self.activities.append(activity)

    def check(self, exchange: Exchange) -> None:
        if exchange.head.path == "/refused":
            raise RefusedError(404, "NotFound", "nothing here")

    def handle(self, exchange: Exchange, body: bytes) -> Answer | None:
        if body == b"now":
            return Answer(200, "text/plain", body)
        self.waiting[body] = exchange
        if body.startswith(b"runs"):
            self.running.append(exchange)
        return None

    def is_running(self, exchange: Exchange) -> bool:
        return exchange in self.running

    def abandoned(self, exchange: Exchange) -> None:
        self.log.append("abandoned")

    def answered(self, exchange: Exchange, answer: Answer) -> None:
        self.log.append("abandoned" if exchange.is_abandoned else str(answer.status))

    def reserve(self, size: int) -> None:
        self.held += size

    def release(self, size: int) -> None:
        self.held -= size

    async def answer(self, body: bytes, content: bytes = b"done") -> None:
        await until(lambda: body in self.waiting)
        exchange = self.waiting.pop(body)
        exchange.client.answer(exchange, Answer(200, "text/plain", content))


def play(scenario: Callable[[Handler, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    """A client's connection to a server whose handler is played by hand."""

    async def whole() -> None:
        handler = Handler()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(handler), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            await scenario(handler, reader, writer)
        finally:
            writer.close()
            server.close()
            await until(lambda: "closed" in handler.log)
            assert handler.held == 0

    run(whole)


def statuses(raw: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", raw)]


def test_a_client_that_goes_while_its_request_waits_has_abandoned_it() -> None:
    async def scenario(handler: Handler, _: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(post(b"waits"))
        await until(lambda: handler.waiting)
        writer.close()
        await until(lambda: handler.log == ["closed", "abandoned"])

    play(scenario)


def test_so_has_one_that_closes_its_sending_side_alone() -> None:
    async def scenario(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(post(b"waits"))
        await until(lambda: handler.waiting)
        writer.write_eof()

        assert await reader.read() == b""
        assert handler.log == ["closed", "abandoned"]

    play(scenario)


def test_what_runs_is_answered_to_a_client_that_closed_its_sending_side_but_counts_as_abandoned() -> None:
    async def scenario(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(post(b"runs"))
        await until(lambda: handler.waiting)
        writer.write_eof()
        await until(lambda: handler.running[0].is_abandoned)
        await handler.answer(b"runs")

        assert statuses(await reader.read()) == [200]
        assert handler.log[0] == "abandoned"

    play(scenario)


def test_what_a_client_sent_ahead_before_it_closed_its_side_is_dropped_unless_it_runs_at_once() -> None:
    async def scenario(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(post(b"runs") + post(b"runs too") + post(b"waits"))
        await until(lambda: handler.waiting)
        writer.write_eof()
        await until(lambda: handler.running[0].is_abandoned)
        await handler.answer(b"runs")
        await handler.answer(b"runs too")

        assert statuses(await reader.read()) == [200, 200]
        assert handler.log == ["abandoned", "abandoned", "closed", "abandoned"]

    play(scenario)


def test_a_client_that_sent_too_much_ahead_to_be_read_is_noticed_when_it_goes() -> None:
    async def scenario(handler: Handler, _: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(post(b"waits") + post(b"x" * (connections.MAX_PIPELINED_BYTES * 4)))
        transport = (await connected(handler))._transport
        await until(lambda: not transport.is_reading())
        writer.close()

        def is_noticed() -> bool:
            if handler.connection is not None:
                handler.connection.check_timeouts(0.0)
            return "abandoned" in handler.log

        await until(is_noticed)

    play(scenario)


def test_a_client_that_sent_much_ahead_and_stays_is_answered_in_order() -> None:
    async def scenario(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        large = b"x" * (connections.MAX_PIPELINED_BYTES * 4)
        writer.write(post(b"waits") + post(large) + post(b"now"))
        transport = (await connected(handler))._transport
        await until(lambda: not transport.is_reading())
        (await connected(handler)).check_timeouts(0.0)
        await handler.answer(b"waits")
        await handler.answer(large)
        writer.write_eof()

        assert statuses(await reader.read()) == [200, 200, 200]

    play(scenario)


def test_it_tells_what_it_is_doing_and_each_new_rest() -> None:
    async def scenario(handler: Handler, _: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(post(b"now"))
        await until(lambda: handler.activities == [Activity.IDLE])
        for byte in post(b"waits"):
            (await connected(handler)).data_received(bytes([byte]))
        await handler.answer(b"waits")

        await until(lambda: handler.activities == [Activity.IDLE, Activity.SLOW, Activity.BUSY, Activity.IDLE])

    play(scenario)


def test_a_client_that_does_not_read_its_answer_is_slow_until_it_does() -> None:
    async def scenario(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(post(b"waits"))
        content = b"x" * (32 << 20)
        await handler.answer(b"waits", content)
        await until(lambda: handler.activities == [Activity.BUSY, Activity.SLOW])
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(content))

        await until(lambda: handler.activities[-1] is Activity.IDLE)

    play(scenario)


def test_a_refusal_without_a_body_keeps_the_connection_and_one_with_a_body_ends_it() -> None:
    async def scenario(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /refused HTTP/1.1\r\nHost: x\r\n\r\n" + post(b"now"))
        writer.write(post(b"now").replace(b"POST /", b"POST /refused") + post(b"now"))

        assert statuses(await reader.read()) == [404, 200, 404]
        assert handler.log[:3] == ["404", "200", "404"]

    play(scenario)


def test_answers_say_that_the_connection_ends_while_the_server_does() -> None:
    async def scenario(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler.is_draining = True
        writer.write(post(b"now") * 2)

        raw = await reader.read()
        assert statuses(raw) == [200]
        assert b"\r\nConnection: close\r\n" in raw

    play(scenario)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        pytest.param(b"", [], id="an idle client is closed without a word"),
        pytest.param(b"POST / HTTP/1.1\r\n", [408], id="an unfinished request is answered"),
    ],
)
def test_when_its_time_is_over(sent: bytes, answer: list[int]) -> None:
    async def scenario(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await until(lambda: handler.connection and (not sent or handler.activities))
        (await connected(handler)).check_timeouts(float("inf"))
        writer.write_eof()

        assert statuses(await reader.read()) == answer

    play(scenario)


async def connected(handler: Handler) -> Connection:
    await until(lambda: handler.connection)
    assert handler.connection is not None
    return handler.connection


def test_a_reset_is_an_abandoned_request_even_if_it_runs() -> None:
    async def scenario(handler: Handler, _: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(post(b"runs"))
        await until(lambda: handler.waiting)
        made: socket.socket = writer.get_extra_info("socket")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

        await until(lambda: handler.log == ["closed", "abandoned"])

    play(scenario)
