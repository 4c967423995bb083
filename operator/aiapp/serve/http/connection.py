"""One client connection: requests in, answers out, in order; it never decides what an answer says.

A connection holds one request at a time. What a client sends ahead waits in a bounded buffer, every state has a
deadline, and a slow reader is cut off: no client can hold memory or a place for ever.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Tuple

from ..compat import override
from ..predict.v2names import is_v2
from . import http1
from .errors import RefusedError, error_body

if TYPE_CHECKING:
    from ..server.server import Server
    from .routes import Route

MAX_PIPELINED_BYTES = 64 * 1024
"""Sent ahead while a request is being answered; then the connection is not read any more."""
BODY_GRACE = 3.0
"""Times the time for a head: what a body of any size may take."""
MIN_BODY_BYTES_PER_SECOND = 1024.0
LINGER_SECONDS = 2.0
"""After an early refusal: time for the client to read it before unread data would reset the connection."""
STALLED_READER_SECONDS = 60.0

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_ids = map("{}{:012x}".format, itertools.repeat(os.urandom(10).hex()), itertools.count())
"""Of requests that bring none: a process's own beginning, then their number."""


class Answer(NamedTuple):
    status: int
    content_type: str
    content: bytes
    headers: Tuple[Tuple[str, str], ...] = ()


class Exchange:
    """A request that is being read or answered."""

    def __init__(self, connection: "Connection", head: http1.Head, started: float) -> None:
        self.connection = connection
        self.head = head
        self.started = started
        self.bytes_in = 0
        self.route: Optional[Route] = None
        given = head.headers.get("x-request-id", "")
        self.id = given if _REQUEST_ID.fullmatch(given) else next(_ids)


class Connection(asyncio.Protocol):
    """The protocol of one accepted socket."""

    def __init__(self, front: "Server") -> None:
        self._front = front
        self._loop = asyncio.get_running_loop()
        self._parser = http1.Parser(front.options.max_body)
        self._transport: Any = None
        self._exchange: Optional[Exchange] = None
        self._is_answering = False
        self._is_closing = False
        self._is_writable = True
        self._half_closed = False
        self._head_deadline: Optional[float] = None
        self._body_deadline = 0.0
        self._reserved = 0
        self.deadline = math.inf

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.deadline = self._loop.time() + self._front.options.keep_alive
        self._front.opened(self)

    @override
    def connection_lost(self, exc: Optional[Exception]) -> None:  # noqa: ARG002
        exchange = self._exchange
        self._is_closing = True
        self._release()
        self._front.closed(self)
        if exchange is not None:
            self._exchange = None
            self._front.abandoned(exchange)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_closing:
            return
        self._parser.feed(data)
        if self._is_writable and not self._is_answering:
            self._advance()
        else:
            self._hold_back()

    @override
    def eof_received(self) -> bool:
        """A client may close its side and still wait for the answer to what it sent in full."""
        self._half_closed = True
        if self._is_answering:
            return True
        if self._exchange is not None and not self._is_closing:
            self._refuse(RefusedError(400, "MalformedRequest", "the body is cut short"))
        return False

    @override
    def pause_writing(self) -> None:
        self._is_writable = False
        self.deadline = self._loop.time() + STALLED_READER_SECONDS
        self._reserve_or_abort(self._transport.get_write_buffer_size())

    @override
    def resume_writing(self) -> None:
        self._is_writable = True
        self._release()
        self._set_deadline()
        if not self._is_answering and not self._is_closing:
            self._transport.resume_reading()
            self._advance()

    def expire(self) -> None:
        """The deadline of whatever this connection was doing has passed."""
        waiting_for_request = self._exchange is None and self._parser.buffered == 0
        if self._is_closing or waiting_for_request or not self._is_writable:
            self._transport.abort()
        else:
            self._refuse(RefusedError(408, "RequestTimeout", "the request did not arrive in time"))

    def answer(self, exchange: Exchange, answer: Answer) -> None:
        """Send the answer of this connection's exchange, then go on with what the client sent ahead."""
        if exchange is not self._exchange:
            return  # the client is gone
        self._send(exchange, answer, closes=False)
        if not self._is_closing:
            self._transport.resume_reading()
            self._advance()

    def close(self) -> None:
        """Close after what is being written, which a reader that stalls cannot put off for ever."""
        self._is_closing = True
        self.deadline = self._loop.time() + STALLED_READER_SECONDS
        self._transport.close()

    def _advance(self) -> None:
        """Take as many requests as are complete, as long as each can be answered at once."""
        try:
            while not self._is_answering and not self._is_closing and self._is_writable:
                if self._exchange is None and not self._begin():
                    break
                if self._exchange is not None and not self._finish(self._exchange):
                    break
        except RefusedError as refusal:
            self._refuse(refusal)
        if not self._is_closing:
            self._set_deadline()
            if self._half_closed and not self._is_answering:
                self.close()

    def _begin(self) -> bool:
        """Take a request's head; False when it is not complete."""
        head = self._parser.head()
        if head is None:
            self._reserve(self._parser.buffered)
            return False
        exchange = self._exchange = Exchange(self, head, self._loop.time())
        self._head_deadline = None
        self._body_deadline = exchange.started + BODY_GRACE * self._front.options.header_timeout
        try:
            self._front.check(exchange)
        except RefusedError as refusal:
            if head.length != 0:
                raise
            self._send(exchange, error_answer(refusal, exchange), closes=False)
            return True
        self._reserve(head.length or 0)
        if head.expects_continue and self._parser.buffered == 0:
            self._transport.write(http1.CONTINUE)
        return True

    def _finish(self, exchange: Exchange) -> bool:
        """Take the request's body and hand the request on; False when it is not complete."""
        body = self._parser.body()
        if body is None:
            self._reserve(self._parser.buffered)
            return False
        exchange.bytes_in = len(body)
        self._is_answering = True
        immediate = self._front.handle(exchange, body)
        if immediate is not None:
            self._send(exchange, immediate, closes=False)
        return True

    def _hold_back(self) -> None:
        """Keep what a client sends ahead, and stop reading when that is a lot."""
        if self._parser.buffered > MAX_PIPELINED_BYTES:
            self._transport.pause_reading()
        self._reserve_or_abort(self._parser.buffered)

    def _reserve_or_abort(self, size: int) -> None:
        """For bytes whose client cannot be answered now: it has not read, or waits for, an earlier answer."""
        try:
            self._reserve(size)
        except RefusedError:
            self._transport.abort()

    def _reserve(self, size: int) -> None:
        """Account for bytes held for this connection. Raises RefusedError (503) when all together hold too many."""
        if size > self._reserved:
            self._front.reserve(size - self._reserved)
            self._reserved = size

    def _release(self) -> None:
        self._front.release(self._reserved)
        self._reserved = 0

    def _refuse(self, refusal: RefusedError) -> None:
        """Answer with an error and end the connection: where its next request begins is not known."""
        exchange = self._exchange
        if exchange is None:
            head = http1.Head("-", "-", "", {}, 0, keep_alive=False, expects_continue=False)
            exchange = self._exchange = Exchange(self, head, self._loop.time())
        self._send(exchange, error_answer(refusal, exchange), closes=True)

    def _send(self, exchange: Exchange, answer: Answer, *, closes: bool) -> None:
        keep_alive = exchange.head.keep_alive and not closes and not self._front.is_draining
        headers = (("Content-Type", answer.content_type), *answer.headers)
        start = http1.response_start(answer.status, headers, keep_alive=keep_alive)
        raw = http1.response(start, exchange.id, answer.content, head_only=exchange.head.method == "HEAD")
        self._exchange, self._is_answering = None, False
        self._release()
        self._transport.write(raw)
        self._front.answered(exchange, answer)
        if closes:
            self._linger()
        elif not keep_alive:
            self.close()

    def _linger(self) -> None:
        self._is_closing = True
        self._parser.discard()
        self.deadline = self._loop.time() + LINGER_SECONDS
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _set_deadline(self) -> None:
        """A reader that stalls keeps the deadline it has."""
        if self._is_writable:
            self.deadline = self._next_deadline(self._loop.time())

    def _next_deadline(self, now: float) -> float:
        if self._is_answering:
            return math.inf
        if self._exchange is not None:
            return self._body_deadline + self._parser.buffered / MIN_BODY_BYTES_PER_SECOND
        if not self._parser.buffered:
            return now + self._front.options.keep_alive
        if self._head_deadline is None:
            self._head_deadline = now + self._front.options.header_timeout
        return self._head_deadline


def error_answer(refusal: RefusedError, exchange: Exchange) -> Answer:
    content = error_body(refusal.code, refusal.message, exchange.id, is_v2=is_v2(exchange.head.path))
    return Answer(refusal.status, "application/json", content, refusal.headers)
