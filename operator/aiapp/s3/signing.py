"""Signatures for requests without a body to S3-compatible stores (AWS Signature Version 4). Reads no clock."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from aiapp.domain.objectstore.credentials import Credentials

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_NONE: Final[Mapping[str, str]] = {}
_EMPTY_BODY: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests to one store; `host` is the value of the header, with a port that is not the default."""

    host: str
    region: str
    keys: Credentials

    def headers(
        self, requested: str, now: datetime, method: str = "GET", others: Mapping[str, str] = _NONE
    ) -> dict[str, str]:
        """Returns the headers of a signed request of `requested` (see `Address.target`); `now` is in UTC.

        `others`, with names in lower case, are among them. Only `host` and `x-amz-` are signed: proxies and some stores
        change the rest.
        """
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": self.host, "x-amz-content-sha256": _EMPTY_BODY, "x-amz-date": stamp}
        signed |= {name: value for name, value in others.items() if name.startswith("x-amz-")}
        if self.keys.session_token:
            signed["x-amz-security-token"] = self.keys.session_token
        sent = dict(sorted(signed.items()))
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        signature = self._signature(method, requested, sent, scope)
        credential = f"{self.keys.access_key_id}/{scope}"
        value = f"{_ALGORITHM} Credential={credential}, SignedHeaders={';'.join(sent)}, Signature={signature}"
        return {**others, **sent, "authorization": value}

    def _signature(self, method: str, requested: str, sent: Mapping[str, str], scope: str) -> str:
        path, _, query = requested.partition("?")
        lines = "".join(f"{name}:{value}\n" for name, value in sent.items())  # the names are in order
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{';'.join(sent)}\n{_EMPTY_BODY}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{sent['x-amz-date']}\n{scope}\n{hashed}"
        return _hmac(_key(self.keys.secret_access_key, scope), text).hex()


@lru_cache(maxsize=8)
def _key(secret: str, scope: str) -> bytes:
    """Returns the signing key of a scope, which is another one each day."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
