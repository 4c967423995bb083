"""The server for tickets on this machine, giving what a test says, and what a pod shows it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from aiapp.adapters.tickets.certificates import Authority, new_authority, server_context
from aiapp.adapters.tickets.server import TicketServer
from aiapp.domain.exeml.tickets import Ticket, TicketRequest

NOW = datetime.now(UTC)
Answer = Callable[[str, TicketRequest], Ticket]


def authority_of_tests() -> Authority:
    """A fresh one."""
    return new_authority(NOW)


@contextmanager
def serving_tickets(answer: Answer, authority: Authority) -> Iterator[tuple[str, list[str]]]:
    """The URL of a server that answers so, and what it has counted."""
    loop = uvloop.new_event_loop()  # the operator's
    counted: list[str] = []
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def answered(token: str, asked: TicketRequest) -> Ticket:
        return answer(token, asked)

    async def begin() -> tuple[TicketServer, int]:
        server = TicketServer(answered, loop.time, counted.append)
        _, port = await server.start("127.0.0.1", 0, server_context(authority, "127.0.0.1", NOW))
        return server, port

    server, port = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    try:
        yield f"https://127.0.0.1:{port}", counted
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def shown_by_a_pod(folder: Path) -> tuple[Path, Path]:
    """Files with token and proof."""
    token, proof = folder / "token", folder / "proof"
    token.write_text("the-token\n")
    proof.write_bytes(b"p" * 32)
    return token, proof
