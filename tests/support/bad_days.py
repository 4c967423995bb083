"""The bad days of docs/reference/bad-days.md: what the store or the network does, and what the page says comes of it.

The page is the list: a row without a fault here, or a fault without a row, fails the tests.
"""

import datetime as dt
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Final

from tests.support.certificates import Authority
from tests.support.fault_proxy import NO_FAULT, Fault, Request, Rule, fault_proxy

PAGE: Final = Path("docs/reference/bad-days.md")
COMPLETE: Final = "complete"
_ROW: Final = re.compile(r"\| (?P<name>[^|]+) \| (?P<import>[^|]*) \| (?P<fetch>[^|]*) \|")
_OUTCOME: Final = re.compile(r"`(?P<reason>\w+)`|\*\*complete\*\*")
_QUOTED: Final = re.compile(r"\*([^*]+)\*(?!\*)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cell of the table promises."""

    reason: str | None
    """None: complete."""
    words: tuple[str, ...]
    """In italics on the page: what the message says."""


def outcomes(column: str) -> dict[str, Outcome]:
    """By the name of the bad day; those that do not concern this column are left out."""
    rows = [match for line in PAGE.read_text("utf-8").splitlines() if (match := _ROW.fullmatch(line))]
    found = {row["name"].strip(): _outcome(row[column]) for row in rows}
    return {name: outcome for name, outcome in found.items() if outcome is not None}


def _outcome(cell: str) -> Outcome | None:
    match = _OUTCOME.search(cell)
    if match is None:
        return None
    words = tuple(_QUOTED.findall(cell.replace("**complete**", "")))
    return Outcome(match["reason"], words)


Replace = Callable[[], None]
"""Puts another object in place of the pinned one."""


def always(fault: Fault) -> Callable[[Replace], Rule]:
    """For every request for an object."""
    return lambda _: lambda request: fault if request.is_get else NO_FAULT


def once(fault: Fault, times: int = 1) -> Callable[[Replace], Rule]:
    """For the first requests of every object and range, told by its end."""

    def made(_: Replace) -> Rule:
        seen: dict[tuple[str, str], int] = {}

        def rule(request: Request) -> Fault:
            asked = (request.target, request.headers.get("range", "").partition("-")[2])
            seen[asked] = seen.get(asked, 0) + 1
            wrong_size = request.target.endswith("/empty")  # any other length of an empty object is another object
            return fault if seen[asked] <= times and not wrong_size else NO_FAULT

        return rule

    return made


def later(fault: Fault) -> Callable[[Replace], Rule]:
    """For every request but the first two."""

    def made(_: Replace) -> Rule:
        number = count(1)
        return lambda request: fault if next(number) > 2 else NO_FAULT

    return made


def replaced(replace: Replace) -> Rule:
    """The object is another one from the second request for objects on."""
    number = count(1)

    def rule(request: Request) -> Fault:
        if "model" in request.target and "prefix=" not in request.target and next(number) == 2:
            replace()
        return NO_FAULT

    return rule


def missing(_: Replace) -> Rule:
    """The objects are gone, the listing is not."""
    return lambda request: NO_FAULT if "prefix=" in request.target else status(HTTPStatus.NOT_FOUND)


def status(code: HTTPStatus, **headers: str) -> Fault:
    return Fault(status=code, headers={name.replace("_", "-"): value for name, value in headers.items()})


BUSY = HTTPStatus.SERVICE_UNAVAILABLE
METADATA: Final = "http://169.254.169.254/latest/meta-data/"
RULES: Final[Mapping[str, Callable[[Replace], Rule]]] = {
    # Ten in truth, for these tests have less than a tenth of the patience, and a pause must be shorter than that.
    "one byte a second": always(Fault(piece=1, pause_seconds=0.1)),
    "stalls in the middle, once": once(Fault(stall_after=5)),
    "cut off before the first byte, once": once(Fault(cut_after=0)),
    "cut off in the middle, once": once(Fault(cut_after=5)),
    "cut off every time": always(Fault(cut_after=0)),
    "`Content-Length` too small, once": once(Fault(headers={"Content-Length": "1"})),
    "`Content-Length` too large, once": once(Fault(headers={"Content-Length": "99999999"})),
    "another `ETag` than the listed one": always(Fault(headers={"ETag": '"0123"'})),
    "another range than asked for, once": once(Fault(headers={"Content-Range": "bytes 0-1/*"})),
    "replaced while it is read": replaced,
    "a burst of 500, 503 or 429": once(status(BUSY), times=2),
    "503 with `Retry-After`, once": once(status(BUSY, Retry_After="1")),
    "503 for ever": always(status(BUSY)),
    "403 in the middle": later(status(HTTPStatus.FORBIDDEN)),
    "404 for an object": missing,
    "416": later(status(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)),
    "redirected to a metadata service": always(status(HTTPStatus.TEMPORARY_REDIRECT, Location=METADATA)),
}
CERTIFICATES: Final[Mapping[str, Callable[[Authority], ssl.SSLContext]]] = {
    "certificate expired": lambda authority: authority.server("127.0.0.1", ends=dt.timedelta(days=-1)),
    "certificate for another name": lambda authority: authority.server("store.example"),
    "certificate of an unknown authority": lambda _: Authority("another one").server("127.0.0.1"),
}
ENDPOINTS: Final = {
    "nobody listens": "http://127.0.0.1:1",
    "the name does not resolve": "http://store.invalid",
}
ELSEWHERE: Final = frozenset({"listing changes between two pages"})
"""Has tests of its own (tests/integration/importing/test_unstable.py)."""


@dataclass(frozen=True, slots=True)
class Day:
    """One bad day under way: where the store is now, and what vouches for it."""

    endpoint: str
    ca_bundle: bytes | None = None


@contextmanager
def bad_day(name: str, upstream: str, replace: Replace) -> Iterator[Day]:
    """The store at `upstream` has that day."""
    if name in ENDPOINTS:
        yield Day(ENDPOINTS[name])
        return
    authority = Authority()
    tls = CERTIFICATES[name](authority) if name in CERTIFICATES else None
    with fault_proxy(upstream, tls) as proxy:
        proxy.rule = RULES[name](replace) if name in RULES else proxy.rule
        yield Day(proxy.endpoint, authority.pem if tls else None)
