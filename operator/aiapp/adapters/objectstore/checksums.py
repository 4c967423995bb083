"""Reads an object's SHA-256 from the headers of a HEAD response. Never reads the object."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from aiapp.domain.artifact.content import HASH_BYTES
from aiapp.domain.objectstore.listing import Listed
from aiapp.s3 import etags

ASK: Final = {"x-amz-checksum-mode": "ENABLED"}
"""Request headers."""

_IN_PARTS: Final = re.compile(r"-[0-9]+\Z")
"""ETags of multipart uploads, whose SHA-256 is always composite, although not every store marks it so."""


def may_have_hash(listed: Listed) -> bool:
    """Returns False for multipart uploads."""
    return not _IN_PARTS.search(etags.opaque(listed.etag))


def sha256(headers: Mapping[str, str], listed: Listed) -> str | None:
    """Returns the hash of the whole object in lower-case hex.

    None if the store has no hash or a composite one, or if the object was replaced since it was listed.
    """
    etag = headers.get("ETag")
    if etag is None or etags.contradicts(etag, listed.etag) or headers.get("Content-Length") != str(listed.size):
        return None
    if headers.get("x-amz-checksum-type", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    return _hex(headers.get("x-amz-checksum-sha256", ""))


def _hex(checksum: str) -> str | None:
    """Returns None for a composite hash (`...=-3`)."""
    try:
        found = base64.b64decode(checksum, validate=True)
    except binascii.Error:
        return None
    return found.hex() if len(found) == HASH_BYTES else None
