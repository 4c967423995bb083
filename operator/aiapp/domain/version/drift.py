"""What is known of a pinned version's source by now: looks, requests for them, and what pods hint at. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from aiapp.api.artifact import Artifact, ImageArtifact, PackageArtifact
from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.application.observed import version_of
from aiapp.domain.application.pod_diagnosis import trouble
from aiapp.domain.conditions import Finding, State, as_recorded, unknown
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources import image_drift
from aiapp.domain.sources.package_drift import manifest_missing, unchanged
from aiapp.domain.version.status import Report, is_pinned


@dataclass(frozen=True, slots=True)
class DriftResult:
    """What a look at the store of a version found."""

    uid: str
    finding: Finding
    request: str | None
    """The request that it answers."""


@dataclass(frozen=True, slots=True)
class DriftState:
    """What is known of the store of a version."""

    finding: Finding | None
    """None: no look is known."""
    handled: str | None
    """The request that was carried out last."""


def suspects(pods: Iterable[Json]) -> set[str]:
    """Versions of which a pod reports that the store no longer holds what was pinned."""
    found = ((version_of(pod), trouble({}, [pod])) for pod in pods)
    return {version for version, why in found if version and why and why.reason is Reason.CONTENT_CHANGED}


def drift_state(
    record: VersionRecord, pinned_now: Artifact | None, checked: DriftResult | None, lost: Sequence[str]
) -> DriftState:
    """What is known of the source: from `checked`, the last look of this process, else from the recorded condition.

    `pinned_now`: what this very import pins. `lost`: ConfigMaps of a pinned version's manifest that do not exist.
    """
    handled = record.status.last_handled_reconcile_at
    if not is_pinned(record):  # the import itself is the first look, and the one that was asked for
        return DriftState(_first_look(pinned_now), record.request or handled)
    finding = checked.finding if checked else recalled(record)
    if lost and (finding is None or finding.reason is not Reason.MANIFEST_MISSING):
        message = (
            f"ConfigMap {lost[0]}, which holds the manifest, is gone: the store is asked whether it still lists it"
        )
        finding = manifest_missing(message)
    return DriftState(finding, (checked and checked.request) or handled)


def together(parts: Iterable[Finding | None]) -> Finding:
    """What looks at several parts of what is pinned add up to: the worst of them, with what is said of each such.

    None: that part is not pinned.
    """
    checks = [one for one in parts if one is not None]
    for state in (State.FALSE, State.UNKNOWN):
        if found := [one for one in checks if one.state is state]:
            found.sort(key=lambda one: one.reason is Reason.SOURCE_CHANGED)  # which hinders no pod
            return replace(found[0], message="; ".join(one.message for one in found))
    if not checks:
        return unknown(ConditionType.SOURCE_UNCHANGED, Reason.SPEC_INVALID, "nothing that the source holds is pinned")
    return checks[0]


def _first_look(pinned_now: Artifact | None) -> Finding | None:
    match pinned_now:
        case PackageArtifact():
            return unchanged(pinned_now.objects)
        case ImageArtifact():
            return image_drift.unchanged()
        case None:
            return None


def with_drift(report: Report, state: DriftState) -> Report:
    """`report` with what is known of the store."""
    findings = (*report.findings, state.finding) if state.finding is not None else report.findings
    fields: Json = {"lastHandledReconcileAt": state.handled} if state.handled else {}
    return replace(report, findings=findings, status=report.status | fields)


def recalled(record: VersionRecord) -> Finding | None:
    """The finding of the last look, as it was recorded."""
    before = record.condition(ConditionType.SOURCE_UNCHANGED)
    return None if before is None else as_recorded(ConditionType.SOURCE_UNCHANGED, before)
