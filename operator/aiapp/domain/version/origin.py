"""Where a version comes from: what its status says of that, and the record that is kept of its training job. Pure.

The record is kept as soon as the job is seen, and kept anew, whole, with what the version is pinned to.
"""

from dataclasses import dataclass
from typing import Final

from aiapp.api.artifact import Artifact, ImageArtifact, PackageArtifact
from aiapp.api.provenance import ProvenanceStatus
from aiapp.api.source import ExeMLSource, TrainingJobSource
from aiapp.api.training_job import TrainingJobStatus
from aiapp.api.version import SourceStatus
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.annotations import annotated
from aiapp.domain.provenance.config_map import provenance_object, provenance_record
from aiapp.domain.provenance.run import TrainingRun, with_earlier
from aiapp.domain.provenance.statement import predicate
from aiapp.domain.provenance.summary import of_run
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.raw import is_exeml, source_of


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of it by now."""

    status: ProvenanceStatus | None
    record: Json | None = None
    """A ConfigMap that is to exist before the status names it."""
    is_replaced: bool = False
    """Whether another one was kept before, which nothing names once the status names this one."""


UNKNOWN: Final = Origin(None)


def may_leave(version: Json) -> bool:
    """Whether the content of an AIApplicationVersion may be taken out of here: downloaded, promoted, made again.

    A model of ExeML may be deployed and rolled out, and nothing else.
    """
    found = (version.get("status") or {}).get("source") or {}
    return not is_exeml(source_of(version)) and found.get("origin") != "ExeML"


def stays(version: Json) -> str:
    """Why it may not, as a sentence for people."""
    name = version["metadata"]["name"]
    return f"version {name} is a model of ExeML: it can be deployed, rolled out and deleted, and nothing else"


def origin(
    record: VersionRecord, run: TrainingRun | None, status: SourceStatus | None, artifact: Artifact | None
) -> Origin:
    """The origin of a version. `run`: its training job as it was just seen; `artifact`: what it is pinned to now."""
    before = record.status.provenance
    if record.status.artifact is not None:
        earlier_release = before is None and not _is_of_job(record)
        return Origin(_of_version(record) if earlier_release else before)
    if run is None:
        return Origin(before if _is_of_job(record) else _of_version(record))
    earlier = before if before is not None and _is_same(record, run) else None
    whole = run if earlier is None else with_earlier(run, earlier.images, earlier.nodes)
    job = status.training_job if status else None
    return Origin(of_run(whole)) if job is None else _recorded(whole, job, artifact, earlier)


def _recorded(
    run: TrainingRun, job: TrainingJobStatus, artifact: Artifact | None, earlier: ProvenanceStatus | None
) -> Origin:
    """With its record: the first one until the version is pinned."""
    summary = of_run(run)
    if artifact is None and earlier is not None and earlier.record is not None:
        return Origin(summary.model_copy(update={"record": earlier.record}))
    kept = provenance_object(predicate(run, job, _pin(artifact) if artifact else None))
    named = provenance_record(kept)
    is_replaced = earlier is not None and earlier.record not in {None, named}
    return Origin(summary.model_copy(update={"record": named}), kept, is_replaced)


def _of_version(record: VersionRecord) -> ProvenanceStatus:
    """Of what was not trained here: who registered it, and what its annotations say."""
    annotations = annotated(record.raw["metadata"].get("annotations"))
    return ProvenanceStatus(
        created_by=record.created_by,
        created_at=record.created,
        repository=annotations.repository,
        revision=annotations.revision,
        datasets=annotations.datasets,
    )


def _is_of_job(record: VersionRecord) -> bool:
    """Whether it is made of a training job that was seen, and nobody has named something else since."""
    is_named = isinstance(record.spec.source.variant, TrainingJobSource | ExeMLSource)
    return is_named and record.status.source is not None and record.status.source.training_job is not None


def _is_same(record: VersionRecord, run: TrainingRun) -> bool:
    """Whether what the status says is of that very job."""
    before = record.status.source.training_job if record.status.source else None
    return before is not None and before.uid == run.identity["uid"]


def _pin(artifact: Artifact) -> str:
    match artifact:
        case PackageArtifact():
            return artifact.pin
        case ImageArtifact():
            return artifact.image.rpartition("@")[2]
