"""What is said of an endpoint that does not give what was asked for."""

from dataclasses import dataclass
from typing import Protocol

from aiapp.api.conditions import Reason
from aiapp.endpoints.endpoint import Advice


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


class ConnectionAdvice(Advice, Protocol):
    """How users can mend a connection, in terms of the interface that they use."""

    @property
    def trust_authority(self) -> str:
        """For a certificate of an unknown authority."""
        ...

    @property
    def proxy(self) -> str:
        """Names the proxy, for one that fails."""
        ...


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
    def hints(self) -> ConnectionAdvice:
        """Advice for users."""
        ...


def unreachable(problem: str, context: Peer) -> Diagnosis:
    """Diagnosis of a missing, incomplete or unusable response; `problem` completes a sentence about the host."""
    return Diagnosis(Reason.ENDPOINT_UNREACHABLE, f"{context.host} {problem}", retryable=True)


def proxy_login(context: Peer) -> Diagnosis:
    """Diagnosis of a proxy that rejects our credentials."""
    return unreachable(f"cannot be reached: {context.hints.proxy} wants another user and password", context)
