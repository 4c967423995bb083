"""Tickets: what the init container of a pod asks the operator for, and what it gets. Documents in, values out.

A ticket is a set of short-lived addresses, one for each of some files of the manifest that the version is pinned to.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

PATH: Final = "/v1/tickets"
AUDIENCE: Final = "tickets.aiapp.dev"
"""Of the pod's token: it is good for nothing else, and no other token is good for this."""
TOKEN_SECONDS: Final = 600
"""How long such a token is good; Kubernetes grants no shorter ones."""
MOST_FILES: Final = 2**31
"""No manifest has so many."""
FILES: Final = 250
"""In one ticket, at most."""
REQUEST_BYTES: Final = 8 * 1024
ANSWER_BYTES: Final = 4 * 1024 * 1024
PROOF_BYTES: Final = 32
TOKEN_FOLDER: Final = "/etc/aiapp/token"  # noqa: S105 - where it lies
TOKEN_NAME: Final = "token"  # noqa: S105
TOKEN_FILE: Final = f"{TOKEN_FOLDER}/{TOKEN_NAME}"
PROOF_FOLDER: Final = "/run/aiapp/proof"
PROOF_FILE: Final = f"{PROOF_FOLDER}/proof"
"""In the memory of the pod; its serving container sees neither of the two."""


class TicketFormError(ValueError):
    """A document that is no request, or no ticket; says what is wrong with it, and never repeats it."""


@dataclass(frozen=True, slots=True)
class TicketRequest:
    """What a pod asks for: addresses of the files from one on, with proof of who asks."""

    pin: str
    """Of the manifest that the asker has."""
    first: int
    """Number of the file, in the order of the manifest, from which on addresses are wanted."""
    proof: bytes = field(repr=False)
    """The secret whose hash the pod's first container has shown to the kubelet."""

    @property
    def body(self) -> bytes:
        """As it is sent."""
        return json.dumps({"pin": self.pin, "first": self.first, "proof": self.proof.hex()}).encode()

    @classmethod
    def read(cls, body: bytes) -> "TicketRequest":
        """Raises `TicketFormError`."""
        found = _object(body)
        pin, first, proof = found.get("pin"), found.get("first"), found.get("proof")
        if not isinstance(pin, str) or not _is_number(first) or not isinstance(proof, str):
            raise TicketFormError("a request has a pin, the number of a file, and a proof")
        try:
            return cls(pin, first, bytes.fromhex(proof))
        except ValueError:
            raise TicketFormError("the proof is not in hexadecimal digits") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Where some files can be read for a while."""

    origin: str
    """Scheme, host and port of the store."""
    seconds: int
    """How long, from now on."""
    first: int
    """Number of the first of them in the manifest."""
    targets: tuple[str, ...] = field(repr=False)
    """Path and query of each, in the order of the manifest; empty for one that lies in the manifest itself."""
    authorities: str | None = None
    """Certificates (PEM) that may vouch for the store beside the public ones."""

    @property
    def body(self) -> bytes:
        """As it is sent."""
        fields = {
            "origin": self.origin,
            "seconds": self.seconds,
            "first": self.first,
            "targets": list(self.targets),
            "authorities": self.authorities,
        }
        return json.dumps(fields).encode()

    @classmethod
    def read(cls, body: bytes) -> "Ticket":
        """Raises `TicketFormError`."""
        found = _object(body)
        try:
            return cls(
                origin=str(found["origin"]),
                seconds=int(found["seconds"]),
                first=int(found["first"]),
                targets=tuple(map(str, found["targets"])),
                authorities=None if found.get("authorities") is None else str(found["authorities"]),
            )
        except (KeyError, TypeError, ValueError):
            raise TicketFormError("the operator sent no ticket") from None


def proof_hash(proof: bytes) -> str:
    """What the pod's first container says when it ends: everybody may read it, and nobody else could have made it."""
    return f"sha256:{hashlib.sha256(proof).hexdigest()}"


def refusal_body(message: str) -> bytes:
    """A refusal as it is sent."""
    return json.dumps({"message": message}).encode()


def refusal_of(body: bytes) -> str:
    """The words of a refusal."""
    try:
        return str(_object(body).get("message") or "it gave no reason")
    except TicketFormError:
        return "it gave no reason"


def _is_number(first: object) -> TypeGuard[int]:
    return type(first) is int and 0 <= first < MOST_FILES


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise TicketFormError("it is not JSON") from None
    if not isinstance(found, dict):
        raise TicketFormError("it is no JSON object")
    return found


class TicketRefusedError(Exception):
    """The asker gets no ticket; the text says why, and names no secret and no place."""

    def __init__(self, why: str, message: str, *, soon: bool = False) -> None:
        super().__init__(message)
        self.why = why
        """One word, for metrics."""
        self.message = message
        self.soon = soon
        """Whether the same request may succeed in a moment."""
