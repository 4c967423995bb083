"""The HTTP side of the server: which request gets which answer, and when the process ends."""

from __future__ import annotations

import asyncio
import math
import resource
import signal
import socket
from functools import lru_cache
from typing import Dict, Optional

from .. import frames
from ..config import Config
from ..frames import Frame
from ..http.admission import Activity, OpenConnections
from ..http.connection import Connection
from ..http.errors import RefusedError
from ..http.exchange import Answer, Exchange, error_answer
from ..http.rate import TokenBucket
from ..http.routes import PREDICTIONS, PROBES, Router, Target
from ..http.v2names import LENGTH_HEADER
from ..options import Options
from ..package.failures import StartFailure
from ..workers.job import Job
from ..workers.pool import RETRY_AFTER, Pool, PoolLimits, not_ready
from ..workers.starting import Launch, Started
from .builtin_endpoints import READY, BuiltinEndpoints, State
from .logs import Log, Served
from .metrics import Gauges, Metrics

SWEEP_SECONDS = 0.25
GATHER_SECONDS = 0.05
"""How long the log lines of requests wait to be written together."""
STOP_PATIENCE_SECONDS = 3.0
LAST_BYTES_SECONDS = 5.0
"""At the end: time for clients to read the answers that they have not read yet."""
BUFFERED_BODIES = 4
"""Bytes that may be held for all connections together, in bodies of the largest size."""
CLIENT_GONE = Answer(499, "", b"")
OTHER_FILES = 64
"""Descriptors that the process needs beside those of its connections."""
OTHER_ROUTE = "(other)"
"""In the metrics: requests that got no further than an error."""


class Server:
    """Serves HTTP on one socket until SIGTERM, or until the package turns out not to start."""

    def __init__(self, options: Options, config: Config, launch: Launch) -> None:
        self.options = options
        self.is_draining = False
        self._log = Log(options.log_format, lambda write: self._loop.call_later(GATHER_SECONDS, write))
        self._router = Router(config, options.model_name)
        self._metrics = Metrics(options.metrics_labels)
        self._own = BuiltinEndpoints(config, options, self._metrics, State(self._status, self._gauges))
        self._loop = asyncio.get_running_loop()
        self._ended: "asyncio.Future[Optional[StartFailure]]" = self._loop.create_future()
        self._connections: OpenConnections[Connection] = OpenConnections(
            min(options.max_connections, _raised_file_limit() - OTHER_FILES)
        )
        self._jobs: Dict[Exchange, Job] = {}
        self._held_bytes = 0
        self._last_prediction = self._loop.time()
        self._pool = self._make_pool(launch)
        self._bucket = _bucket(options)
        self._accepting: Optional[asyncio.AbstractServer] = None
        self._all_closed = asyncio.Event()
        if config.problem:
            self._log.event(config.problem)

    def _make_pool(self, launch: Launch) -> Pool:
        limits = PoolLimits(self.options.queue, self.options.predict_timeout)
        return Pool(launch, limits, start_failed=self._end, report=self._log.event)

    async def run(self, listener: socket.socket, first: Started) -> Optional[StartFailure]:
        """Serves on a listening socket until the end. Returns why the package could not be started, if so."""
        self._pool.start(first)
        for number, handler in (
            (signal.SIGTERM, self._terminate),
            (signal.SIGINT, self._end),
            (signal.SIGCHLD, self._pool.reap),
        ):
            self._loop.add_signal_handler(number, handler)
        self._pool.reap()  # what has ended before SIGCHLD was heard
        self._accepting = await self._loop.create_server(lambda: Connection(self), sock=listener, backlog=1024)
        self._log.event("listening", port=listener.getsockname()[1])
        self._sweep()
        failure = await self._ended
        await self._pool.stop(STOP_PATIENCE_SECONDS)
        await self._close()
        self._log.event("ended")
        return failure

    async def _close(self) -> None:
        """Closes all connections, each when what was written to it has gone out."""
        self._accept_no_more()
        for connection in list(self._connections):
            connection.close()
        if len(self._connections):
            self._all_closed.clear()
            await asyncio.wait([asyncio.ensure_future(self._all_closed.wait())], timeout=LAST_BYTES_SECONDS)

    def _accept_no_more(self) -> None:
        if self._accepting is not None:
            self._accepting.close()

    # For connections (RequestHandler).

    def check(self, exchange: Exchange) -> None:
        """Sets the request's route, or refuses what needs no body to be refused."""
        exchange.route = self._router.resolve(exchange.head.method, exchange.head.path)
        if exchange.route.target in PREDICTIONS and not self._pool.accepting:
            raise not_ready()

    def handle(self, exchange: Exchange, body: bytes) -> Optional[Answer]:
        """The answer if it is known at once; else `exchange.client.answer` is called later."""
        assert exchange.route is not None, "a request is checked first"
        if exchange.route.target not in PREDICTIONS:
            return self._own.answer(exchange.route.target)
        job = Job(_request_frame(exchange, body), lambda frame: self._finish(exchange, frame))
        self._last_prediction = self._loop.time()
        self._jobs[exchange] = job
        try:
            self._limit_rate()
            self._pool.submit(job)
        except RefusedError as refusal:
            del self._jobs[exchange]
            return error_answer(refusal, exchange)
        return None

    def _limit_rate(self) -> None:
        """Raises RefusedError (429) for a prediction that comes too soon."""
        seconds = self._bucket.take(self._loop.time()) if self._bucket is not None else 0.0
        if seconds > 0.0:
            limit = f"this server takes {self.options.requests_per_second} predictions a second"
            raise RefusedError(429, "RateLimited", limit, ("Retry-After", str(math.ceil(seconds))))

    def is_running(self, exchange: Exchange) -> bool:
        job = self._jobs.get(exchange)
        return job is not None and job.is_begun

    def reserve(self, size: int) -> None:
        """Accounts for bytes in memory. Raises RefusedError (503) when there are too many already."""
        if self._held_bytes >= self.options.max_body * BUFFERED_BODIES:
            raise RefusedError(503, "Overloaded", "too many large requests at the same time", RETRY_AFTER)
        self._held_bytes += size

    def release(self, size: int) -> None:
        self._held_bytes -= size

    def opened(self, connection: Connection) -> None:
        closing = self._connections.admit(connection)
        if closing is not None:
            closing.abort()

    def activity_changed(self, connection: Connection, activity: Activity) -> None:
        self._connections.change(connection, activity)

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not len(self._connections):
            self._all_closed.set()

    def abandoned(self, exchange: Exchange) -> None:
        """The client has gone away before its answer."""
        job = self._jobs.pop(exchange, None)
        if job is not None:
            self._pool.cancel(job)
        exchange.is_abandoned = True
        self.answered(exchange, CLIENT_GONE)

    def answered(self, exchange: Exchange, answer: Answer) -> None:
        """Counts a request and logs one line for it. Probes are not counted, and logged only when they fail."""
        if exchange.is_abandoned:
            answer = CLIENT_GONE
        seconds = self._loop.time() - exchange.started
        route = exchange.route
        is_probe = route is not None and route.target in PROBES
        if is_probe and answer.status == 200:
            return
        if not is_probe:
            self._metrics.observe(route.path if route else OTHER_ROUTE, answer.status, answer.error_code, seconds)
        head = exchange.head
        path, bytes_out = head.path[:200], len(answer.content)
        self._log.request(
            Served(exchange.id, head.method, path, answer.status, seconds * 1000, exchange.bytes_in, bytes_out)
        )

    def _finish(self, exchange: Exchange, frame: Frame) -> None:
        self._last_prediction = self._loop.time()
        if self._jobs.pop(exchange, None) is not None:
            exchange.client.answer(exchange, _answer_of(frame, exchange))

    def _status(self) -> str:
        if self.is_draining:
            return "stopping"
        return READY if self._pool.ready else "loading"

    def _gauges(self) -> Gauges:
        return Gauges(
            connections=len(self._connections),
            in_flight=len(self._jobs),
            queue_length=self._pool.waiting,
            queue_limit=self.options.queue,
            workers=self.options.workers,
            workers_ready=self._pool.constructed,
            restarts=self._pool.restarts,
        )

    # Time and the end.

    def _sweep(self) -> None:
        """Expires connections and predictions whose time is over. A timer for each would cost more than this."""
        now = self._loop.time()
        for connection in list(self._connections):
            connection.check_timeouts(now)
        self._pool.check_timeouts()
        self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _terminate(self) -> None:
        """SIGTERM: not ready from now on, but answering, as traffic still comes for a while."""
        if self.is_draining or not (self._pool.ready or self._jobs):
            self._end()
            return
        self.is_draining = True
        self._last_prediction = self._loop.time()
        self._log.event("stopping", grace=self.options.grace)
        self._drain(self._loop.time() + self.options.grace)

    def _drain(self, end: float) -> None:
        """Ends it when it has been quiet. After `end` it takes no more, and finishes the predictions it has."""
        now = self._loop.time()
        is_late = now >= end
        if is_late:
            self._accept_no_more()
        is_quiet = is_late or now - self._last_prediction >= self.options.quiet
        if (is_quiet and self._pool.idle) or now >= end + self.options.predict_timeout:
            self._end()
        else:
            self._loop.call_later(SWEEP_SECONDS, self._drain, end)

    def _end(self, failure: Optional[StartFailure] = None) -> None:
        if not self._ended.done():
            self._ended.set_result(failure)


def _bucket(options: Options) -> Optional[TokenBucket]:
    rate = options.requests_per_second
    return None if rate is None else TokenBucket(rate, options.burst or rate)


def _request_frame(exchange: Exchange, body: bytes) -> Frame:
    header, route = exchange.head.headers.get, exchange.route
    v2_length = header(LENGTH_HEADER.lower(), "") if route is not None and route.target is Target.V2_INFER else None
    query, accepted = exchange.head.query, header("accept-encoding", "")
    text = _request_text(header("content-type", ""), header("content-encoding", ""), query, accepted, v2_length)
    return Frame(text, body, exchange.id)


@lru_cache(maxsize=frames.REMEMBERED)
def _request_text(
    content_type: str, content_encoding: str, query: str, accept_encoding: str, v2_json_length: Optional[str]
) -> bytes:
    body = {"content_type": content_type, "content_encoding": content_encoding, "query": query}
    v2 = {} if v2_json_length is None else {"v2_json_length": v2_json_length}
    return frames.text(body=body, accept_encoding=accept_encoding, **v2)


def _answer_of(frame: Frame, exchange: Exchange) -> Answer:
    header = frame.header
    if "code" in header:
        headers = map(tuple, header["headers"])
        return error_answer(RefusedError(header["status"], header["code"], header["message"], *headers), exchange)
    return Answer(header["status"], header["type"], frame.content, tuple(map(tuple, header["headers"])))


def _raised_file_limit() -> int:
    """How many files this process may open, which is made as many as possible."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(soft, hard)
