"""What a store says of an object's SHA-256. Never reads the object."""

import base64
import binascii
from typing import Any

from aiapp.adapters.s3_request import Requests
from aiapp.domain.manifest import Listed

HASH_BYTES = 32


def sha256(requests: Requests, listed: Listed) -> str | None:
    """The hash of the whole object in lower-case hex; None when the store has none, or one over hashes of parts."""
    version: dict[str, Any] = {"VersionId": listed.version_id} if listed.version_id else {}
    where = requests.location
    answer = requests.make(
        lambda client: client.head_object(
            Bucket=where.bucket, Key=listed.key, IfMatch=listed.etag, ChecksumMode="ENABLED", **version
        )
    )
    same = answer["ETag"].strip('"') == listed.etag.strip('"') and answer["ContentLength"] == listed.size
    if not same or answer.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    return _hex(answer.get("ChecksumSHA256", ""))


def _hex(checksum: str) -> str | None:
    """Of one over hashes of parts (`...=-3`) it is None, also where the store does not tell its type."""
    try:
        found = base64.b64decode(checksum, validate=True)
    except binascii.Error:
        return None
    return found.hex() if len(found) == HASH_BYTES else None
