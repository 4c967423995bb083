"""Asks the operator for tickets: short-lived addresses of the files of a manifest, page by page, and again in time.

Never says where the store is: what fails names the file in the package, and nothing beyond it.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.exeml.tickets import ANSWER_BYTES, FILES, PATH, Ticket, TicketFormError, TicketRequest, refusal_of
from aiapp.endpoints.diagnosis import Diagnosis
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http.backoff import Backoff
from aiapp.s3.addressing import Address

SPARE_SECONDS: Final = 30.0
"""An address that ends so soon is not begun with."""
SILENCE_SECONDS: Final = 40.0
ATTEMPTS: Final = 8
_AGAIN: Final = frozenset({409, 429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Where tickets are had, and what this pod shows for them."""

    url: str
    """`https://host:port`."""
    authority: str
    """Certificate (PEM) of the authority that vouches for it; no other does."""
    token: Path
    """The file that the kubelet keeps renewing."""
    proof: Path = field(repr=False)
    """The file with the secret of this pod."""

    def asked(self, pin: str, first: int) -> tuple[dict[str, str], bytes]:
        """Headers and body of a request. Raises FetchError."""
        try:
            token, proof = self.token.read_text().strip(), self.proof.read_bytes()
        except OSError as error:
            message = f"the pod lacks {error.filename}, by which the operator knows it: {error.strerror}"
            raise FetchError(Reason.TICKET_REFUSED, message) from error
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return headers, TicketRequest(pin, first, proof).body


class Tickets:
    """Addresses of the files of one manifest, for any number of threads."""

    def __init__(self, operator: Operator, pin: str, entries: Iterable[Entry], clock: Callable[[], float]) -> None:
        """Asks for the first addresses. Raises FetchError."""
        self._operator, self._pin, self._clock = operator, pin, clock
        self._numbers = {entry.path: number for number, entry in enumerate(entries)}
        self._pages: dict[int, tuple[float, Ticket]] = {}
        self._lock = threading.Lock()
        first = self._page(0)
        self.authorities = first.authorities
        """Certificates (PEM) that may vouch for the store beside the public ones."""
        self.address = _address(first.origin)

    def target(self, entry: Entry) -> str:
        """Path and query by which the file is read now. Raises FetchError."""
        number = self._numbers[entry.path]
        page = self._page(number - number % FILES)
        return page.targets[number - page.first]

    def renew(self, entry: Entry) -> None:
        """Forget the address of a file: the store does not take it any more."""
        number = self._numbers[entry.path]
        with self._lock:
            self._pages.pop(number - number % FILES, None)

    def _page(self, first: int) -> Ticket:
        with self._lock:
            ends, ticket = self._pages.get(first, (0.0, None))
            if ticket is not None and ends - self._clock() > SPARE_SECONDS:
                return ticket
            asked_at = self._clock()
            found = self._asked(first)
            self._pages[first] = asked_at + found.seconds, found
            return found

    def _asked(self, first: int) -> Ticket:
        from http.client import HTTPException  # noqa: PLC0415 - takes a while, and most pods need no ticket

        backoff = Backoff()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                status, body = self._sent(first)
            except (OSError, HTTPException) as error:
                failure = FetchError(*_unreachable(error))
            else:
                if status == HTTPStatus.OK:
                    return _read(body, first, min(FILES, len(self._numbers) - first))
                failure = FetchError(Reason.TICKET_REFUSED, f"the operator gives no ticket: {refusal_of(body)}")
                if status not in _AGAIN:
                    raise failure
            if attempt == ATTEMPTS:
                raise failure
            backoff.wait(attempt, 0.0)
        raise AssertionError

    def _sent(self, first: int) -> tuple[int, bytes]:
        import ssl  # noqa: PLC0415
        from http.client import HTTPSConnection  # noqa: PLC0415

        headers, body = self._operator.asked(self._pin, first)
        where = urlsplit(self._operator.url)
        context = ssl.create_default_context(cadata=self._operator.authority)
        connection = HTTPSConnection(where.hostname or "", where.port, timeout=SILENCE_SECONDS, context=context)
        try:
            connection.request("POST", PATH, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(ANSWER_BYTES)
        finally:
            connection.close()


def failure(entry: Entry, found: Diagnosis) -> FetchError:
    """What becomes of a file that could not be had. The store's own words are left out: they say where it is."""
    words = {
        Reason.CONTENT_CHANGED: "is no longer what was pinned: train again, that makes another version",
        Reason.ACCESS_DENIED: "is denied by its store: the keys of the operator may not read it",
        Reason.TLS_NOT_TRUSTED: "cannot be read: the certificate of its store is not trusted",
    }
    said = words.get(found.reason, "cannot be read: its store does not answer as it should")
    return FetchError(found.reason, f"{entry.path} {said}")


def _read(body: bytes, first: int, number: int) -> Ticket:
    try:
        ticket = Ticket.read(body)
    except TicketFormError as error:
        raise FetchError(Reason.FETCH_FAILED, str(error)) from error
    if ticket.first != first or len(ticket.targets) != number:
        raise FetchError(Reason.FETCH_FAILED, "the operator sent a ticket for other files than were asked for")
    return ticket


def _unreachable(error: Exception) -> tuple[Reason, str]:
    if type(error).__name__ == "SSLCertVerificationError":
        message = "the certificate of the operator's ticket server is not vouched for by the authority in this pod"
        return Reason.TLS_NOT_TRUSTED, f"{message}: delete the Deployment, the operator makes it again"
    why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    message = f"the operator's ticket server does not answer: {why}"
    return (
        Reason.ENDPOINT_UNREACHABLE,
        f"{message}: an administrator lets pods find and reach what AIAPP_EXEML_URL names",
    )


def _address(origin: str) -> Address:
    where = urlsplit(origin)
    host = where.hostname or ""
    port = where.port or (443 if where.scheme == "https" else 80)
    return Address(where.scheme, host, port, "", host)
