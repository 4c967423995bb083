"""A program that asks one address at a steady rate and says what failed; `tests.support.load` runs it and reads it.

It needs nothing but Python, so that it runs in a pod too: `python3 -c SOURCE URL [HOST]`. Half of its requests go over
connections that it keeps, half each over a new one. From the first good answer on, it prints one line of JSON for every
second with requests in it, and one for every failure of a request that began after it.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

KEPT_CONNECTIONS = 6
EVERY_SECONDS = 0.1
"""Between two requests of one of the kept connections, and of one of as many askers over new ones: 120 a second."""
PATIENCE_SECONDS = 30.0
BODY = b"{}"


@dataclass(frozen=True)
class Target:
    """Where requests go."""

    address: str
    port: int
    host: str
    path: str

    @property
    def request(self) -> bytes:
        head = f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY


@dataclass(frozen=True)
class Answer:
    """What came back; the connection ends after it unless it `stays`."""

    status: int
    body: str
    stays: bool


@dataclass(frozen=True)
class Failure:
    """A request without a good answer."""

    at: float
    """Seconds since the epoch."""
    connection: str
    """`kept`, which has carried answers before, `fresh`, which is to be kept, or `new`, which is not."""
    status: int | None
    error: str
    seconds: float
    """From the request's beginning."""
    place: str
    """Both ends of the connection, as far as there was one."""


class Connection:
    """One connection to the target."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.answers = 0

    @classmethod
    async def to(cls, target: Target) -> "Connection":
        return cls(*await asyncio.open_connection(target.address, target.port))

    @property
    def place(self) -> str:
        name = self._writer.get_extra_info
        return f"{name('sockname')} to {name('peername')}"

    @property
    def usable(self) -> bool:
        """Whether the server has not closed it, as far as one can know before asking."""
        return not self._reader.at_eof() and self._reader.exception() is None

    async def ask(self, request: bytes) -> Answer:
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status_line, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self._body(headers)
        self.answers += 1
        stays = headers.get("connection", "").lower() != "close"
        return Answer(int(status_line.split()[1]), body.decode(errors="replace"), stays)

    async def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join([chunk async for chunk in self._chunks()])
        return await self._reader.readexactly(int(headers.get("content-length", "0")))

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int((await self._reader.readline()).split(b";")[0], 16):
            yield await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)

    def close(self) -> None:
        self._writer.close()


class Tally:
    """What came of the requests, printed second by second."""

    def __init__(self) -> None:
        self._second = 0
        self._answers: Counter[str] = Counter()
        self.begun: float | None = None
        """When the first good answer came, in seconds since the epoch."""

    def answered(self, content: str) -> None:
        if self.begun is None:
            self.begun = time.time()
        self._count(content)

    def failed(self, failure: Failure) -> None:
        if self.begun is not None and failure.at - failure.seconds >= self.begun:
            say({"failure": asdict(failure)})
            self._count("failed")

    def _count(self, result: str) -> None:
        now = int(time.time())
        if now != self._second and self._answers:
            say({"second": self._second, "results": self._answers})
            self._answers = Counter()
        self._second = now
        self._answers[result] += 1


def say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def ask_for_ever(target: Target, tally: Tally, *, keeps: bool) -> None:
    """One request after the other, one every EVERY_SECONDS unless an answer takes longer."""
    connection: Connection | None = None
    while True:
        due = time.monotonic() + EVERY_SECONDS
        if connection is not None and not connection.usable:
            connection.close()
            connection = None
        connection = await ask_once(connection, target, tally, keeps=keeps)
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def ask_once(connection: Connection | None, target: Target, tally: Tally, *, keeps: bool) -> Connection | None:
    """Ask over the connection, or a new one; the connection, if it is there for another request."""
    kind = "new" if not keeps else "kept" if connection else "fresh"
    begun = time.time()

    def failed(status: int | None, error: str) -> None:
        now, place = time.time(), connection.place if connection else "none was made"
        tally.failed(Failure(now, kind, status, error, now - begun, place))

    answer = None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            connection = connection or await Connection.to(target)
            answer = await connection.ask(target.request)
        if answer.status == 200:
            tally.answered(str(json.loads(answer.body)["content"]))
        else:
            failed(answer.status, answer.body[:300])
    except (OSError, EOFError, TimeoutError, ValueError) as error:
        failed(None, f"{type(error).__name__}: {error}")
    if keeps and answer is not None and answer.stays:
        return connection
    if connection is not None:
        connection.close()
    return None


async def main(url: str, host: str | None = None) -> None:
    """Ask until the process is ended."""
    parts = urlsplit(url)
    assert parts.hostname
    target = Target(parts.hostname, parts.port or 80, host or parts.netloc, parts.path or "/")
    tally = Tally()
    await asyncio.gather(
        *(ask_for_ever(target, tally, keeps=keeps) for keeps in (True, False) for _ in range(KEPT_CONNECTIONS))
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
