"""An S3 server with one package of very many objects, made up as they are listed: no file system is filled with them.

Speaks ListObjectVersions and GetObject, as far as an import needs them. Never checks a signature.
"""

import hashlib
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from typing_extensions import override

PAGE_OBJECTS = 1000
DATE = "2026-01-02T03:04:05.000Z"


@dataclass
class BigPackage:
    """`objects` objects below `big/`: the small `files` with content, the others of `size` bytes by name alone."""

    objects: int
    files: dict[str, bytes]
    size: int = 10 << 20
    version_id_characters: int = 0
    """Length of each object's version id; 0: the bucket has no versions."""
    salt: str = ""
    """Another one gives the made-up objects other ETags."""
    keys: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        made_up = (f"big/model/shards/part-{number:07d}.bin" for number in range(self.objects - len(self.files)))
        self.keys = sorted([*made_up, *(f"big/{path}" for path in self.files)])

    def content(self, key: str) -> bytes | None:
        """Of one of the small files."""
        return self.files.get(key.removeprefix("big/"))

    def etag(self, key: str) -> str:
        content = self.content(key)
        return hashlib.md5(content or f"{key}{self.salt}".encode(), usedforsecurity=False).hexdigest()

    def page(self, after: str) -> str:
        """The answer to ListObjectVersions from behind that key on."""
        start = bisect_right(self.keys, after)
        keys = self.keys[start : start + PAGE_OBJECTS]
        more = start + len(keys) < len(self.keys)
        rest = f"<NextKeyMarker>{escape(keys[-1])}</NextKeyMarker>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?><ListVersionsResult><Name>models</Name>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{rest}{''.join(map(self._version, keys))}"
            "</ListVersionsResult>"
        )

    def _version(self, key: str) -> str:
        content = self.content(key)
        size = self.size if content is None else len(content)
        digest = hashlib.sha512(f"{key}{self.salt}".encode()).hexdigest() * 8
        version = digest[: self.version_id_characters] or "null"
        return (
            f"<Version><Key>{escape(key)}</Key><VersionId>{version}</VersionId><IsLatest>true</IsLatest>"
            f"<LastModified>{DATE}</LastModified><ETag>&quot;{self.etag(key)}&quot;</ETag><Size>{size}</Size>"
            "<Owner><ID>owner</ID><DisplayName>owner</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Version>"
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, package: BigPackage) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.package = package


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Any listing is one of versions."""
        address = urlsplit(self.path)
        query = parse_qs(address.query, keep_blank_values=True)
        key = unquote(address.path).removeprefix("/models").removeprefix("/")
        if "prefix" in query:
            self._answer(self.server.package.page(unquote(query.get("key-marker", [""])[0])).encode(), {})
            return
        content = self.server.package.content(key)
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._answer(content, {"ETag": f'"{self.server.package.etag(key)}"'})

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(HTTPStatus.OK)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def listing_server(package: BigPackage) -> Iterator[str]:
    """Its endpoint; the bucket is `models`, the package lies at `big/`."""
    server = _Server(package)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
