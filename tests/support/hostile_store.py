"""Object storage and a name server at their worst, as one process: `python -m tests.support.hostile_store ADDRESS`.

Prints the port of the store. The first part of a host's name, up to a dash, says how the store behaves; names that
begin with `hang` are never answered, all others mean this machine. Nothing of it checks a signature.
"""

import asyncio
import hashlib
import itertools
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import parse_qs, unquote, urlsplit

from typing_extensions import override

BUCKET: Final = "models"
DOMAIN: Final = "tenant.test"
PREFIX: Final = "mnist/"
PAGE: Final = 1000
CODE: Final = b"class A(B):\n    def _inference(self, x):\n        return x\n"
CONFIG: Final = json.dumps({"model_algorithm": "x", "model_type": "Scikit_Learn", "runtime": "python3.7"}).encode()
FILES: Final[Mapping[str, bytes]] = {"config.json": CONFIG, "customize_service.py": CODE, "model.pkl": b"weights"}
COSTLY: Final = (b"a()\n", b"0;", b"lambda:0\n", b"f'{a}'\n", b"-", b"(")
"""Pieces of code, each of which takes hundreds of times its size to parse."""
PIECE: Final = 64 << 10
PART: Final = 66
"""Letters of three bytes each, in one part of a name."""
CODE_BYTES: Final = (1 << 20) - 64

_counter = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """One request."""

    host: str
    key: str
    """Empty: a listing."""
    query: Mapping[str, str]

    @property
    def cursor(self) -> int:
        """How many pages came before."""
        return int(self.query.get("key-marker", "/0").rpartition("/")[2] or 0)


class Answer:
    """Writes one response, in chunks, for as long as the client takes it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def head(self, status: int = 200, **headers: str) -> None:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        start = f"HTTP/1.1 {status} Said\r\n{lines}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        await self._write(start.encode())

    async def piece(self, content: bytes) -> None:
        if content:
            await self._write(b"%x\r\n%s\r\n" % (len(content), content))

    async def end(self) -> None:
        await self._write(b"0\r\n\r\n")

    async def whole(self, content: bytes, status: int = 200, **headers: str) -> None:
        await self.head(status, **headers)
        for start in range(0, len(content), PIECE):
            await self.piece(content[start : start + PIECE])
        await self.end()

    async def endless(self, content: bytes) -> None:
        while True:
            await self.piece(content)

    async def _write(self, content: bytes) -> None:
        self._writer.write(content)
        await self._writer.drain()


def etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def member(path: str, size: int, tag: str) -> str:
    return (
        f"<Version><Key>{PREFIX}{path}</Key><ETag>&quot;{tag}&quot;</ETag><Size>{size}</Size>"
        "<VersionId>null</VersionId><IsLatest>true</IsLatest></Version>"
    )


def listing(members: Iterable[str], following: str = "") -> bytes:
    """A page; `following` is the marker of the next one."""
    more = f"<NextKeyMarker>{following}</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>"
    head = f"<IsTruncated>{'true' if following else 'false'}</IsTruncated>"
    return f"<ListVersionsResult>{head}{more if following else ''}{''.join(members)}</ListVersionsResult>".encode()


class Store:
    """A sound package; each kind of store overrides what is wrong with it."""

    def __init__(self) -> None:
        self.listed: Counter[str] = Counter()
        """Listings so far, by host."""

    def files(self, host: str) -> Mapping[str, bytes]:
        return FILES

    async def answer(self, asked: Asked, answer: Answer) -> None:
        if asked.key:
            await self.object(asked, answer)
        else:
            self.listed[asked.host] += 1
            await self.listing(asked, answer)

    async def object(self, asked: Asked, answer: Answer) -> None:
        content = self.files(asked.host)[asked.key.removeprefix(PREFIX)]
        await answer.whole(content, ETag=f'"{etag(content)}"')

    async def listing(self, asked: Asked, answer: Answer) -> None:
        await answer.whole(listing(self.members(asked.host)))

    def members(self, host: str) -> list[str]:
        return [member(path, len(body), etag(body)) for path, body in self.files(host).items()]


class EndlessPage(Store):
    """One page without an end."""

    @override
    async def listing(self, asked: Asked, answer: Answer) -> None:
        await answer.head()
        await answer.piece(listing([]).removesuffix(b"</ListVersionsResult>"))
        await answer.endless(member("x" * 500, 1, "e").encode() * 100)


class EndlessName(Store):
    """One name without an end."""

    @override
    async def listing(self, asked: Asked, answer: Answer) -> None:
        await answer.head()
        await answer.piece(b"<ListVersionsResult><Version><Key>")
        await answer.endless(b"x" * PIECE)


class EndlessError(Store):
    """A refusal without an end."""

    @override
    async def listing(self, asked: Asked, answer: Answer) -> None:
        await answer.head(503 if next(_counter) % 2 else 403)
        await answer.endless(b"<Error><Code>" + b"A" * PIECE)


class EndlessObject(Store):
    """A config.json longer than it is listed, without an end."""

    @override
    async def object(self, asked: Asked, answer: Answer) -> None:
        await answer.head(ETag=f'"{etag(FILES[asked.key.removeprefix(PREFIX)])}"')
        await answer.endless(b"{" * PIECE)


class Mute(Store):
    """Takes requests and never says a word."""

    @override
    async def answer(self, asked: Asked, answer: Answer) -> None:
        await asyncio.sleep(3600)


class Trickle(Store):
    """A page every other second, for ever."""

    @override
    async def listing(self, asked: Asked, answer: Answer) -> None:
        await asyncio.sleep(2)
        names = [member(f"part-{asked.cursor}-{number}", 1, "e") for number in range(3)]
        await answer.whole(listing(names, f"x/{asked.cursor + 1}"))


class Drip(Store):
    """One page, a byte every other second."""

    @override
    async def listing(self, asked: Asked, answer: Answer) -> None:
        await answer.head()
        for byte in listing(self.members(asked.host)):
            await answer.piece(bytes([byte]))
            await asyncio.sleep(2)


class SlowLater(Store):
    """Is pinned, and then hardly answers any more."""

    @override
    def files(self, host: str) -> Mapping[str, bytes]:
        return {**FILES, "more.txt": b"more"}

    @override
    async def listing(self, asked: Asked, answer: Answer) -> None:
        if self.listed[asked.host] == 1:
            await super().listing(asked, answer)
        else:
            await Trickle().listing(asked, answer)


class Huge(Store):
    """As many objects and as long names as are allowed, none of which can be compressed. Never the same twice."""

    last: tuple[str, ...] = ()
    pages = 99

    @override
    async def listing(self, asked: Asked, answer: Answer) -> None:
        page, tag = asked.cursor, f"{next(_counter):032x}"
        if page == self.pages:
            ends = [member(path, 1, tag) for path in self.last]
            await answer.whole(listing([*self.members(asked.host), *ends]))
            return
        names = [member(name, 1, tag) for name in _names(random.Random(page), page)]
        await answer.whole(listing(names, f"x/{page + 1}"))


def _names(chance: random.Random, page: int) -> list[str]:
    """Of one page: 600 bytes each, in the order of their bytes from page to page."""
    letters = memoryview(chance.randbytes(PAGE * 3 * PART * 2)).cast("H")
    parts = ["".join(chr(0x4E00 + one % 20_000) for one in letters[n : n + PART]) for n in range(0, len(letters), PART)]
    return [f"{page:02d}{'/'.join(parts[number * 3 : number * 3 + 3])}" for number in range(PAGE)]


class Colliding(Huge):
    """The same, and two of the names are one on some file systems."""

    last = ("z/B", "z/b")


class ManyNames(Store):
    """Names that do not compress: its manifest fills ConfigMaps."""

    @override
    async def listing(self, asked: Asked, answer: Answer) -> None:
        page = asked.cursor
        seeds = (f"{asked.host}/{page}/{number}".encode() for number in range(PAGE))
        names = [member(hashlib.sha512(seed).hexdigest(), 1, hashlib.md5(seed).hexdigest()) for seed in seeds]
        own = self.members(asked.host) if page == 0 else []
        await answer.whole(listing([*own, *names], f"x/{page + 1}" if page < 20 else ""))


class CostlyCode(Store):
    """Code that takes all the time and memory that it may, and is never the same twice."""

    def __init__(self) -> None:
        super().__init__()
        self._code: dict[str, bytes] = {}

    @override
    def files(self, host: str) -> Mapping[str, bytes]:
        return {**FILES, "customize_service.py": self._code.get(host, CODE)}

    @override
    async def listing(self, asked: Asked, answer: Answer) -> None:
        number = next(_counter)
        piece = COSTLY[number % len(COSTLY)]
        self._code[asked.host] = b"#%d\n" % number + piece * (CODE_BYTES // len(piece))
        await super().listing(asked, answer)


class CostlyConfig(CostlyCode):
    """The same with config.json."""

    @override
    def files(self, host: str) -> Mapping[str, bytes]:
        code = self._code.get(host, b"")
        deep = CONFIG.removesuffix(b"}") + b',"apis":' + b"[{" * 1000 + b"%d" % len(code) * 1000
        wide = CONFIG.removesuffix(b"}") + b',"apis":[' + b'{"url":"/","method":"POST"},' * 30_000 + code[:9]
        return {**FILES, "config.json": (deep, wide)[len(host) % 2]}


STORES: Final[Mapping[str, Store]] = {
    kind.__name__.lower(): kind()
    for kind in (
        *(Store, EndlessPage, EndlessName, EndlessError, EndlessObject, Mute, Trickle, Drip, SlowLater, Huge),
        *(Colliding, ManyNames, CostlyCode, CostlyConfig),
    )
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection with one request."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked = _asked(head)
        await STORES[asked.host.partition("-")[0]].answer(asked, Answer(writer))
    except (OSError, asyncio.IncompleteReadError):
        pass  # clients go away when they have had enough
    finally:
        writer.close()


def _asked(head: str) -> Asked:
    first, *lines = head.split("\r\n")
    host = next(line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("host:"))
    url = urlsplit(first.split(" ")[1])
    query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    return Asked(host, unquote(url.path).removeprefix(f"/{BUCKET}").removeprefix("/"), query)


class NameServer(asyncio.DatagramProtocol):
    """Every name is this machine, but for those that never get an answer."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        end = data.index(b"\0", 12) + 5
        if not data[13:].startswith(b"hang"):
            self._transport.sendto(_resolved(data, end), addr)


def _resolved(query: bytes, end: int) -> bytes:
    """127.0.0.1 for a question of type A, and no address of another kind."""
    is_a = query[end - 4 : end - 2] == b"\0\1"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x05\0\x04\x7f\0\0\1" if is_a else b""
    return query[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0" + query[12:end] + record


async def main(address: str) -> None:
    """Until killed."""
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(NameServer, local_addr=(address, 53))
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
