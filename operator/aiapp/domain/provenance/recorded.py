"""A training job as the record of its provenance has it, which is all that is left when the job is gone. Pure."""

from collections.abc import Iterator

from aiapp.api.provenance import Dataset, ProvenanceStatus
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.annotations import Annotated
from aiapp.domain.provenance.run import TrainingRun
from aiapp.domain.provenance.summary import INPUT


def recorded_run(predicate: Json, provenance: ProvenanceStatus) -> TrainingRun:
    """The run of a predicate of ours, with what the status says of pods and nodes that were seen later."""
    definition = predicate["buildDefinition"]
    external, internal = definition["externalParameters"], definition["internalParameters"]
    return TrainingRun(
        identity=external["job"],
        containers=tuple(external.get("containers", ())),
        inputs=tuple(external.get("inputs", ())),
        annotated=Annotated(
            repository=provenance.repository,
            revision=provenance.revision,
            branch=internal.get("branch"),
            run=internal.get("run"),
            datasets=tuple(_annotated(provenance)),
        ),
        images=provenance.images,
        nodes=provenance.nodes,
        created_by=provenance.created_by,
        manifest=external.get("manifest", {}),
    )


def _annotated(provenance: ProvenanceStatus) -> Iterator[Dataset]:
    """Datasets that were annotated: those of the job's inputs are made of these again."""
    return (dataset for dataset in provenance.datasets if not dataset.name.startswith(INPUT))
