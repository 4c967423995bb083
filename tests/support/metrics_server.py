"""A server that answers as Prometheus's HTTP API is documented to, or as badly as a test wants."""

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import override


def vector(*values: str) -> str:
    """The answer with so many series, whose labels are nobody's business."""
    found = [{"metric": {"namespace": "of-others", "secret": "label"}, "value": [1767355200.0, v]} for v in values]
    return answer("vector", found)


def answer(kind: str, result: Any) -> str:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}})


@dataclass
class MetricsServer:
    """What it answers, and what it was asked."""

    body: str = field(default_factory=vector)
    status: int = 200
    asked: list[str] = field(default_factory=list)
    """The queries."""
    authorization: str | None = None
    url: str = ""


@contextmanager
def metrics_server() -> Iterator[MetricsServer]:
    """On a port of this machine."""
    made = MetricsServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            made.asked += form["query"] if self.path == "/api/v1/query" else [self.path]
            made.authorization = self.headers.get("Authorization")
            body = made.body.encode()
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
