"""From what an import found at a source to the conditions of the import and the parts of the status beside them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from aiapp.api.artifact import Artifact, ImageArtifact, PackageArtifact
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.image import ImageStatus
from aiapp.api.source import Source
from aiapp.api.training_job import TrainingJobStatus
from aiapp.api.version import ModelStatus, SourceStatus, TemplateStatus
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.artifact.manifest_config_map import manifest_reference
from aiapp.domain.artifact.verification import mismatch, pinned, with_digest
from aiapp.domain.conditions import Finding, as_recorded, fails, holds, unknown
from aiapp.domain.images.status import original
from aiapp.domain.package.inspection import (
    Decided,
    Inspection,
    Invalid,
    Unchanged,
    Uncopied,
    Unresolved,
    Valid,
    ValidImage,
    Waiting,
)
from aiapp.domain.package.messages import valid_message
from aiapp.domain.records import VersionRecord
from aiapp.domain.sizes import human_size
from aiapp.domain.sources.variants import import_conditions, stated_digest, type_of


@dataclass(frozen=True, slots=True)
class Imported:
    """What is known of source and artifact: the conditions and the parts of the status that go with them."""

    findings: tuple[Finding, ...]
    source: SourceStatus | None
    artifact: Artifact | None
    model: ModelStatus | None
    image: ImageStatus | None = None
    """The image that holds the model, or that serves the package."""


NOTHING_KNOWN: Final = Imported((), None, None, None)


def remembered(record: VersionRecord) -> Imported:
    """The import as it was recorded."""
    findings = tuple(_recalled(record, type_) for type_ in import_conditions(record.spec.source))
    status = record.status
    state = Imported(findings, status.source, status.artifact, status.model, status.image)
    match state.artifact:
        case PackageArtifact() as package:
            return with_artifact(state, package)
        case ImageArtifact() | None:
            return state


def imported(record: VersionRecord, inspection: Inspection, reader: str) -> Imported:
    """The import as it was just seen by `reader`, this build of the operator."""
    if isinstance(inspection, Uncopied):
        state = refused(_imported(record, inspection.found), _uncopied(inspection))
    else:
        state = _imported(record, inspection)
    if not isinstance(inspection, Unchanged | Unresolved | Waiting):
        state = _read_by(state, reader)
    return state if inspection.job is None else replace(state, source=_of_job(record, state.source, inspection.job))


def _read_by(state: Imported, reader: str) -> Imported:
    if state.source is None or state.source.listing is None:
        return state
    return replace(state, source=state.source.model_copy(update={"reader": reader}))


def _of_job(record: VersionRecord, source: SourceStatus | None, job: TrainingJobStatus) -> SourceStatus:
    """What was found, with the training job; nothing of what another job wrote."""
    if type_of(record.spec.source) == "ExeML":
        known = source or SourceStatus(type="ExeML", origin="ExeML")
        return known.model_copy(update={"training_job": job})
    before = source.training_job if source else None
    is_same = source is not None and source.type == "TrainingJob" and (before is None or before.uid == job.uid)
    known = source if source is not None and is_same else SourceStatus(type="TrainingJob")
    return known.model_copy(update={"training_job": job, "origin": "BuiltIn" if job.built_in else "Custom"})


def _imported(record: VersionRecord, inspection: Decided) -> Imported:
    source = record.spec.source
    match inspection:
        case Waiting(reason, message):
            waits = unknown(ConditionType.SOURCE_RESOLVED, reason, message)
            return Imported(_stages(source, waits), record.status.source, None, None)
        case Unresolved(reason, message):
            unresolved = fails(ConditionType.SOURCE_RESOLVED, reason, message)
            return Imported(_stages(source, unresolved), record.status.source, None, record.status.model)
        case Unchanged():
            before = remembered(record)
            return replace(before, findings=(holds(ConditionType.SOURCE_RESOLVED), *before.findings[1:]))
        case Invalid(uri, listing, reason, message):
            invalid = fails(ConditionType.PACKAGE_VALID, reason, message)
            found = _stages(source, holds(ConditionType.SOURCE_RESOLVED), invalid)
            return Imported(found, _status(source, uri, listing), None, None)
        case Valid():
            return _accepted(inspection, source)
        case ValidImage():
            return _accepted_image(inspection, source)


def with_artifact(state: Imported, artifact: PackageArtifact) -> Imported:
    """A pinned version with what is known of its content by now."""
    finding = pinned(artifact)
    return replace(state, artifact=artifact, findings=_replaced(state.findings, finding))


def with_doubt(state: Imported, doubt: str) -> Imported:
    """A pinned version with something that a person should know of its record."""
    before = next(f for f in state.findings if f.type is ConditionType.ARTIFACT_PINNED)
    return replace(state, findings=_replaced(state.findings, replace(before, message=f"{before.message}; {doubt}")))


def refused(state: Imported, why: Finding) -> Imported:
    """What is valid but is not pinned."""
    return replace(state, artifact=None, findings=_replaced(state.findings, why))


def _replaced(findings: Iterable[Finding], finding: Finding) -> tuple[Finding, ...]:
    return tuple(finding if one.type is finding.type else one for one in findings)


def _accepted(package: Valid, source: Source) -> Imported:
    stated = stated_digest(source)
    artifact = with_digest(_artifact(package.manifest), stated, package.content)
    refusal = mismatch(stated, package.content)
    findings = (
        holds(ConditionType.SOURCE_RESOLVED),
        holds(ConditionType.PACKAGE_VALID, valid_message(package)),
        refusal or pinned(artifact),
    )
    model = package.model.model_copy(update={"runtime": package.runtime})
    status = _status(source, package.uri, package.listing, package.template)
    return Imported(findings, status, None if refusal else artifact, model, package.image)


def _accepted_image(inspection: ValidImage, source: Source) -> Imported:
    image = inspection.image
    artifact = ImageArtifact(type="Image", image=original(image), bytes=image.bytes, size=image.size)
    valid = (holds(ConditionType.PACKAGE_VALID),) if ConditionType.PACKAGE_VALID in import_conditions(source) else ()
    findings = (
        holds(ConditionType.SOURCE_RESOLVED),
        *valid,
        holds(ConditionType.ARTIFACT_PINNED, f"{image.image}, {image.size}{_absent(image)}"),
    )
    status = _status(source, inspection.uri or image.reference, inspection.listing)
    return Imported(findings, status, artifact, inspection.model, image)


def _absent(image: ImageStatus) -> str:
    platforms = ", ".join(image.absent_platforms)
    return f"; its index names {platforms} too, which its registry does not have" if platforms else ""


def _uncopied(uncopied: Uncopied) -> Finding:
    if uncopied.reason is None:
        return unknown(ConditionType.ARTIFACT_PINNED, Reason.IMAGE_COPYING, uncopied.message)
    return fails(ConditionType.ARTIFACT_PINNED, uncopied.reason, uncopied.message)


def _artifact(manifest: Manifest) -> PackageArtifact:
    return PackageArtifact(
        pin=manifest.pin,
        objects=manifest.objects,
        bytes=manifest.bytes,
        size=human_size(manifest.bytes),
        manifest_ref=manifest_reference(manifest),
        verification="ETag",
    )


def _status(
    source: Source, uri: str, listing: str | None, template: TemplateStatus | None = None
) -> SourceStatus | None:
    match type_of(source):
        case None:
            return None
        case "ExeML":
            return SourceStatus(type="ExeML", origin="ExeML", listing=listing)
        case type_:
            return SourceStatus(type=type_, uri=uri, listing=listing, template=template)


def _stages(source: Source, *known: Finding) -> tuple[Finding, ...]:
    """The stages that are known; those behind them have to wait."""
    later = import_conditions(source)[len(known) :]
    return (*known, *(unknown(type_, Reason.PENDING, f"waits for {known[-1].type}") for type_ in later))


def _recalled(record: VersionRecord, type_: ConditionType) -> Finding:
    before = record.condition(type_)
    return unknown(type_, Reason.PENDING, "") if before is None else as_recorded(type_, before)
