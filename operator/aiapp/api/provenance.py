"""Where a model comes from, in short. Types only."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from aiapp.api.meta import ATOMIC, ApiModel, NameString

_Text = Annotated[str, Field(max_length=512)]


class ProvenanceRecord(ApiModel):
    """The immutable ConfigMap that holds the whole of it."""

    name: NameString
    """Its name in this namespace."""
    digest: Annotated[str, Field(max_length=71)]
    """SHA-256 of what it holds, as the operator wrote it."""


class TrainingImage(ApiModel):
    """An image that a training job ran."""

    image: _Text
    """As the job names it."""
    digest: Annotated[str, Field(max_length=71)] | None = None
    """The digest that really ran, as its pods report it; absent where no pod could be read."""


class TrainingNode(ApiModel):
    """A node that a training job ran on."""

    name: Annotated[str, Field(max_length=253)]
    """Its name."""
    architecture: Annotated[str, Field(max_length=64)] | None = None
    """Processor architecture."""
    chip: Annotated[str, Field(max_length=64)] | None = None
    """Model of its NPUs."""
    driver: Annotated[str, Field(max_length=64)] | None = None
    """Their driver."""
    firmware: Annotated[str, Field(max_length=64)] | None = None
    """Their firmware."""


class Dataset(ApiModel):
    """Data that the model was trained on."""

    name: Annotated[str, Field(max_length=253)]
    """Its name."""
    uri: _Text | None = None
    """Where it lies, or which version of it was taken."""
    digest: Annotated[str, Field(max_length=128)] | None = None
    """Its digest, as it is annotated."""


class ProvenanceStatus(ApiModel):
    """Where the model comes from: what the operator saw or was told of it."""

    record: ProvenanceRecord | None = None
    """The whole record, of training jobs: from when the job is seen first, and anew when the version is pinned."""
    created_by: Annotated[str, Field(max_length=253)] | None = None
    """What made the training job, or else the program that registered the version."""
    created_at: datetime | None = None
    """When that was."""
    repository: _Text | None = None
    """Repository of the source code, where it is annotated."""
    revision: Annotated[str, Field(max_length=128)] | None = None
    """Commit of the source code, where it is annotated."""
    images: Annotated[tuple[TrainingImage, ...], Field(max_length=8, json_schema_extra=ATOMIC)] = ()
    """Images that the job ran."""
    datasets: Annotated[tuple[Dataset, ...], Field(max_length=16, json_schema_extra=ATOMIC)] = ()
    """Data that it was trained on, where annotated or stated by the job."""
    nodes: Annotated[tuple[TrainingNode, ...], Field(max_length=16, json_schema_extra=ATOMIC)] = ()
    """Nodes that it ran on; of more than 16 the first."""
