"""An S3-like server that answers as some stores do and the real ones here do not: subclasses override one answer each.

Knows one bucket, in the path or in the host. Never checks a signature.
"""

import hashlib
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Protocol
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from typing_extensions import override

BUCKET = "models"
DATE = "2026-01-02T03:04:05.000Z"


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes = b""


class Answering(Protocol):
    """What answers requests."""

    seen: list[Asked]
    sent: int

    def answer(self, asked: Asked) -> "Reply": ...


@dataclass(frozen=True)
class Reply:
    """One answer; a body that is no bytes is sent piece by piece, in chunks unless a length is given."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def refused(status: int, code: str) -> Reply:
    """As S3 refuses."""
    return Reply(status, f"<Error><Code>{code}</Code><Message>said so</Message></Error>".encode())


@dataclass
class QuirkyStore:
    """Answers as S3 does; override what should be otherwise."""

    files: dict[str, bytes]
    """By key."""
    bucket: str = BUCKET
    page_objects: int = 1000
    seen: list[Asked] = field(default_factory=list)
    sent: int = 0
    """Bytes of bodies that clients took."""
    classes: ClassVar[Mapping[str, str]] = {}
    """Storage classes by key, other than STANDARD."""

    def answer(self, asked: Asked) -> Reply:
        """To any request."""
        path = unquote(urlsplit(asked.target).path)
        if not asked.headers["host"].startswith(f"{self.bucket}."):
            path = path.removeprefix(f"/{self.bucket}")
        if key := path.removeprefix("/"):
            return self.object(key, asked)
        return self.versions(asked) if "versions" in asked.query else self.objects(asked)

    def versions(self, asked: Asked) -> Reply:
        """A page of versions."""
        keys, more = self.page(asked, asked.query.get("key-marker", ""))
        rest = f"{self.next_key_marker(keys[-1])}<NextVersionIdMarker>null</NextVersionIdMarker>" if more else ""
        members = "".join(
            self.member("Version", key, "<VersionId>null</VersionId><IsLatest>true</IsLatest>") for key in keys
        )
        return self.listing("ListVersionsResult", members, rest, more=more)

    def next_key_marker(self, key: str) -> str:
        return f"<NextKeyMarker>{quote(key)}</NextKeyMarker>"

    def objects(self, asked: Asked) -> Reply:
        """A page of objects."""
        keys, more = self.page(asked, asked.query.get("continuation-token", ""))
        rest = f"<NextContinuationToken>{escape(keys[-1])}</NextContinuationToken>" if more else ""
        return self.listing("ListBucketResult", "".join(self.member("Contents", key) for key in keys), rest, more=more)

    def page(self, asked: Asked, after: str) -> tuple[list[str], bool]:
        """Keys of a page, and whether there are more."""
        keys = [key for key in sorted(self.files) if key.startswith(asked.query.get("prefix", "")) and key > after]
        return keys[: self.page_objects], len(keys) > self.page_objects

    def listing(self, root: str, members: str, rest: str, *, more: bool) -> Reply:
        head = f"<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>"
        return Reply(body=f'<?xml version="1.0"?><{root}>{head}{rest}{members}</{root}>'.encode())

    def member(self, tag: str, key: str, more: str = "") -> str:
        kind = f"<StorageClass>{self.classes.get(key, 'STANDARD')}</StorageClass>"
        size = f"<Size>{len(self.files[key])}</Size><LastModified>{DATE}</LastModified>"
        return f"<{tag}><Key>{quote(key)}</Key>{self.listed_etag(key)}{size}{kind}{more}</{tag}>"

    def listed_etag(self, key: str) -> str:
        return f"<ETag>&quot;{self.etag(key)}&quot;</ETag>"

    def object(self, key: str, asked: Asked) -> Reply:
        """Whole or a range, if the condition holds."""
        content = self.files.get(key)
        if content is None:
            return refused(404, "NoSuchKey")
        if not self.holds(asked.headers.get("if-match"), key):
            return refused(412, "PreconditionFailed")
        headers = self.object_headers(key)
        if "range" not in asked.headers:
            return Reply(200, content, headers)
        first, _, last = asked.headers["range"].removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last) + 1]
        return Reply(206, part, {**headers, "Content-Range": f"bytes {first}-{last}/{len(content)}"})

    def holds(self, condition: str | None, key: str) -> bool:
        return condition in {None, f'"{self.etag(key)}"'}

    def object_headers(self, key: str) -> dict[str, str]:
        return {"ETag": f'"{self.etag(key)}"'}

    def etag(self, key: str) -> str:
        return hashlib.md5(self.files[key], usedforsecurity=False).hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, store: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = store

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients go away when they have had enough."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        body = self.rfile.read(int(headers.get("content-length", 0)))
        asked = Asked(self.command, self.path, query, headers, body)
        self.server.store.seen.append(asked)
        self._send(self.server.store.answer(asked))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        pieces = [reply.body] if isinstance(reply.body, bytes) else reply.body
        headers = dict(reply.headers)
        if isinstance(reply.body, bytes):
            headers.setdefault("Content-Length", str(len(reply.body)))
        chunked = "Content-Length" not in headers or "Transfer-Encoding" in headers
        for name, value in {**headers, **({"Transfer-Encoding": "chunked"} if chunked else {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            self.server.store.sent += len(piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")


@contextmanager
def serving(store: Answering, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port on 127.0.0.1 that it listens on."""
    server = _Server(store)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        with suppress(OSError):
            server.shutdown()
        server.server_close()
        thread.join(10)
