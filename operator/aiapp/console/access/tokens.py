"""Bearer tokens as they are given. Pure."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final

import orjson

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=:-]{1,16384}")


def bearer(values: Sequence[str]) -> str | None:
    """The token of a header that was sent once, with or without the word Bearer before it."""
    if len(values) != 1:
        return None
    return token_of(values[0].strip().removeprefix("Bearer ").removeprefix("bearer "))


def token_of(text: str) -> str | None:
    """A token without what surrounds it; None for what no header may hold."""
    stripped = text.strip()
    return stripped if _TOKEN.fullmatch(stripped) else None


def expiry(token: str) -> float | None:
    """When a JWT says that it ends, in seconds since 1970; None for other tokens. Nothing of it is checked."""
    ends = _claims(token).get("exp")
    return float(ends) if isinstance(ends, int | float) else None


def holder(token: str) -> str:
    """A digest of whose token a JWT says it is, and of other tokens themselves. Nothing of it is checked."""
    claims = _claims(token)
    issuer, subject = claims.get("iss"), claims.get("sub")
    known = f"{issuer}\n{subject}" if isinstance(issuer, str) and isinstance(subject, str) else token
    return hashlib.sha256(known.encode()).hexdigest()


def _claims(token: str) -> dict[str, Any]:
    """Of a JWT; none of other tokens."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims: Any = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
