"""Signatures for GET requests to S3-compatible stores (AWS Signature Version 4). Sends nothing, reads no clock."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from aiapp.domain.objectstore.credentials import Credentials

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_EMPTY_BODY: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests to one store; `host` is the value of the header, with a port that is not the default."""

    host: str
    region: str
    keys: Credentials

    def headers(self, requested: str, now: datetime) -> dict[str, str]:
        """Returns the headers of a signed GET of `requested` (see `Address.target`); `now` is in UTC."""
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        sent = {"host": self.host, "x-amz-content-sha256": _EMPTY_BODY, "x-amz-date": stamp}
        if self.keys.session_token:
            sent["x-amz-security-token"] = self.keys.session_token
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        signature = self._signature(requested, sent, scope)
        credential = f"{self.keys.access_key_id}/{scope}"
        value = f"{_ALGORITHM} Credential={credential}, SignedHeaders={';'.join(sent)}, Signature={signature}"
        return sent | {"authorization": value}

    def _signature(self, requested: str, sent: Mapping[str, str], scope: str) -> str:
        path, _, query = requested.partition("?")
        lines = "".join(f"{name}:{value}\n" for name, value in sent.items())  # the names are in order
        canonical = f"GET\n{path}\n{query}\n{lines}\n{';'.join(sent)}\n{_EMPTY_BODY}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{sent['x-amz-date']}\n{scope}\n{hashed}"
        return _hmac(_key(self.keys.secret_access_key, scope), text).hex()


@lru_cache(maxsize=1)
def _key(secret: str, scope: str) -> bytes:
    """Returns the signing key of a scope, which is another one each day."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
