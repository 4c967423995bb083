"""AIApplicationVersion: from what source, catalogue and nodes say to conditions and status."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Condition
from aiapp.api.version import (
    Artifact,
    CompatibilityStatus,
    ModelStatus,
    NearFit,
    ReasonCount,
    RuntimeStatus,
    SourceStatus,
    VersionStatus,
)
from aiapp.domain.artifact.manifest_config_map import manifest_reference
from aiapp.domain.artifact.verification import mismatch, pinned, with_digest
from aiapp.domain.conditions import STALLING, Finding, State, fails, holds, summarize, unknown
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.compatibility import Verdict
from aiapp.domain.package.inspection import Inspection, Invalid, Unchanged, Unresolved, Valid
from aiapp.domain.package.story import remarks_of
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import Resolution, Resolved
from aiapp.domain.sizes import human_size

READY_DEPENDENTS: Final = (
    ConditionType.SOURCE_RESOLVED,
    ConditionType.PACKAGE_VALID,
    ConditionType.ARTIFACT_PINNED,
    ConditionType.RUNTIME_RESOLVED,
)
IMPORT: Final = READY_DEPENDENTS[:3]
Phase = Literal["Importing", "Normal", "Waiting", "Failed"]
FOR_ADMINISTRATORS: Final = frozenset({Reason.IMAGE_NOT_CONFIGURED})
"""Reasons that are no fault of the version: it goes on by itself when an administrator has changed the catalogue."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What is known of source and package: the conditions and the parts of the status that go with them."""

    findings: tuple[Finding, ...]
    source: SourceStatus | None
    artifact: Artifact | None
    model: ModelStatus | None


@dataclass(frozen=True, slots=True)
class Report:
    """What to say of a version."""

    findings: tuple[Finding, ...]
    phase: Phase
    status: Json
    """The status but for the conditions."""

    @property
    def ready(self) -> Finding:
        return next(f for f in self.findings if f.type is ConditionType.READY)


def is_pinned(record: VersionRecord) -> bool:
    """Whether the import is over for ever: from here on the store is not asked again."""
    return record.status.artifact is not None


def known_listing(record: VersionRecord) -> str | None:
    """The listing whose package was found faulty: its files need not be read again, unless the spec changed or
    somebody asks for it.
    """
    if record.request is not None or record.status.observed_generation != record.generation:
        return None
    faulty = record.condition(ConditionType.PACKAGE_VALID)
    if record.status.source is None or faulty is None or faulty.status != "False":
        return None
    return record.status.source.listing


def first_sight(record: VersionRecord) -> Report:
    """Before anything is known: an object without conditions would count as ready (kstatus)."""
    waiting = [unknown(type_, Reason.IMPORTING, "") for type_ in READY_DEPENDENTS]
    findings = summarize(waiting, READY_DEPENDENTS, Reason.NORMAL)
    told = tuple(replace(f, message="the package is being read") if f.type in IMPORT[:1] else f for f in findings)
    return Report(told, "Importing", _status(record, "Importing", Imported((), None, None, None), None, None))


def remembered(record: VersionRecord) -> Imported:
    """The import as it was recorded."""
    findings = tuple(_recalled(record, type_) for type_ in IMPORT)
    known = Imported(findings, record.status.source, record.status.artifact, record.status.model)
    return with_artifact(known, known.artifact) if known.artifact else known


def imported(record: VersionRecord, inspection: Inspection) -> Imported:
    """The import as it was just seen."""
    match inspection:
        case Unresolved(reason, message):
            source = fails(ConditionType.SOURCE_RESOLVED, reason, message)
            return Imported(_stages(source), record.status.source, None, record.status.model)
        case Unchanged():
            before = remembered(record)
            source = holds(ConditionType.SOURCE_RESOLVED)
            return replace(before, findings=(source, *before.findings[1:]))
        case Invalid(uri, listing, reason, message):
            package = fails(ConditionType.PACKAGE_VALID, reason, message)
            found = _stages(holds(ConditionType.SOURCE_RESOLVED), package)
            return Imported(found, _source(uri, listing), None, None)
        case Valid():
            return _accepted(inspection, record.spec.source.obs.digest if record.spec.source.obs else None)


def with_artifact(known: Imported, artifact: Artifact) -> Imported:
    """A pinned version with what is known of its content by now."""
    told = pinned(artifact)
    return replace(known, artifact=artifact, findings=tuple(told if f.type is told.type else f for f in known.findings))


def with_doubt(known: Imported, doubt: str) -> Imported:
    """A pinned version with something that a person should know of its record."""
    told = next(f for f in known.findings if f.type is ConditionType.ARTIFACT_PINNED)
    doubted = replace(told, message=f"{told.message}; {doubt}")
    return replace(known, findings=tuple(doubted if f is told else f for f in known.findings))


def refused(known: Imported, why: Finding) -> Imported:
    """A package that is valid but is not pinned."""
    return replace(known, artifact=None, findings=tuple(why if f.type is why.type else f for f in known.findings))


def report(
    record: VersionRecord,
    known: Imported,
    resolution: Resolution | None,
    verdict: Verdict | None,
    support: Finding | None = None,
) -> Report:
    """Everything together. `resolution` None: the package has not said yet which runtime it wants; `support`: whether
    the runtime is maintained.
    """
    resolved = _runtime_resolved(record, resolution)
    findings = summarize(
        [*known.findings, resolved, _compatible(verdict), *([support] if support else [])],
        READY_DEPENDENTS,
        Reason.NORMAL,
        f"published, runs on {resolved.message}",
    )
    ready = next(f for f in findings if f.type is ConditionType.READY)
    phase = phase_of(ready)
    runtime = resolution.status if isinstance(resolution, Resolved) else None
    return Report(tuple(findings), phase, _status(record, phase, known, runtime, verdict))


def _accepted(package: Valid, stated: str | None) -> Imported:
    manifest = package.manifest
    artifact = Artifact(
        pin=manifest.pin,
        objects=manifest.objects,
        bytes=manifest.bytes,
        size=human_size(manifest.bytes),
        manifest_ref=manifest_reference(manifest),
        verification="ETag",
    )
    artifact = with_digest(artifact, stated, package.content)
    refused = mismatch(stated, package.content)
    findings = (
        holds(ConditionType.SOURCE_RESOLVED),
        holds(ConditionType.PACKAGE_VALID, remarks_of(package)),
        refused or pinned(artifact),
    )
    model = package.model.model_copy(update={"runtime": package.runtime})
    return Imported(findings, _source(package.uri, package.listing), None if refused else artifact, model)


def _source(uri: str, listing: str) -> SourceStatus:
    return SourceStatus(type="Obs", uri=uri, listing=listing)


def _stages(*known: Finding) -> tuple[Finding, ...]:
    """The stages that are known; those behind them have to wait."""
    waiting = [unknown(type_, Reason.PENDING, f"waits for {known[-1].type}") for type_ in IMPORT[len(known) :]]
    return (*known, *waiting)


def _recalled(record: VersionRecord, type_: ConditionType) -> Finding:
    before = record.condition(type_)
    if before is None:
        return unknown(type_, Reason.PENDING, "")
    return as_recorded(type_, before)


def as_recorded(type_: ConditionType, before: Condition) -> Finding:
    """The finding behind a stored condition. A newer operator may have given reasons that this one does not know."""
    state = State(before.status)
    try:
        reason = Reason(before.reason)
    except ValueError:
        reason = Reason.SUCCEEDED if state is State.TRUE else Reason.UNRECOGNIZED
    return Finding(type_, state, reason, before.message)


def _runtime_resolved(record: VersionRecord, resolution: Resolution | None) -> Finding:
    match resolution:
        case None:
            message = "waits for PackageValid" if record.spec.runtime is None else "waits for the import"
            return unknown(ConditionType.RUNTIME_RESOLVED, Reason.PENDING, message)
        case Resolved():
            return holds(ConditionType.RUNTIME_RESOLVED, resolution.remark or resolution.status.name)
        case _:
            return fails(ConditionType.RUNTIME_RESOLVED, resolution.reason, resolution.message)


def _compatible(verdict: Verdict | None) -> Finding:
    if verdict is None:
        return unknown(ConditionType.RUNTIME_COMPATIBLE, Reason.PENDING, "waits for RuntimeResolved")
    match verdict.verdict:
        case "Compatible":
            return holds(ConditionType.RUNTIME_COMPATIBLE, verdict.message, Reason.COMPATIBLE)
        case "Incompatible":
            return fails(ConditionType.RUNTIME_COMPATIBLE, Reason.INCOMPATIBLE, verdict.message)
        case "Unknown":
            reason = Reason.UNKNOWN if verdict.nodes else Reason.NO_NODES
            return unknown(ConditionType.RUNTIME_COMPATIBLE, reason, verdict.message)


def phase_of(ready: Finding) -> Phase:
    """The summary for people."""
    if ready.state is State.TRUE:
        return "Normal"
    if ready.state is State.UNKNOWN:
        return "Importing"
    return "Failed" if ready.reason in STALLING and ready.reason not in FOR_ADMINISTRATORS else "Waiting"


def _status(
    record: VersionRecord,
    phase: Phase,
    known: Imported,
    runtime: RuntimeStatus | None,
    verdict: Verdict | None,
) -> Json:
    status = VersionStatus(
        observed_generation=record.generation,
        phase=phase,
        source=known.source,
        artifact=known.artifact,
        model=known.model,
        runtime=runtime,
        compatibility=None if verdict is None else _compatibility(verdict),
    )
    return status.model_dump(by_alias=True, exclude_none=True, mode="json", exclude={"conditions"})


def _compatibility(verdict: Verdict) -> CompatibilityStatus:
    return CompatibilityStatus(
        verdict=verdict.verdict,
        nodes=verdict.nodes,
        compatible=verdict.compatible,
        reasons=tuple(
            ReasonCount(reason=r.reason, nodes=r.nodes, examples=r.examples, detail=r.detail or None)
            for r in verdict.reasons
        ),
        near_fits=tuple(
            NearFit(missing=near.missing, nodes=near.nodes, examples=near.examples, remedy=near.remedy)
            for near in verdict.near_fits
        ),
    )
