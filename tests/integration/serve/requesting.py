"""Requests that go on beside the test, and what the server says of itself meanwhile."""

import json
import os
import re
import socket
import threading

from tests.integration.serve.running import Reply, Server
from tests.support.waiting import eventually


class Background:
    """A request on a thread of its own."""

    def __init__(self, server: Server, document: object) -> None:
        self._replies: list[Reply] = []
        self._thread = threading.Thread(target=lambda: self._replies.append(server.post(document)))
        self._thread.start()

    @property
    def is_answered(self) -> bool:
        return not self._thread.is_alive()

    @property
    def reply(self) -> Reply:
        self._thread.join()
        return self._replies[0]


def error_code(reply: Reply) -> str:
    return str(json.loads(reply.content)["error_code"])


LONG_ENOUGH = 5
"""Seconds of a prediction during which something else has to happen, on a busy machine too."""


def running(server: Server, seconds: float = LONG_ENOUGH) -> Background:
    """A prediction that has begun and goes on for this long."""
    request = Background(server, {"print": f"begun for {seconds}\n", "sleep": seconds})
    eventually(lambda: f"begun for {seconds}" in server.output)
    return request


def refuses(server: Server) -> bool:
    """Whether it takes no more connections."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", server.port)) != 0


def post(content: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)


def brief(server: Server) -> float:
    """How long a short prediction took, in milliseconds."""
    header = {"X-Request-Id": os.urandom(8).hex(), "Content-Type": "application/json"}
    server.request("POST", "/", b"{}", header)
    logged = eventually(lambda: re.search(rf"id={header['X-Request-Id']} .* ms=([0-9.]+)", server.output))
    assert logged is not None
    return float(logged.group(1))


def metrics(server: Server) -> str:
    return server.request("GET", "/metrics").content.decode()
