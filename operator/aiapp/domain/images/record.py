"""The immutable ConfigMap that records to which image a version is pinned, beside its status.

Backups and Git leave out the status, and a tag may stand for another image by the time they are restored.
"""

from typing import Final

from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL, image_config_map, is_managed
from aiapp.domain.kubernetes.resources import Json

DIGEST_KEY: Final = "digest"
"""The key under `data` that holds the whole digest."""


def image_record(digest: str) -> Json:
    """The ConfigMap, named by the digest: versions that are pinned to the same image share it."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": image_config_map(digest),
            "labels": {MANAGED_BY_LABEL: MANAGED_BY, "app.kubernetes.io/component": "image"},
        },
        "immutable": True,
        "data": {DIGEST_KEY: digest},
    }


def records(config_map: Json, digest: str) -> bool:
    """Whether that ConfigMap, which may be anybody's, is one of ours for the digest."""
    return is_managed(config_map) and (config_map.get("data") or {}).get(DIGEST_KEY) == digest
