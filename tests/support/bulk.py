"""Many calls to an API server at a time over connections that are kept: for fleets and loads, not for questions."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPSConnection
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from tests.support.kube import TIMEOUT_SECONDS, Kube, Object

AT_ONCE = 8


class Call(NamedTuple):
    """One request; `path` starts at the server's root."""

    method: str
    path: str
    body: Any = None


def create(path: str, objects: Iterable[Object]) -> Iterator[Call]:
    """Each of them below the path of its kind."""
    return (Call("POST", path, each) for each in objects)


def send(kube: Kube, calls: Iterable[Call], at_once: int = AT_ONCE) -> None:
    """All of them, in the order in which connections are free; an AssertionError for one that is refused."""
    left, lock = iter(calls), Lock()

    def one() -> Call | None:
        with lock:
            return next(left, None)

    def work() -> None:
        address = urlsplit(kube.server).netloc
        with closing(HTTPSConnection(address, context=kube.ssl_context, timeout=TIMEOUT_SECONDS)) as connection:
            while (call := one()) is not None:
                _send(connection, kube.headers, call)

    with ThreadPoolExecutor(at_once) as pool:
        for done in [pool.submit(work) for _ in range(at_once)]:
            done.result()


def _send(connection: HTTPSConnection, headers: dict[str, str], call: Call) -> None:
    kind = "application/merge-patch+json" if call.method == "PATCH" else "application/json"
    body = None if call.body is None else orjson.dumps(call.body)
    connection.request(call.method, call.path, body, {**headers, "Content-Type": kind})
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status < 300, f"{call.method} {call.path}: {said.decode(errors='replace')}"
