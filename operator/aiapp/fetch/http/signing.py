"""Signatures for GET requests to S3-compatible stores (AWS Signature Version 4). Sends nothing, reads no clock."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiapp.domain.objectstore.credentials import Credentials
from aiapp.s3.signature import ALGORITHM, scope, signature, stamp

_EMPTY_BODY: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests to one store; `host` is the value of the header, with a port that is not the default."""

    host: str
    region: str
    keys: Credentials

    def headers(self, requested: str, now: datetime) -> dict[str, str]:
        """Returns the headers of a signed GET of `requested` (see `Address.target`); `now` is in UTC."""
        moment = stamp(now)
        sent = {"host": self.host, "x-amz-content-sha256": _EMPTY_BODY, "x-amz-date": moment}
        if self.keys.session_token:
            sent["x-amz-security-token"] = self.keys.session_token
        within = scope(moment, self.region)
        signed = signature(_canonical(requested, sent), moment, within, self.keys.secret_access_key)
        credential = f"{self.keys.access_key_id}/{within}"
        value = f"{ALGORITHM} Credential={credential}, SignedHeaders={';'.join(sent)}, Signature={signed}"
        return sent | {"authorization": value}


def _canonical(requested: str, sent: Mapping[str, str]) -> str:
    path, _, query = requested.partition("?")
    lines = "".join(f"{name}:{value}\n" for name, value in sent.items())  # the names are in order
    return f"GET\n{path}\n{query}\n{lines}\n{';'.join(sent)}\n{_EMPTY_BODY}"
