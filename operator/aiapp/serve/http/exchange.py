"""A request and its answer, as they pass between a connection and the server; nothing here does anything by itself."""

from __future__ import annotations

import itertools
import os
import re
from typing import NamedTuple, Optional, Tuple

from ..compat import Protocol
from .errors import RefusedError, error_body
from .http1 import Head
from .routes import Route
from .v2names import is_v2

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_ids = map("{}{:012x}".format, itertools.repeat(os.urandom(10).hex()), itertools.count())
"""Of requests that bring none: a process's own beginning, then their number."""


class Answer(NamedTuple):
    status: int
    content_type: str
    content: bytes
    headers: Tuple[Tuple[str, str], ...] = ()
    error_code: str = ""
    """Of an error's answer."""


class Client(Protocol):
    """Who waits for the answer to an exchange."""

    def answer(self, exchange: "Exchange", answer: Answer) -> None:
        """Sends the answer, unless the exchange has been given up."""


class Exchange:
    """A request that is being read or answered."""

    def __init__(self, client: Client, head: Head, started: float) -> None:
        self.client = client
        self.head = head
        self.started = started
        self.bytes_in = 0
        self.route: Optional[Route] = None
        self.is_abandoned = False
        """Whether the client closed its side before its answer, which it may not read any more."""
        given = head.headers.get("x-request-id", "")
        self.id = given if _REQUEST_ID.fullmatch(given) else next(_ids)


def error_answer(refusal: RefusedError, exchange: Exchange) -> Answer:
    content = error_body(refusal.code, refusal.message, exchange.id, is_v2=is_v2(exchange.head.path))
    return Answer(refusal.status, "application/json", content, refusal.headers, refusal.code)
