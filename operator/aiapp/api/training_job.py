"""A training job as the source of a version, as it was last seen. Types only."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from aiapp.api.meta import ApiModel

JobState = Literal["Pending", "Running", "Suspended", "Succeeded", "Failed"]


class TrainingJobStatus(ApiModel):
    """The job that is waited for, or whose output was imported."""

    api_version: Annotated[str, Field(max_length=317)]
    """Group and version by which it was read."""
    kind: Annotated[str, Field(max_length=63)]
    """Its kind."""
    name: Annotated[str, Field(max_length=253)]
    """Its name."""
    uid: Annotated[str, Field(max_length=64)]
    """Its uid: a job that is made again under the same name is another job."""
    state: JobState
    """How far it is."""
    started_at: datetime | None = None
    """When it started, by its own account."""
    finished_at: datetime | None = None
    """When it ended, by its own account, or else when the operator saw that it had."""
    built_in: bool = False
    """Whether it used a built-in algorithm, by its label or annotation."""
    output: Annotated[str, Field(max_length=1024)] | None = None
    """The folder it writes to."""
