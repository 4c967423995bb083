"""Whether a store still holds what was pinned: from what it lists to a finding. Never asks a store, never pins anew."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.changes import Changes, paired
from aiapp.domain.listing import Listing
from aiapp.domain.manifest import Entry, Listed, Manifest, is_folder_marker
from aiapp.domain.planning.application import version_of
from aiapp.domain.planning.pods import trouble
from aiapp.domain.planning.version import Report
from aiapp.domain.resources import Json
from aiapp.domain.summary import Finding, fails, holds


@dataclass(frozen=True, slots=True)
class Drift:
    """What became of a pinned package in its store."""

    changes: Changes
    lost: int
    """Pinned files that the store cannot give any more."""


def drift(pinned: Iterable[Entry], history: Listing, prefix: str) -> Drift:
    """`history` is what lies under `prefix`, the package's root, with the versions that the store keeps."""
    changes, lost = Changes(), 0
    for path, entry, held in paired(((entry.path, entry) for entry in pinned), _by_path(history, prefix)):
        latest = next((one for one in held or () if one.is_latest), None)
        if entry is None:
            if latest is not None:
                changes.note("added", path)
            continue
        is_there = any(_is(entry, one) for one in held or ())
        lost += not is_there
        if not is_there or latest is None or not _looks_like(entry, latest):
            changes.note("removed" if latest is None else "replaced", path)
    return Drift(changes, lost)


def source_unchanged(manifest: Manifest, found: Drift) -> Finding:
    """The condition that tells of it."""
    if not found.changes:
        return _unchanged(manifest.objects)
    if found.lost:
        then = (
            f"{found.lost} of {manifest.objects} pinned files are gone, and pods that have yet to fetch them fail: "
            "restore them, or register what is there now as a new version"
        )
    else:
        earlier = " as an earlier version" if found.changes.count > found.changes.added else ""
        then = (
            f"every pinned file is still there{earlier}, and pods get what was pinned: to serve what is there now, "
            "register it as a new version"
        )
    return fails(ConditionType.SOURCE_UNCHANGED, Reason.SOURCE_CHANGED, f"{found.changes}; {then}")


def as_imported(said: Report) -> Finding | None:
    """The same from an import that has just pinned what the store holds; None: it has pinned nothing."""
    artifact = said.status.get("artifact")
    return _unchanged(artifact["objects"]) if artifact else None


def suspects(pods: Iterable[Json]) -> set[str]:
    """Versions of which a pod says that the store no longer holds what was pinned."""
    found = ((version_of(pod), trouble({}, [pod])) for pod in pods)
    return {version for version, why in found if version and why and why.reason is Reason.CONTENT_CHANGED}


def with_drift(said: Report, finding: Finding | None, handled: str | None) -> Report:
    """The report with the condition (None: no look is known) and the request that was carried out last."""
    findings = (*said.findings, finding) if finding is not None else said.findings
    told: Json = {"lastHandledReconcileAt": handled} if handled else {}
    return replace(said, findings=findings, status=said.status | told)


def _unchanged(objects: int) -> Finding:
    return holds(ConditionType.SOURCE_UNCHANGED, f"the store holds all {objects} files as they were pinned")


def _by_path(history: Listing, prefix: str) -> Iterator[tuple[str, Sequence[Listed]]]:
    files = (one for one in history if not is_folder_marker(one))
    return ((key.removeprefix(prefix), list(held)) for key, held in groupby(files, key=attrgetter("key")))


def _is(entry: Entry, held: Listed) -> bool:
    """Whether a fetch would get it: of a pinned version id that one, else what is there now."""
    if entry.version_id is None or held.version_id is None:  # a store that denies version ids tells of the latest only
        return held.is_latest and _looks_like(entry, held)
    return held.version_id == entry.version_id


def _looks_like(entry: Entry, held: Listed) -> bool:
    return (entry.size, entry.etag) == (held.size, held.etag.strip('"'))
