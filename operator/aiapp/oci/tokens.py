"""Bearer tokens of registries: the request for one at the authority that a registry names, and its answer."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from aiapp.endpoints.diagnosis import UnreadableError
from aiapp.endpoints.endpoint import Endpoint, EndpointFormError, endpoint
from aiapp.oci.access import Login
from aiapp.oci.challenges import Challenge

CLIENT: Final = "aiapp-operator"
MAX_ANSWER_BYTES: Final = 64 << 10
DEFAULT_SECONDS: Final = 60.0
"""How long a token holds that does not say (Docker's documentation of token authentication)."""

_MAX_SECONDS: Final = 3600.0
_TOKEN: Final = re.compile(r"[!-~]{1,32768}")
"""What may stand in a header."""


class RealmError(ValueError):
    """A registry names no authority that could be asked; completes a sentence about the registry."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who gives tokens for a registry."""

    realm: Endpoint
    path: str
    """With the query that the realm has already; empty query: no `?`."""
    service: str


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One request for a token."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token."""

    value: str = field(repr=False)
    seconds: float
    """How long it holds."""


def authority(challenge: Challenge) -> Authority:
    """Who a bearer challenge sends to. Raises `RealmError`."""
    realm = challenge.parameters.get("realm", "")
    try:
        found = endpoint(realm)
    except EndpointFormError:
        raise RealmError("asks for a token without saying where it is to be had") from None
    parts = urlsplit(realm)
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True))
    path = quote(parts.path or "/", safe="/-_.~%")
    return Authority(found, f"{path}?{query}" if query else path, challenge.parameters.get("service", ""))


def pull_scope(repository: str) -> str:
    """The right to read a repository."""
    return f"repository:{repository}:pull"


def push_scope(repository: str) -> str:
    """The right to write a repository, too."""
    return f"repository:{repository}:pull,push"


def token_request(asked: Authority, scopes: tuple[str, ...], login: Login | None) -> TokenRequest:
    """The request for a token, as Docker's token authentication has it; an identity token goes by OAuth 2."""
    service = {"service": asked.service} if asked.service else {}
    if login is not None and login.identity_token:
        form = {
            "grant_type": "refresh_token",
            **service,
            "client_id": CLIENT,
            "scope": " ".join(scopes),
            "refresh_token": login.identity_token,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return TokenRequest("POST", asked.path, headers, urlencode(form).encode())
    query = urlencode([*service.items(), *(("scope", scope) for scope in scopes)])
    joint = "&" if "?" in asked.path else "?"
    return TokenRequest("GET", f"{asked.path}{joint}{query}", {} if login is None else {"Authorization": basic(login)})


def basic(login: Login) -> str:
    """The value of `Authorization` with user and password."""
    return "Basic " + base64.b64encode(f"{login.username}:{login.password}".encode()).decode()


def token(body: bytes) -> Token:
    """The token in an answer. Raises `UnreadableError`."""
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise UnreadableError("answers with something that is not a token")
    value = answer.get("token") or answer.get("access_token")
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise UnreadableError("answers without a token")
    seconds = answer.get("expires_in")
    if not isinstance(seconds, int) or seconds <= 0:
        return Token(value, DEFAULT_SECONDS)
    return Token(value, min(float(seconds), _MAX_SECONDS))
