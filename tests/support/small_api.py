"""An HTTP server in place of an API server, with the kubeconfig that leads to it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from typing_extensions import override


class Answers(BaseHTTPRequestHandler):
    """Answers GET requests as `answer` says; logs nothing."""

    def answer(self, path: str) -> tuple[int, str]:
        """Status and body."""
        raise NotImplementedError

    def do_GET(self) -> None:
        status, text = self.answer(self.path)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], file: Path) -> Iterator[Path]:
    """Writes the kubeconfig; its current context names the namespace `team`, the context `plain` none."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    config = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [
            {"name": "mine", "context": {"cluster": "c", "user": "u", "namespace": "team"}},
            {"name": "plain", "context": {"cluster": "c", "user": "u"}},
        ],
        "current-context": "mine",
    }
    file.write_text(json.dumps(config))
    yield file
    server.shutdown()
    thread.join()
    server.server_close()
