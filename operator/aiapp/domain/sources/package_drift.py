"""Whether a store still holds what was pinned: from its listing to a finding. Never asks a store or changes a pin."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.artifact.changes import Changes, paired
from aiapp.domain.artifact.entry import Entry, ManifestError
from aiapp.domain.artifact.manifest import Manifest, from_listing
from aiapp.domain.conditions import Finding, fails, holds, unknown
from aiapp.domain.objectstore.keys import KeyRefusedError
from aiapp.domain.objectstore.listing import Listed, Listing, is_folder_marker

REGISTER: Final = "restore the files, or register what is there now as a new version"


@dataclass(frozen=True, slots=True)
class Drift:
    """What became of a pinned package in its store."""

    changes: Changes
    lost: int
    """Pinned files that the store cannot give any more."""


def drift(pinned: Iterable[Entry], history: Listing, prefix: str) -> Drift:
    """Compares what is pinned with `history`: all objects under `prefix`, the package's root, with kept versions."""
    changes, lost = Changes(), 0
    for path, entry, held in paired(((entry.path, entry) for entry in pinned), _by_path(history, prefix)):
        is_there, latest = _still_held(entry, held or ())
        if entry is None:
            if latest is not None:
                changes.note("added", path)
            continue
        lost += not is_there
        if not is_there or latest is None or not _looks_like(entry, latest):
            changes.note("removed" if latest is None else "replaced", path)
    return Drift(changes, lost)


def _still_held(entry: Entry | None, held: Iterable[Listed]) -> tuple[bool, Listed | None]:
    """Whether a fetch would get `entry`, and the latest version; goes through `held`, which may be long, once."""
    is_there, latest = False, None
    for one in held:
        is_there |= entry is not None and _is(entry, one)
        if one.is_latest and latest is None:
            latest = one
    return is_there, latest


def source_unchanged(manifest: Manifest, drift: Drift) -> Finding:
    """The condition SourceUnchanged for it."""
    if not drift.changes:
        return unchanged(manifest.objects)
    reason = Reason.SOURCE_LOST if drift.lost else Reason.SOURCE_CHANGED
    if drift.lost:
        then = (
            f"{drift.lost} of {manifest.objects} pinned files are gone, and pods that have yet to fetch them fail: "
            "restore them, or register what is there now as a new version"
        )
    else:
        earlier = " as an earlier version" if drift.changes.count > drift.changes.added else ""
        then = (
            f"every pinned file is still there{earlier}, and pods get what was pinned: to serve what is there now, "
            "register it as a new version"
        )
    return fails(ConditionType.SOURCE_UNCHANGED, reason, f"{drift.changes}; {then}")


def listed_now(history: Listing, prefix: str) -> Manifest | None:
    """The manifest of what the store lists now; None for what could not be pinned."""
    try:
        return from_listing((one for one in history if one.is_latest), prefix)
    except (KeyRefusedError, ManifestError):
        return None


def unchanged(objects: int) -> Finding:
    """SourceUnchanged is True: the store holds everything."""
    return holds(ConditionType.SOURCE_UNCHANGED, f"the store holds all {objects} files as they were pinned")


def manifest_missing(message: str) -> Finding:
    """SourceUnchanged is Unknown: without the manifest nothing can be compared, and no further pod can start."""
    return unknown(ConditionType.SOURCE_UNCHANGED, Reason.MANIFEST_MISSING, message)


def _by_path(history: Listing, prefix: str) -> Iterator[tuple[str, Iterable[Listed]]]:
    """The versions of each path, to be gone through before the next path is asked for."""
    files = (one for one in history if not is_folder_marker(one))
    return ((key.removeprefix(prefix), held) for key, held in groupby(files, key=attrgetter("key")))


def _is(entry: Entry, held: Listed) -> bool:
    """Whether a fetch would get it: of a pinned version id that one, else what is there now."""
    if entry.version_id is None or held.version_id is None:  # a store that denies version ids lists the latest only
        return held.is_latest and _looks_like(entry, held)
    return held.version_id == entry.version_id


def _looks_like(entry: Entry, held: Listed) -> bool:
    return (entry.size, entry.etag) == (held.size, held.etag.strip('"'))
