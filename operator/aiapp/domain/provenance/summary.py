"""The summary of a provenance in a status. Pure."""

from typing import Final

from aiapp.api.provenance import Dataset, ProvenanceStatus, TrainingNode
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.moments import moment_of
from aiapp.domain.provenance.annotations import MOST_DATASETS
from aiapp.domain.provenance.run import TrainingRun

INPUT: Final = "input-"
"""Begins the name of a dataset that the job itself names, and nobody has annotated."""


def of_run(run: TrainingRun) -> ProvenanceStatus:
    """What a status says of a training job beside its state."""
    inputs = tuple(Dataset(name=f"{INPUT}{number}", uri=uri[:512]) for number, uri in enumerate(run.inputs, 1))
    return ProvenanceStatus(
        created_by=run.created_by,
        created_at=moment_of(run.identity.get("createdAt")),
        repository=run.annotated.repository,
        revision=run.annotated.revision,
        images=run.images,
        datasets=(*run.annotated.datasets, *inputs)[:MOST_DATASETS],
        nodes=run.nodes,
    )


def described(node: Json) -> str:
    """A node of a status or a record, on one line: its name first."""
    return " ".join(str(node[field]) for field in TrainingNode.model_fields if field in node)
