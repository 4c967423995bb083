"""The immutable ConfigMap that keeps the provenance of one version. Pure."""

import hashlib
import json
from typing import Final

from aiapp.api.provenance import ProvenanceRecord
from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL, is_managed
from aiapp.domain.kubernetes.resources import Json

KEY: Final = "predicate.json"
"""The key under `data`: the predicate of a Statement, whose subject the version's status has."""
COMPONENT: Final = "provenance"
PREFIX: Final = "aiapp-provenance-"


def provenance_object(predicate: Json) -> Json:
    """The ConfigMap, named by what it holds: what was written before a crash is found again."""
    text = json.dumps(predicate, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"{PREFIX}{hashlib.sha256(text.encode()).hexdigest()[:32]}",
            "labels": {MANAGED_BY_LABEL: MANAGED_BY, "app.kubernetes.io/component": COMPONENT},
        },
        "immutable": True,
        "data": {KEY: text},
    }


def is_same(config_map: Json, wanted: Json) -> bool:
    """Whether that ConfigMap, which may be anybody's, is one of ours with the provenance of `wanted`."""
    return is_managed(config_map) and config_map.get("data") == wanted["data"]


def provenance_record(config_map: Json) -> ProvenanceRecord:
    """How a status names it."""
    text = config_map["data"][KEY]
    digest = hashlib.sha256(text.encode()).hexdigest()
    return ProvenanceRecord(name=config_map["metadata"]["name"], digest=f"sha256:{digest}")


def is_unaltered(config_map: Json, record: ProvenanceRecord) -> bool:
    """Whether that ConfigMap, which may be anybody's, still holds what the operator wrote."""
    return KEY in (config_map.get("data") or {}) and provenance_record(config_map) == record


def is_record(name: str) -> bool:
    """Whether a ConfigMap of that name is one of these."""
    return name.startswith(PREFIX)
