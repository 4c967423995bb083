"""Who wrote a part of an object last, as the API server records it in `metadata.managedFields`. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from aiapp.domain.kubernetes.resources import Json

LONGEST_NAME: Final = 128
"""Characters that the API server takes for the name of a field manager."""


class Author(NamedTuple):
    """A field manager and when it last wrote."""

    manager: str
    at: datetime | None


def author(entries: Iterable[Json]) -> Author | None:
    """The author of the latest entry."""
    last = max(entries, key=_time, default=None)
    if last is None:
        return None
    return Author(last["manager"], datetime.fromisoformat(_time(last)) if _time(last) else None)


def first(entries: Iterable[Json]) -> Author | None:
    """The author of the earliest entry."""
    known = (one for one in entries if "manager" in one)
    made = min(known, key=_time, default=None)
    return None if made is None else author([made])


def only_first(entries: Iterable[Json], path: Sequence[str]) -> list[Json]:
    """The earliest entry about the fields at `path`, without the fields: as small as what `first` reads."""
    made = min((one for one in entries if _is_about(one, path)), key=_time, default=None)
    return [] if made is None else [{"manager": str(made["manager"])[:LONGEST_NAME], "time": _time(made)}]


def only_of(entries: Iterable[Json], path: Sequence[str]) -> list[Json]:
    """The latest entry about the fields at `path`, without the fields: as small as what `author` reads.

    Times are of whole seconds; within one the API server lists edits after what was applied.
    """
    about = sorted((one for one in entries if _is_about(one, path)), key=_time)
    last = about[-1] if about else None
    return [] if last is None else [{"manager": str(last["manager"])[:LONGEST_NAME], "time": _time(last)}]


def _is_about(entry: Json, path: Sequence[str]) -> bool:
    """An entry without fields has lost them here, as it was about that path."""
    fields = entry.get("fieldsV1")
    if "manager" not in entry or fields is None:
        return "manager" in entry
    for step in path:
        fields = fields.get(f"f:{step}")
        if not isinstance(fields, dict):
            return False
    return True


def _time(entry: Json) -> str:
    return str(entry.get("time") or "")
