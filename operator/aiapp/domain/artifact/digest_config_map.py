"""The immutable ConfigMap that records the content digest of a pinned package."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from aiapp.api.artifact import DigestFrom
from aiapp.domain.artifact.content import DIGEST_KEY, HASHES_KEY, MAX_RECORDED_BYTES, Content, is_digest
from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL, digest_config_map
from aiapp.domain.kubernetes.resources import Json

ORIGIN_KEY: Final = "from"
"""The key under `data` that says where the digest is known from."""
_ORIGINS: Final[Mapping[str, DigestFrom]] = {origin: origin for origin in get_args(DigestFrom)}


@dataclass(frozen=True, slots=True)
class KnownContent:
    """A content, and where it is known from."""

    content: Content
    origin: DigestFrom


def digest_object(pin: str, known: KnownContent) -> Json:
    """The ConfigMap of a pin, named by it: pods that fetch these objects mount it, whether it exists yet or not."""
    hashes = known.content.hashes
    kept = {HASHES_KEY: base64.b64encode(hashes).decode()} if 0 < len(hashes) <= MAX_RECORDED_BYTES else {}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": digest_config_map(pin),
            "labels": {MANAGED_BY_LABEL: MANAGED_BY, "app.kubernetes.io/component": "digest"},
        },
        "immutable": True,
        "data": {DIGEST_KEY: known.content.digest, ORIGIN_KEY: known.origin},
        **({"binaryData": kept} if kept else {}),
    }


def recorded(config_map: Json) -> KnownContent | None:
    """The digest that such a ConfigMap holds; None for a foreign one, or one that holds none."""
    if (config_map["metadata"].get("labels") or {}).get(MANAGED_BY_LABEL) != MANAGED_BY:
        return None
    data = config_map.get("data") or {}
    digest, origin = data.get(DIGEST_KEY, ""), _ORIGINS.get(data.get(ORIGIN_KEY, ""))
    if not is_digest(digest) or origin is None:
        return None
    try:
        hashes = base64.b64decode((config_map.get("binaryData") or {}).get(HASHES_KEY, ""), validate=True)
    except binascii.Error:
        return None
    return KnownContent(Content(digest, hashes), origin)
