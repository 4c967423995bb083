"""A receiver of Alertmanager's notifications in this process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from typing_extensions import override


@dataclass
class Webhook:
    """What it has received; `address` is where it listens."""

    address: str = ""
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Path and body of each notification, in order."""

    def told(self, path: str, **labels: str) -> list[str]:
        """What was told there of the alerts with these labels, in order: firing or resolved."""
        alerts = (alert for at, body in self.received if at == path for alert in body["alerts"])
        return [alert["status"] for alert in alerts if labels.items() <= alert["labels"].items()]


@contextmanager
def receiving() -> Iterator[Webhook]:
    """It listens on a free port."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            webhook.received.append((self.path, json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        webhook.address = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield webhook
        server.shutdown()
