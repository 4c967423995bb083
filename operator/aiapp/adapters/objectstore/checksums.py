"""What the head of an object says of its SHA-256. Never reads the object."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from aiapp.domain.artifact.content import HASH_BYTES
from aiapp.domain.artifact.manifest import Listed
from aiapp.s3 import etags

ASK: Final = {"x-amz-checksum-mode": "ENABLED"}
"""The header that asks for it."""

_IN_PARTS: Final = re.compile(r"-[0-9]+\Z")
"""ETags of objects that were uploaded in parts. Their SHA-256 is always one over hashes of parts (S3 knows no other),
and not every store says so."""


def may_have_hash(listed: Listed) -> bool:
    """Whether it is worth asking."""
    return not _IN_PARTS.search(etags.opaque(listed.etag))


def sha256(headers: Mapping[str, str], listed: Listed) -> str | None:
    """The hash of the whole object in lower-case hex.

    None when the store has none, or one over hashes of parts, or no longer holds the object that was listed.
    """
    etag = headers.get("ETag")
    if etag is None or etags.contradicts(etag, listed.etag) or headers.get("Content-Length") != str(listed.size):
        return None
    if headers.get("x-amz-checksum-type", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    return _hex(headers.get("x-amz-checksum-sha256", ""))


def _hex(checksum: str) -> str | None:
    """Of one over hashes of parts (`...=-3`) it is None, also where the store does not tell its type."""
    try:
        found = base64.b64decode(checksum, validate=True)
    except binascii.Error:
        return None
    return found.hex() if len(found) == HASH_BYTES else None
