"""AIApplicationVersion: from the findings on source, runtime and nodes to conditions and status."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.image import ImageStatus
from aiapp.api.provenance import ProvenanceStatus
from aiapp.api.version import CompatibilityStatus, NearFit, ReasonCount, RuntimeStatus, VersionSpec, VersionStatus
from aiapp.domain.conditions import STALLING, Finding, State, fails, holds, summarize, unknown
from aiapp.domain.images.unused import unused_by_image, unused_by_runtime
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.compatibility import Verdict
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import Resolution, Resolved
from aiapp.domain.sources.imported import NOTHING_KNOWN, Imported
from aiapp.domain.sources.variants import contents, import_conditions, ready_conditions

Phase = Literal["Importing", "Normal", "Waiting", "Failed"]
FOR_ADMINISTRATORS: Final = frozenset({Reason.IMAGE_NOT_CONFIGURED, Reason.TRAINING_JOB_KIND_UNKNOWN})
"""Reasons that are no fault of the version: it goes on by itself when an administrator has changed the catalogue
or the settings."""


@dataclass(frozen=True, slots=True)
class Report:
    """Conditions and status of a version."""

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


def known_listing(record: VersionRecord, reader: str) -> str | None:
    """The listing whose package this `reader` found faulty: its files need not be read again, unless the spec changed
    or a look was requested. What another build of the operator has refused, this one may take.
    """
    if record.request is not None or record.status.observed_generation != record.generation:
        return None
    faulty = record.condition(ConditionType.PACKAGE_VALID)
    found = record.status.source
    if found is None or found.reader != reader or faulty is None or faulty.status != "False":
        return None
    if faulty.reason == Reason.CONFIG_MISSING:
        return None  # a runtime that takes it without one may be there by now, and no file was read anyway
    return found.listing


def first_sight(record: VersionRecord) -> Report:
    """The report while nothing is known: an object without conditions would count as ready (kstatus)."""
    dependents = ready_conditions(record.spec.source)
    waiting = [unknown(type_, Reason.IMPORTING, "") for type_ in dependents]
    first, *others = summarize(waiting, dependents, Reason.NORMAL)
    findings = (replace(first, message=f"{contents(record.spec.source)} is being read"), *others)
    return Report(findings, "Importing", _status(record, "Importing", NOTHING_KNOWN, None, None))


def report(
    record: VersionRecord,
    imported: Imported,
    resolution: Resolution | None,
    verdict: Verdict | None,
    support: Finding | None = None,
) -> Report:
    """Everything together. `resolution` None: the package, which may name the runtime, was not read yet; `support`:
    whether the runtime is maintained.
    """
    resolved = _runtime_resolved(record, resolution, imported.image)
    findings = summarize(
        [*imported.findings, resolved, _compatible(verdict), *([support] if support else [])],
        ready_conditions(record.spec.source),
        Reason.NORMAL,
        f"published, runs on {resolved.message}",
    )
    ready = next(f for f in findings if f.type is ConditionType.READY)
    phase = phase_of(ready)
    runtime = resolution.status if isinstance(resolution, Resolved) else None
    return Report(tuple(findings), phase, _status(record, phase, imported, runtime, verdict))


def with_users(report: Report, used_by: Sequence[str]) -> Report:
    """The report that also names the applications that are to serve the version."""
    return replace(report, status=report.status | {"usedBy": list(used_by)}) if used_by else report


def with_origin(report: Report, provenance: ProvenanceStatus | None) -> Report:
    """The report that also says where the model comes from."""
    if provenance is None:
        return report
    document = provenance.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True, mode="json")
    return replace(report, status=report.status | {"provenance": document}) if document else report


def _runtime_resolved(record: VersionRecord, resolution: Resolution | None, image: ImageStatus | None) -> Finding:
    container = record.spec.container
    if image is not None:
        return holds(ConditionType.RUNTIME_RESOLVED, _noted(f"its own image {image.image}", unused_by_image(container)))
    match resolution:
        case None:
            return unknown(ConditionType.RUNTIME_RESOLVED, Reason.PENDING, f"waits for {_named_by(record.spec)}")
        case Resolved():
            brings = resolution.status.protocol is not None
            unused = unused_by_runtime(container, brings_server=brings)
            message = _noted(resolution.note or resolution.status.name, unused)
            return holds(ConditionType.RUNTIME_RESOLVED, message)
        case _:
            return fails(ConditionType.RUNTIME_RESOLVED, resolution.reason, resolution.message)


def _named_by(spec: VersionSpec) -> str:
    """What has to be known before it is known which runtime serves the version."""
    if ConditionType.PACKAGE_VALID not in import_conditions(spec.source):
        return ConditionType.ARTIFACT_PINNED
    return ConditionType.PACKAGE_VALID if spec.runtime is None else "the import"


def _noted(message: str, note: str) -> str:
    return "; ".join(filter(None, (message, note)))


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
    imported: Imported,
    runtime: RuntimeStatus | None,
    verdict: Verdict | None,
) -> Json:
    status = VersionStatus(
        observed_generation=record.generation,
        phase=phase,
        source=imported.source,
        artifact=imported.artifact,
        model=imported.model,
        image=imported.image,
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
