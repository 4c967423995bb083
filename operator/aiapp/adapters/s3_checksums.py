"""What a store says of an object's SHA-256. Never reads the object."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from aiapp.adapters.s3_errors import status
from aiapp.adapters.s3_request import Requests
from aiapp.domain.digest import HASH_BYTES
from aiapp.domain.location import Location
from aiapp.domain.manifest import Listed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE: Final = frozenset({404, 412})
_IN_PARTS: Final = re.compile(r"-[0-9]+\Z")
"""ETags of objects that were uploaded in parts. Their SHA-256 is always one over hashes of parts (S3 knows no other),
and not every store says so."""


def sha256(requests: Requests, listed: Listed) -> str | None:
    """The hash of the whole object in lower-case hex.

    None when the store has none, or one over hashes of parts, or no longer holds the object that was listed.
    """
    if _IN_PARTS.search(listed.etag.strip('"')):
        return None
    answer = requests.make(lambda client: _head(client, requests.location, listed))
    same = answer.get("ETag", "").strip('"') == listed.etag.strip('"') and answer["ContentLength"] == listed.size
    if not same or answer.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    return _hex(answer.get("ChecksumSHA256", ""))


def _head(client: "S3Client", where: Location, listed: Listed) -> Mapping[str, Any]:
    version: dict[str, Any] = {"VersionId": listed.version_id} if listed.version_id else {}
    try:
        return client.head_object(
            Bucket=where.bucket, Key=listed.key, IfMatch=listed.etag, ChecksumMode="ENABLED", **version
        )
    except ClientError as error:
        if status(error) in _GONE:
            return {"ContentLength": None}
        raise


def _hex(checksum: str) -> str | None:
    """Of one over hashes of parts (`...=-3`) it is None, also where the store does not tell its type."""
    try:
        found = base64.b64decode(checksum, validate=True)
    except binascii.Error:
        return None
    return found.hex() if len(found) == HASH_BYTES else None
