"""Values as a page shows them. Pure."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from aiapp.domain.kubernetes import manifest_text
from aiapp.domain.moments import moment_of

_KEPT: Final = "\n\t"


def visible(text: str) -> str:
    """What is not printable, such as what turns letters round, becomes a sign that says so."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in _KEPT else "\N{REPLACEMENT CHARACTER}" for one in text)


def moment(value: datetime | str | None) -> str:
    """A moment in UTC, to the second; other text as it is."""
    found = value if isinstance(value, datetime) else moment_of(value)
    if found is None:
        return str(value or "")
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def as_yaml(document: Any) -> str:
    """In the order of its keys."""
    return manifest_text.as_yaml(json.loads(json.dumps(document)))
