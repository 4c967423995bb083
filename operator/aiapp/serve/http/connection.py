"""One client connection: requests in, answers out, in order; it never decides what is answered.

A connection holds one request at a time. What a client sends ahead waits in a bounded buffer, every state has a
deadline, and a slow reader is cut off: no client can hold memory or a place for ever.

A client that closes its side has gone: its request is dropped unless its prediction runs already, whose answer is
sent in case the client has closed for sending alone.
"""

from __future__ import annotations

import asyncio
import math
import select
from typing import Any, Optional

from ..compat import Protocol, override
from ..options import Options
from . import http1
from .admission import Activity
from .errors import RefusedError
from .exchange import Answer, Exchange, error_answer

MAX_PIPELINED_BYTES = 64 * 1024
"""Sent ahead while a request is being answered; then the connection is not read any more."""
BODY_GRACE = 3.0
"""Times the time for a head: what a body of any size may take."""
MIN_BODY_BYTES_PER_SECOND = 1024.0
LINGER_SECONDS = 2.0
"""After an early refusal: time for the client to read it before unread data would reset the connection."""
STALLED_READER_SECONDS = 60.0

_GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
"""Of a socket that is not read: its client has closed its side, or the connection is broken."""


class RequestHandler(Protocol):
    """The server behind a connection."""

    options: Options
    is_draining: bool

    def opened(self, connection: "Connection") -> None: ...

    def closed(self, connection: "Connection") -> None: ...

    def activity_changed(self, connection: "Connection", activity: Activity) -> None:
        """Called when the connection's activity changes or starts again."""

    def check(self, exchange: Exchange) -> None:
        """Sets the request's route. Raises RefusedError for what needs no body to be refused."""

    def handle(self, exchange: Exchange, body: bytes) -> Optional[Answer]:
        """The answer if it is known at once; else `exchange.client.answer` is called later."""

    def is_running(self, exchange: Exchange) -> bool:
        """Returns True if its prediction has begun, which is then always finished."""

    def abandoned(self, exchange: Exchange) -> None:
        """The client has gone away before its answer."""

    def answered(self, exchange: Exchange, answer: Answer) -> None:
        """The answer has been sent."""

    def reserve(self, size: int) -> None:
        """Accounts for bytes in memory. Raises RefusedError (503) when there are too many already."""

    def release(self, size: int) -> None: ...


class Connection(asyncio.Protocol):
    """The protocol of one accepted socket."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        self._loop = asyncio.get_running_loop()
        self._parser = http1.Parser(handler.options.max_body)
        self._transport: Any = None
        self._exchange: Optional[Exchange] = None
        self._is_answering = False
        self._is_closing = False
        self._is_writable = True
        self._half_closed = False
        self._activity: Optional[Activity] = None
        self._head_deadline: Optional[float] = None
        self._body_deadline = 0.0
        self._reserved = 0
        self.deadline = math.inf

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.deadline = self._loop.time() + self._handler.options.keep_alive
        self._handler.opened(self)

    @override
    def connection_lost(self, exc: Optional[Exception]) -> None:  # noqa: ARG002
        exchange = self._exchange
        self._is_closing = True
        self._release()
        self._handler.closed(self)
        if exchange is not None:
            self._exchange = None
            self._handler.abandoned(exchange)

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
        """The client has closed its side; true to go on for it all the same (see the module)."""
        self._half_closed = True
        exchange = self._exchange
        if exchange is None or self._is_closing:
            return False
        if self._is_answering:
            return self._goes_on(exchange)
        self._refuse(RefusedError(400, "MalformedRequest", "the body is cut short"))
        return False

    def _goes_on(self, exchange: Exchange) -> bool:
        exchange.is_abandoned = True
        return self._handler.is_running(exchange)

    @override
    def pause_writing(self) -> None:
        self._is_writable = False
        self.deadline = self._loop.time() + STALLED_READER_SECONDS
        self._change_activity(Activity.SLOW)
        self._reserve_or_abort(self._transport.get_write_buffer_size())

    @override
    def resume_writing(self) -> None:
        self._is_writable = True
        self._release()
        self._set_deadline()
        if not self._is_answering and not self._is_closing:
            self._transport.resume_reading()
            self._advance()

    def check_timeouts(self, now: float) -> None:
        """Closes the connection when a deadline has passed, or when its client is found to have gone."""
        if self.deadline < now:
            self._expire()
        elif self._has_gone_unread() and not (self._exchange and self._goes_on(self._exchange)):
            self._transport.abort()

    def _has_gone_unread(self) -> bool:
        """Whether the client has gone although the end of what it sent cannot be read, for what lies before it."""
        if not self._is_answering or self._transport.is_reading() or self._transport.is_closing():
            return False
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), _GONE)
        return bool(poll.poll(0))

    def _expire(self) -> None:
        """The deadline of whatever this connection was doing has passed."""
        waiting_for_request = self._exchange is None and self._parser.buffered == 0
        if self._is_closing or waiting_for_request or not self._is_writable:
            self._transport.abort()
        else:
            self._refuse(RefusedError(408, "RequestTimeout", "the request did not arrive in time"))

    def answer(self, exchange: Exchange, answer: Answer) -> None:
        """Sends the answer of this connection's exchange, then goes on with what the client sent ahead."""
        if exchange is not self._exchange:
            return  # the client is gone
        self._send(exchange, answer, closes=False)
        if not self._is_closing:
            self._transport.resume_reading()
            self._advance()

    def abort(self) -> None:
        """Closes at once."""
        self._is_closing = True
        self._transport.abort()

    def close(self) -> None:
        """Closes after what is being written, which a reader that stalls cannot put off for ever."""
        self._is_closing = True
        self.deadline = self._loop.time() + STALLED_READER_SECONDS
        self._transport.close()

    def _advance(self) -> None:
        """Takes as many requests as are complete, as long as each can be answered at once."""
        try:
            while not self._is_answering and not self._is_closing and self._is_writable:
                if self._exchange is None and not self._begin():
                    break
                if self._exchange is not None and not self._finish(self._exchange):
                    break
        except RefusedError as refusal:
            self._refuse(refusal)
        if not self._is_closing:
            self._settle()

    def _settle(self) -> None:
        """All that could be done at once is done: wait for the client, or for an answer."""
        self._set_deadline()
        if self._half_closed and not (self._exchange and self._is_answering and self._goes_on(self._exchange)):
            self.close()
        elif self._is_answering:
            self._change_activity(Activity.BUSY)
        elif self._exchange is None and not self._parser.buffered and self._is_writable:
            self._change_activity(Activity.IDLE)
        else:
            self._change_activity(Activity.SLOW)

    def _change_activity(self, activity: Activity) -> None:
        """Reports a change of activity, but no repetition: a client that sends byte by byte does not become younger."""
        if activity is not self._activity:
            self._activity = activity
            self._handler.activity_changed(self, activity)

    def _begin(self) -> bool:
        """Takes a request's head; False when it is not complete."""
        head = self._parser.head()
        if head is None:
            self._reserve(self._parser.buffered)
            return False
        exchange = self._exchange = Exchange(self, head, self._loop.time())
        self._head_deadline = None
        self._body_deadline = exchange.started + BODY_GRACE * self._handler.options.header_timeout
        try:
            self._handler.check(exchange)
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
        """Takes the request's body and hands the request on; False when it is not complete."""
        body = self._parser.body()
        if body is None:
            self._reserve(self._parser.buffered)
            return False
        exchange.bytes_in = len(body)
        self._is_answering = True
        immediate = self._handler.handle(exchange, body)
        if immediate is not None:
            self._send(exchange, immediate, closes=False)
        return True

    def _hold_back(self) -> None:
        """Keeps what a client sends ahead, and stops reading when that is a lot."""
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
        """Accounts for bytes held for this connection. Raises RefusedError (503) when all together hold too many."""
        if size > self._reserved:
            self._handler.reserve(size - self._reserved)
            self._reserved = size

    def _release(self) -> None:
        self._handler.release(self._reserved)
        self._reserved = 0

    def _refuse(self, refusal: RefusedError) -> None:
        """Answers with an error and ends the connection: where its next request begins is not known."""
        exchange = self._exchange
        if exchange is None:
            head = http1.Head("-", "-", "", {}, 0, keep_alive=False, expects_continue=False)
            exchange = self._exchange = Exchange(self, head, self._loop.time())
        self._send(exchange, error_answer(refusal, exchange), closes=True)

    def _send(self, exchange: Exchange, answer: Answer, *, closes: bool) -> None:
        keep_alive = exchange.head.keep_alive and not closes and not self._handler.is_draining
        headers = (("Content-Type", answer.content_type), *answer.headers)
        start = http1.response_start(answer.status, headers, keep_alive=keep_alive)
        raw = http1.response(start, exchange.id, answer.content, head_only=exchange.head.method == "HEAD")
        self._exchange, self._is_answering, self._activity = None, False, None
        self._release()
        self._transport.write(raw)
        self._handler.answered(exchange, answer)
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
            return now + self._handler.options.keep_alive
        if self._head_deadline is None:
            self._head_deadline = now + self._handler.options.header_timeout
        return self._head_deadline
