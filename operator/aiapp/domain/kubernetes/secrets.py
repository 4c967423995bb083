"""A Kubernetes Secret as decisions see it. Never shows its values."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiapp.domain.kubernetes.resources import Json


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret as it was read."""

    data: Mapping[str, bytes] = field(repr=False)
    """Decoded."""
    annotations: Mapping[str, str]

    @classmethod
    def of(cls, document: Json) -> "Secret":
        """Of a v1 Secret."""
        data = {key: b64decode(text) for key, text in (document.get("data") or {}).items()}
        return cls(data, document["metadata"].get("annotations") or {})
