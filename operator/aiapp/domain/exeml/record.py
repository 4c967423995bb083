"""What makes a version a model of ExeML: a record in the operator's own namespace, which no user can write.

A version alone proves nothing: whoever may create versions may write the same fields.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from aiapp.api.version import VersionSpec
from aiapp.domain.kubernetes.resources import Json

LABEL: Final = "aiapp.dev/exeml"
"""Of a record; its value says what it is."""
FOR_PEOPLE: Final = ("display_name", "description", "documents")
"""Fields of a version's spec that may change."""
_KEYS: Final = ("namespace", "version", "job", "spec", "store", "uri", "root")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """Which version it is, and where its model lies."""

    namespace: str
    version: str
    """Name of the AIApplicationVersion."""
    job: str
    """Uid of the training job: several may be about to take one name, which one of them gets."""
    spec: str
    """`spec_digest` of what was registered."""
    store: str
    """Name of one of the administrator's stores."""
    uri: str
    """The folder that the job wrote."""
    root: str = ""
    """The folder within it that holds config.json, once that is known: empty or with `/` at its end."""

    @property
    def folder(self) -> str:
        """The folder that holds config.json."""
        return f"{self.uri.rstrip('/')}/{self.root}"

    def is_of(self, spec: VersionSpec) -> bool:
        """Whether a version says what was registered."""
        return self.spec == spec_digest(spec)


def spec_digest(written: VersionSpec | Json) -> str:
    """Of all that bears on what runs: names for people and documents may change.

    What is left at its default does not count, so that a field which a later release adds changes no digest.
    """
    spec = written if isinstance(written, VersionSpec) else VersionSpec.model_validate(written)
    fields = spec.model_dump(by_alias=True, mode="json", exclude_defaults=True, exclude=set(FOR_PEOPLE))
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def record_name(namespace: str, version: str, job: str) -> str:
    """Name of the ConfigMap."""
    return f"aiapp-exeml-{hashlib.sha256(f'{namespace}/{version}/{job}'.encode()).hexdigest()[:32]}"


def record_object(record: ModelRecord, own_namespace: str) -> Json:
    """The ConfigMap in the operator's namespace."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": record_name(record.namespace, record.version, record.job),
            "namespace": own_namespace,
            "labels": {LABEL: "model"},
        },
        "data": {key: getattr(record, key) for key in _KEYS},
    }


def record_of(config_map: Json) -> ModelRecord | None:
    """None for a ConfigMap that is no record."""
    data = config_map.get("data") or {}
    if any(not isinstance(data.get(key), str) for key in _KEYS):
        return None
    return ModelRecord(**{key: data[key] for key in _KEYS})
