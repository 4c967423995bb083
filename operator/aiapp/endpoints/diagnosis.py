"""What is said of an endpoint that does not give what was asked for."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, Protocol

from aiapp.api.conditions import Reason
from aiapp.endpoints.hints import Hints

ERROR_BYTES: Final = 64 << 10
"""Upper bound for what is read of an error response."""

_TRANSIENT: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class UnreadableError(Exception):
    """A response that is not what was asked for. The text completes a sentence about the host: `answers with ...`."""

    def __init__(self, problem: str, *, retryable: bool = False) -> None:
        super().__init__(problem)
        self.retryable = retryable
        """True if the response seems to have been truncated."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A reason and a message for users."""

    reason: Reason
    message: str
    retryable: bool
    """True if the problem is transient."""
    host_down: bool = False
    """True if the host does not accept connections, so that every other request to it would fail as well."""


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """The parts of an error response that carry meaning."""

    status: int
    code: str = ""
    """The error code of the protocol that is spoken; empty if the body is no such error."""

    @property
    def shown(self) -> str:
        """Status and code, for messages."""
        return f"{self.status} {self.code}".rstrip()


class Peer(Protocol):
    """Whom a connection is to."""

    @property
    def host(self) -> str:
        """The host, with the port unless it is the scheme's default."""
        ...

    @property
    def name_hint(self) -> str:
        """What may be wrong about the host's name; empty: nothing is known."""
        ...

    @property
    def hints(self) -> Hints:
        """Advice for users."""
        ...


def unreachable(problem: str, context: Peer) -> Diagnosis:
    """Diagnosis of a missing, incomplete or unusable response; `problem` completes a sentence about the host."""
    return Diagnosis(Reason.ENDPOINT_UNREACHABLE, f"{context.host} {problem}", retryable=True)


def proxy_login(context: Peer) -> Diagnosis:
    """Diagnosis of a proxy that rejects our credentials."""
    return unreachable(f"cannot be reached: {context.hints.proxy} wants another user and password", context)


def unexpected(response: ErrorResponse, subject: str, context: Peer) -> Diagnosis:
    """Diagnosis of an error response that has no other meaning; `subject` is what was requested."""
    is_fault = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR and response.status != HTTPStatus.NOT_IMPLEMENTED
    found = unreachable(f"answered {response.shown} to a request for {subject}", context)
    return replace(found, retryable=is_fault or response.status in _TRANSIENT)
