"""AWS Signature Version 4, as stores compute it. Sends nothing, reads no clock."""

import hashlib
import hmac
from datetime import datetime
from functools import lru_cache
from typing import Final

ALGORITHM: Final = "AWS4-HMAC-SHA256"


def stamp(now: datetime) -> str:
    """The moment (UTC) as requests carry it, for example `20130524T000000Z`."""
    return now.strftime("%Y%m%dT%H%M%SZ")


def scope(moment: str, region: str) -> str:
    """What a signature is good for: a day, a region, object storage. `moment` is a `stamp`."""
    return f"{moment[:8]}/{region}/s3/aws4_request"


def signature(canonical: str, moment: str, within: str, secret: str) -> str:
    """The signature of a canonical request in hexadecimal digits; `within` is its `scope`."""
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    return _hmac(_key(secret, within), f"{ALGORITHM}\n{moment}\n{within}\n{hashed}").hex()


@lru_cache(maxsize=8)
def _key(secret: str, within: str) -> bytes:
    """The signing key of a scope, which is another one each day."""
    key = f"AWS4{secret}".encode()
    for part in within.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
